import type * as Arrow from 'apache-arrow';
import { writeTimestamp } from '../text.js';

const scratch = new Uint8Array(64);

/** Whether values of the type can be written as JSON, one by one. */
export function canBeJson(arrow: typeof Arrow, type: Arrow.DataType): boolean {
  const { DataType, Precision } = arrow;
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type))
    return canBeJson(arrow, type.children[0]!.type);
  if (DataType.isStruct(type)) return type.children.every((child) => canBeJson(arrow, child.type));
  if (DataType.isMap(type))
    return type.children[0]!.type.children.every((child) => canBeJson(arrow, child.type));
  return (
    DataType.isNull(type) ||
    DataType.isBool(type) ||
    DataType.isInt(type) ||
    (DataType.isFloat(type) && type.precision !== Precision.HALF) ||
    DataType.isDecimal(type) ||
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isUtf8View(type) ||
    DataType.isTimestamp(type) ||
    DataType.isDate(type)
  );
}

/** One value as JSON. Decimals keep their digits, times are RFC 3339, maps are objects. */
export function jsonAt(arrow: typeof Arrow, data: Arrow.Data, index: number): string {
  const { DataType } = arrow;
  const { type } = data;
  if (DataType.isNull(type) || !data.getValid(index)) return 'null';
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    const offsets = data.valueOffsets as ArrayLike<number | bigint>;
    return listJson(arrow, data.children[0]!, Number(offsets[index]!), Number(offsets[index + 1]!));
  }
  if (DataType.isFixedSizeList(type))
    return listJson(arrow, data.children[0]!, index * type.listSize, (index + 1) * type.listSize);
  if (DataType.isStruct(type)) {
    const members = type.children.map(
      ({ name }, i) => `${JSON.stringify(name)}:${jsonAt(arrow, data.children[i]!, index)}`,
    );
    return `{${members.join(',')}}`;
  }
  if (DataType.isMap(type)) return mapJson(arrow, data, index);
  return scalarJson(arrow, data, index);
}

function listJson(arrow: typeof Arrow, items: Arrow.Data, from: number, to: number): string {
  if (from < 0 || to < from || to > items.length) throw new RangeError('a list lies outside of its values');
  return `[${Array.from({ length: to - from }, (_, i) => jsonAt(arrow, items, from + i)).join(',')}]`;
}

function mapJson(arrow: typeof Arrow, data: Arrow.Data, index: number): string {
  const offsets = data.valueOffsets as Int32Array;
  const [keys, values] = data.children[0]!.children as [Arrow.Data, Arrow.Data];
  const members: string[] = [];
  for (let at = offsets[index]!; at < offsets[index + 1]!; at++) {
    if (at < 0 || at >= keys.length) throw new RangeError('a map lies outside of its values');
    const key = jsonAt(arrow, keys, at);
    members.push(`${key.startsWith('"') ? key : JSON.stringify(key)}:${jsonAt(arrow, values, at)}`);
  }
  return `{${members.join(',')}}`;
}

function scalarJson(arrow: typeof Arrow, data: Arrow.Data, index: number): string {
  const { DataType } = arrow;
  const { type } = data;
  if (DataType.isDecimal(type)) return decimalText(data, index, type.scale);
  const value: unknown = new arrow.Vector([data]).get(index);
  if (DataType.isTimestamp(type) || DataType.isDate(type)) {
    // The library gives milliseconds, or what is left of finer units as a fraction of them.
    const end = writeTimestamp(scratch, 0, Math.floor(Number(value) * 1000));
    return `"${Buffer.from(scratch.subarray(0, end)).toString()}"`;
  }
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : JSON.stringify(value);
}

/** A decimal's words, the lowest first, are a number in two's complement; `scale` digits of it come after the point. */
function decimalText({ values, stride }: Arrow.Data, index: number, scale: number): string {
  const words = (values as Uint32Array).subarray(index * stride, (index + 1) * stride);
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i]! >>> 0);
  value = BigInt.asIntN(words.length * 32, value);
  if (scale <= 0) return String(value * 10n ** BigInt(-scale));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
