import type * as Arrow from 'apache-arrow';
import { type Arena, setView, Tag, type Vector } from '../../batch/index.js';

/** The buffers that a reader gives are of no more rows than they hold only if their writer was honest. */
export function checkLength(found: number, wanted: number): void {
  if (found < wanted) throw new RangeError(`a buffer of ${wanted} values has only ${found}`);
}

/** Rows of a column, as a whole column of the reader has them from `from` on. */
export interface Window {
  readonly from: number;
  readonly count: number;
}

export type Numbers = ArrayLike<number>;

/** A vector of numbers that doubles can hold. */
export function numberVector(
  arena: Arena,
  values: Numbers,
  { from, count }: Window,
  tag: typeof Tag.INT | typeof Tag.DOUBLE,
): Vector {
  checkLength(values.length, from + count);
  const numbers = arena.float64(count);
  for (let row = 0; row < count; row++) numbers[row] = values[from + row]!;
  return { length: count, tags: arena.uint8(count).fill(tag), uniform: tag, numbers, views: undefined };
}

/** A vector of integers of 64 bits: those beyond 2^53 are their digits. */
export function int64Vector(
  arena: Arena,
  values: BigInt64Array | BigUint64Array,
  { from, count }: Window,
): Vector {
  checkLength(values.length, from + count);
  const isSigned = values instanceof BigInt64Array;
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const tags = arena.uint8(count).fill(Tag.INT);
  const numbers = arena.float64(count);
  let views: Int32Array | undefined;
  for (let row = 0; row < count; row++) {
    const at = 2 * (from + row);
    const high = isSigned ? words[at + 1]! : words[at + 1]! >>> 0;
    const number = high * 2 ** 32 + (words[at]! >>> 0);
    numbers[row] = number;
    if (Number.isSafeInteger(number)) continue;
    const digits = new TextEncoder().encode(String(values[from + row]));
    views ??= arena.int32(count * 4).fill(0);
    setView(arena, views, row, arena.place(digits), digits.length);
    tags[row] = Tag.BIGINT;
  }
  return { length: count, tags, uniform: views ? undefined : Tag.INT, numbers, views };
}

/** A vector of times, from whole numbers of a unit that is `micros` microseconds long. */
export function timeVector(
  arena: Arena,
  values: BigInt64Array | Int32Array,
  { from, count }: Window,
  micros: number,
): Vector {
  checkLength(values.length, from + count);
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  const numbers = arena.float64(count);
  for (let row = 0; row < count; row++) {
    const at = from + row;
    const whole =
      values instanceof Int32Array ? values[at]! : words[2 * at + 1]! * 2 ** 32 + (words[2 * at]! >>> 0);
    numbers[row] = micros < 1 ? Math.floor(whole / Math.round(1 / micros)) : whole * micros;
  }
  const tag = Tag.TIMESTAMP;
  return { length: count, tags: arena.uint8(count).fill(tag), uniform: tag, numbers, views: undefined };
}

export function boolVector(arena: Arena, bits: Uint8Array, { from, count }: Window): Vector {
  checkLength(bits.length * 8, from + count);
  const numbers = arena.float64(count);
  for (let row = 0; row < count; row++) numbers[row] = (bits[(from + row) >> 3]! >> ((from + row) & 7)) & 1;
  return {
    length: count,
    tags: arena.uint8(count).fill(Tag.BOOL),
    uniform: Tag.BOOL,
    numbers,
    views: undefined,
  };
}

/** The same with nulls where the column has them. */
export function withNulls(vector: Vector, data: Arrow.Data, { from, count }: Window): Vector {
  if (data.nullCount === 0 || !data.nullBitmap || data.nullBitmap.length === 0) return vector;
  checkLength(data.nullBitmap.length * 8, from + count);
  const { tags } = vector;
  let nulls = 0;
  for (let row = 0; row < count; row++) {
    if (((data.nullBitmap[(from + row) >> 3]! >> ((from + row) & 7)) & 1) !== 0) continue;
    tags[row] = Tag.NULL;
    nulls++;
  }
  if (nulls === 0) return vector;
  return { ...vector, uniform: nulls === count ? Tag.NULL : undefined };
}
