import type * as Arrow from 'apache-arrow';
import { type Arena, constantNumber, gather, setView, Tag, type Vector } from '../../batch/index.js';
import { PieceRefused } from '../format.js';
import { canBeJson, jsonAt } from './nested.js';
import {
  boolVector,
  checkLength,
  int64Vector,
  type Numbers,
  numberVector,
  timeVector,
  type Window,
  withNulls,
} from './numbers.js';
import { fixedSizeTexts, offsetTexts, viewTexts } from './text-columns.js';

const DAY_MICROS = 86_400_000_000;
/** By Arrow's unit: seconds, milliseconds, microseconds, nanoseconds. */
const UNIT_MICROS = [1e6, 1e3, 1, 1e-3];

/** Makes a vector of some rows of a column. Nulls are null. */
export function decodeColumn(
  arrow: typeof Arrow,
  arena: Arena,
  name: string,
  data: Arrow.Data,
  rows: Window,
): Vector {
  const { DataType } = arrow;
  if (DataType.isNull(data.type)) return constantNumber(arena, Tag.NULL, 0, rows.count);
  if (DataType.isDictionary(data.type))
    return withNulls(dictionaryVector(arrow, arena, name, data, rows), data, rows);
  const vector =
    numbersOf(arrow, arena, data, rows) ??
    textsOf(arrow, arena, data, rows) ??
    jsonOf(arrow, arena, data, rows);
  if (vector) return withNulls(vector, data, rows);
  throw new PieceRefused(
    `the column "${name}" is of the type ${data.type}, which cannot be read: expected texts, bytes, numbers, booleans, decimals, timestamps, dates, or lists, structs and maps of these`,
  );
}

function numbersOf(
  arrow: typeof Arrow,
  arena: Arena,
  { type, values }: Arrow.Data,
  rows: Window,
): Vector | undefined {
  const { DataType, DateUnit, Precision } = arrow;
  if (DataType.isInt(type))
    return type.bitWidth === 64
      ? int64Vector(arena, values as BigInt64Array, rows)
      : numberVector(arena, values as Numbers, rows, Tag.INT);
  if (DataType.isFloat(type) && type.precision !== Precision.HALF)
    return numberVector(arena, values as Numbers, rows, Tag.DOUBLE);
  if (DataType.isBool(type)) return boolVector(arena, values as Uint8Array, rows);
  if (DataType.isTimestamp(type)) return timeVector(arena, int64s(values), rows, UNIT_MICROS[type.unit]!);
  if (!DataType.isDate(type)) return undefined;
  return type.unit === DateUnit.DAY
    ? timeVector(arena, values as Int32Array, rows, DAY_MICROS)
    : timeVector(arena, int64s(values), rows, 1000);
}

/** Some classes of the library look at 64 bits as pairs of 32. */
function int64s(values: unknown): BigInt64Array {
  const array = values as BigInt64Array | Int32Array;
  return array instanceof BigInt64Array
    ? array
    : new BigInt64Array(array.buffer, array.byteOffset, array.byteLength / 8);
}

function textsOf(
  { DataType }: typeof Arrow,
  arena: Arena,
  data: Arrow.Data,
  rows: Window,
): Vector | undefined {
  const { type } = data;
  if (
    DataType.isUtf8(type) ||
    DataType.isBinary(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isLargeBinary(type)
  )
    return offsetTexts(arena, data, rows);
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) return viewTexts(arena, data, rows);
  return DataType.isFixedSizeBinary(type) ? fixedSizeTexts(arena, data, rows) : undefined;
}

/** Decimals and nested values are written as JSON, which is made row by row. */
function jsonOf(
  arrow: typeof Arrow,
  arena: Arena,
  data: Arrow.Data,
  { from, count }: Window,
): Vector | undefined {
  if (!canBeJson(arrow, data.type)) return undefined;
  const views = arena.int32(count * 4).fill(0);
  const encoder = new TextEncoder();
  for (let row = 0; row < count; row++) {
    const json = encoder.encode(jsonAt(arrow, data, from + row));
    setView(arena, views, row, arena.place(json), json.length);
  }
  const tags = arena.uint8(count).fill(Tag.JSON);
  return { length: count, tags, uniform: Tag.JSON, numbers: undefined, views };
}

function dictionaryVector(
  arrow: typeof Arrow,
  arena: Arena,
  name: string,
  data: Arrow.Data,
  rows: Window,
): Vector {
  const [values, more] = data.dictionary?.data ?? [];
  if (!values || more)
    throw new PieceRefused(`the dictionary of the column "${name}" is missing or not in one piece`);
  const whole = decodeColumn(arrow, arena, name, values, { from: 0, count: values.length });
  const indices = data.values as ArrayLike<number | bigint>;
  checkLength(indices.length, rows.from + rows.count);
  const chosen = arena.int32(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const index = data.getValid(rows.from + row) ? Number(indices[rows.from + row]!) : 0;
    if (index < 0 || index >= Math.max(1, values.length))
      throw new RangeError('an index lies outside of its dictionary');
    chosen[row] = index;
  }
  return values.length === 0
    ? constantNumber(arena, Tag.NULL, 0, rows.count)
    : gather(arena, whole, chosen, rows.count);
}
