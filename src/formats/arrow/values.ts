import {
  type Arena,
  type ArenaWriter,
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

/** A row's value as a number of a double column; undefined: null. */
export function doubleAt(arena: Arena, vector: Vector, row: number): number | undefined {
  const tag = vector.uniform ?? vector.tags[row];
  if (tag === Tag.DOUBLE || tag === Tag.INT) return vector.numbers![row]!;
  if (tag !== Tag.JSON && tag !== Tag.BIGINT) return undefined;
  const value: unknown = JSON.parse(textAt(arena, vector, row));
  return typeof value === 'number' ? value : undefined;
}

/** A row's value as a bit of a boolean column; undefined: null. */
export function boolAt(arena: Arena, vector: Vector, row: number): number | undefined {
  const tag = vector.uniform ?? vector.tags[row];
  if (tag === Tag.BOOL) return vector.numbers![row]!;
  if (tag !== Tag.JSON) return undefined;
  const text = textAt(arena, vector, row);
  return text === 'true' ? 1 : text === 'false' ? 0 : undefined;
}

/** A row's value as an integer of 64 bits; undefined: null, also for those that need more bits. */
export function intAt(arena: Arena, vector: Vector, row: number): bigint | undefined {
  const tag = vector.uniform ?? vector.tags[row];
  if (tag === Tag.INT) return BigInt(vector.numbers![row]!);
  if (tag !== Tag.JSON && tag !== Tag.BIGINT) return undefined;
  const text = textAt(arena, vector, row);
  if (!/^-?\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(INT64_BITS, value) === value ? value : undefined;
}

/** A row's value in microseconds since 1970; undefined: null. */
export function timestampAt(_arena: Arena, vector: Vector, row: number): bigint | undefined {
  const tag = vector.uniform ?? vector.tags[row];
  return tag === Tag.TIMESTAMP ? BigInt(Math.floor(vector.numbers![row]!)) : undefined;
}

/** Fills `values` row by row with what `read` reads. */
export function buildNumbers<T extends BigInt64Array | Float64Array, V extends T[number]>(
  values: T,
  read: (row: number) => V | undefined,
): NumberBuffers<T> {
  const validity = new Uint8Array((values.length + 7) >> 3);
  let nullCount = 0;
  for (let row = 0; row < values.length; row++) {
    const value = read(row);
    if (value === undefined) {
      nullCount++;
    } else {
      values[row] = value;
      validity[row >> 3]! |= 1 << (row & 7);
    }
  }
  return { values, validity, nullCount };
}
