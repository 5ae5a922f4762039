import {
  type Arena,
  type ArenaWriter,
  type Batch,
  fieldOf,
  Tag,
  textAddress,
  textAt,
  textLength,
  type Vector,
} from '../../batch/index.js';
import { writePlain } from '../plain.js';

const QUOTE = 34;
const INT64_BITS = 64;

/** The buffers of a column of numbers. */
export interface NumberBuffers<T> {
  readonly values: T;
  readonly validity: Uint8Array;
  readonly nullCount: number;
}

/** Writes a row's value as JSON text. False when the record has no such field. */
export function writeJsonText(writer: ArenaWriter, vector: Vector, row: number): boolean {
  const tag = vector.uniform ?? vector.tags[row];
  if (tag === Tag.ABSENT || tag === Tag.ERROR) return false;
  if (tag === Tag.TEXT) {
    writer.byte(QUOTE);
    writer.escaped(textAddress(vector.views!, row), textLength(vector.views!, row));
    writer.byte(QUOTE);
  } else if (tag === Tag.JSON) {
    writer.copy(textAddress(vector.views!, row), textLength(vector.views!, row));
  } else if (tag === Tag.NULL || (tag === Tag.DOUBLE && !Number.isFinite(vector.numbers![row]!))) {
    writer.text('null');
  } else if (tag === Tag.TIMESTAMP) {
    writer.byte(QUOTE);
    writePlain(writer, vector, row);
    writer.byte(QUOTE);
  } else {
    writePlain(writer, vector, row);
  }
  return true;
}

/** Writes a row's value as text. False when it is absent or null. */
export function writeTextValue(writer: ArenaWriter, vector: Vector, row: number): boolean {
  const tag = vector.uniform ?? vector.tags[row];
  if (tag === Tag.ABSENT || tag === Tag.NULL || tag === Tag.ERROR) return false;
  if (tag === Tag.JSON && textAt(writer.arena, vector, row) === 'null') return false;
  writePlain(writer, vector, row);
  return true;
}

/** The field of a batch, absent in all rows where no record has it. */
export function columnOf(batch: Batch, name: string): Vector {
  const length = batch.rows;
  return (
    fieldOf(batch, name) ?? {
      length,
      tags: new Uint8Array(length),
      uniform: Tag.ABSENT,
      numbers: undefined,
      views: undefined,
    }
  );
}

/** A column of integers of 64 bits, or of microseconds since 1970; values of other types are null. */
export function buildInt64s(
  arena: Arena,
  vector: Vector,
  kind: 'int' | 'timestamp',
): NumberBuffers<BigInt64Array> {
  const { length, tags, uniform, numbers } = vector;
  const values = new BigInt64Array(length);
  const words = new Int32Array(values.buffer);
  const validity = new Validity(length);
  const wanted = kind === 'int' ? Tag.INT : Tag.TIMESTAMP;
  for (let row = 0; row < length; row++) {
    const tag = uniform ?? tags[row];
    if (tag === wanted) {
      const number = Math.floor(numbers![row]!);
      // Little-endian, as Arrow and Parquet have it; conversions to Int32 keep the low 32 bits.
      words[row * 2] = number;
      words[row * 2 + 1] = Math.floor(number / 2 ** 32);
    } else {
      const value = kind === 'int' ? integerInText(arena, vector, tag, row) : undefined;
      if (value === undefined) validity.clear(row);
      else values[row] = value;
    }
  }
  return { values, ...validity.buffers() };
}

/** A column of doubles, or of 0 and 1 for booleans; values of other types are null. */
export function buildDoubles(
  arena: Arena,
  vector: Vector,
  kind: 'double' | 'bool',
): NumberBuffers<Float64Array> {
  const { length, tags, uniform, numbers } = vector;
  const values = new Float64Array(length);
  const validity = new Validity(length);
  for (let row = 0; row < length; row++) {
    const tag = uniform ?? tags[row];
    const isPlain = kind === 'bool' ? tag === Tag.BOOL : tag === Tag.DOUBLE || tag === Tag.INT;
    const value = isPlain ? numbers![row]! : valueInText(arena, vector, tag, row, kind);
    if (value === undefined) validity.clear(row);
    else values[row] = value;
  }
  return { values, ...validity.buffers() };
}

/** One bit for each value that is 1. */
export function toBitmap(values: Float64Array): Uint8Array {
  const bitmap = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value === 1) bitmap[row >> 3]! |= 1 << (row & 7);
  });
  return bitmap;
}

/** A bit for each row that is not null. */
class Validity {
  readonly #bits: Uint8Array;
  #nullCount = 0;

  constructor(rows: number) {
    this.#bits = new Uint8Array((rows + 7) >> 3).fill(255);
    if (rows % 8 !== 0) this.#bits[rows >> 3] = (1 << (rows % 8)) - 1;
  }

  clear(row: number): void {
    this.#bits[row >> 3]! &= ~(1 << (row & 7));
    this.#nullCount++;
  }

  buffers(): { readonly validity: Uint8Array; readonly nullCount: number } {
    return { validity: this.#bits, nullCount: this.#nullCount };
  }
}

function integerInText(
  arena: Arena,
  vector: Vector,
  tag: number | undefined,
  row: number,
): bigint | undefined {
  if (tag !== Tag.JSON && tag !== Tag.BIGINT) return undefined;
  const text = textAt(arena, vector, row);
  if (!/^-?\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(INT64_BITS, value) === value ? value : undefined;
}

function valueInText(
  arena: Arena,
  vector: Vector,
  tag: number | undefined,
  row: number,
  kind: 'double' | 'bool',
): number | undefined {
  if (tag !== Tag.JSON && !(tag === Tag.BIGINT && kind === 'double')) return undefined;
  const value: unknown = JSON.parse(textAt(arena, vector, row));
  if (typeof value === 'boolean') return kind === 'bool' ? Number(value) : undefined;
  return kind === 'double' && typeof value === 'number' ? value : undefined;
}
