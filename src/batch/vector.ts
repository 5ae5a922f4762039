import type { Arena } from './arena.js';

/**
 * What a row of a vector holds. ABSENT: the record has no such field. JSON: the text of any JSON value that
 * nobody has looked into (a number, a quoted string, an object …). BIGINT: an integer beyond 2^53, as its digits.
 */
export const Tag = {
  ABSENT: 0,
  NULL: 1,
  BOOL: 2,
  INT: 3,
  DOUBLE: 4,
  TEXT: 5,
  TIMESTAMP: 6,
  JSON: 7,
  BIGINT: 8,
  ERROR: 9,
} as const;
export type Tag = (typeof Tag)[keyof typeof Tag];

/**
 * A column: one tag a row, and the payload that the tags ask for. Both payload arrays are indexed by row.
 * - `numbers`: BOOL (0 or 1), INT (|value| <= 2^53), DOUBLE, TIMESTAMP (microseconds since 1970, UTC),
 *   ERROR (an index into `errors`)
 * - `views`: TEXT, JSON, BIGINT: Arrow's Utf8View layout, four Int32 a row: length, then up to 12 bytes inline, or
 *   the first four bytes, buffer 0 and the arena address of the text
 * A payload array may be missing when no row's tag uses it. What a row without use for it holds there is undefined.
 */
export interface Vector {
  readonly length: number;
  readonly tags: Uint8Array;
  /** The tag of all rows when the maker knows that they agree; kernels then need not look at `tags`. */
  readonly uniform: Tag | undefined;
  readonly numbers: Float64Array | undefined;
  readonly views: Int32Array | undefined;
  /** Messages of rows tagged ERROR. */
  readonly errors?: readonly string[];
}

/** The arena address of the bytes of row `row`'s text. */
export function textAddress(views: Int32Array, row: number): number {
  const at = row * 4;
  return views[at]! <= 12 ? views.byteOffset + at * 4 + 4 : views[at + 3]!;
}

/** The length in bytes of row `row`'s text. */
export function textLength(views: Int32Array, row: number): number {
  return views[row * 4]!;
}

/** Writes the view of the `length` bytes at `address` as row `row`. */
export function setView(arena: Arena, views: Int32Array, row: number, address: number, length: number): void {
  const at = row * 4;
  const bytes = arena.bytes;
  views[at] = length;
  if (length <= 12) {
    views[at + 1] = 0;
    views[at + 2] = 0;
    views[at + 3] = 0;
    const inline = views.byteOffset + at * 4 + 4;
    for (let i = 0; i < length; i++) bytes[inline + i] = bytes[address + i]!;
  } else {
    views[at + 1] =
      bytes[address]! |
      (bytes[address + 1]! << 8) |
      (bytes[address + 2]! << 16) |
      (bytes[address + 3]! << 24);
    views[at + 2] = 0;
    views[at + 3] = address;
  }
}

/** A vector of texts (or of JSON texts) at starts[i], lengths[i]; a negative length is an absent row. */
export function textVector(
  arena: Arena,
  starts: Int32Array,
  lengths: Int32Array,
  length: number,
  tag: typeof Tag.TEXT | typeof Tag.JSON = Tag.TEXT,
): Vector {
  const views = arena.int32(length * 4);
  arena.kernels.makeViews(starts.byteOffset, lengths.byteOffset, length, views.byteOffset);
  const tags = arena.uint8(length);
  let absent = 0;
  for (let row = 0; row < length; row++) {
    if (lengths[row]! < 0) {
      tags[row] = Tag.ABSENT;
      absent++;
    } else {
      tags[row] = tag;
    }
  }
  const uniform = absent === 0 ? tag : absent === length ? Tag.ABSENT : undefined;
  return { length, tags, uniform, numbers: undefined, views };
}

/** The same text in every row. */
export function constantText(
  arena: Arena,
  text: Uint8Array,
  length: number,
  tag: typeof Tag.TEXT | typeof Tag.JSON = Tag.TEXT,
): Vector {
  const views = arena.int32(Math.max(length, 1) * 4);
  setView(arena, views, 0, arena.place(text), text.length);
  for (let row = 1; row < length; row++) views.copyWithin(row * 4, 0, 4);
  const tags = arena.uint8(length).fill(tag);
  return { length, tags, uniform: tag, numbers: undefined, views };
}

/** The same number (BOOL, INT, DOUBLE, TIMESTAMP), null or absence in every row. */
export function constantNumber(arena: Arena, tag: Tag, value: number, length: number): Vector {
  const numbers = arena.float64(length).fill(value);
  return { length, tags: arena.uint8(length).fill(tag), uniform: tag, numbers, views: undefined };
}

/** The rows `rows[0 .. count)` of `vector`, in that order. */
export function gather(arena: Arena, vector: Vector, rows: Int32Array, count: number): Vector {
  const tags = arena.uint8(count);
  if (vector.uniform !== undefined) tags.fill(vector.uniform);
  else for (let i = 0; i < count; i++) tags[i] = vector.tags[rows[i]!]!;
  let numbers: Float64Array | undefined;
  if (vector.numbers) {
    numbers = arena.float64(count);
    for (let i = 0; i < count; i++) numbers[i] = vector.numbers[rows[i]!]!;
  }
  let views: Int32Array | undefined;
  if (vector.views) {
    views = arena.int32(count * 4);
    arena.kernels.gatherViews(vector.views.byteOffset, rows.byteOffset, count, views.byteOffset);
  }
  const gathered: Vector = { length: count, tags, uniform: vector.uniform, numbers, views };
  return vector.errors ? { ...gathered, errors: vector.errors } : gathered;
}

/** The rows from `from` up to, but without, `to`; nothing is copied. */
export function slice(vector: Vector, from: number, to: number): Vector {
  return {
    ...vector,
    length: to - from,
    tags: vector.tags.subarray(from, to),
    numbers: vector.numbers?.subarray(from, to),
    views: vector.views?.subarray(from * 4, to * 4),
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of row `row` as a JavaScript string; bytes that are not UTF-8 become U+FFFD. For slow paths only. */
export function textAt(arena: Arena, vector: Vector, row: number): string {
  const start = textAddress(vector.views!, row);
  return decoder.decode(arena.bytes.subarray(start, start + textLength(vector.views!, row)));
}
