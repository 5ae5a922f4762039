import { Arena, type Batch, Tag, textAt, textVector, type Vector } from '../../src/batch/index.js';
import { formatJson } from '../../src/expression/json.js';
import { textOfNetwork } from '../../src/expression/network.js';
import { valueAt } from '../../src/expression/record.js';
import { formatDuration } from '../../src/expression/time.js';
import {
  Cidr,
  Duration,
  Failure,
  IpAddress,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from '../../src/expression/values.js';

const encoder = new TextEncoder();

/** A field of a test record: JSON text as a decoder leaves it, or a value of a decoded column; undefined is absent. */
export type Cell =
  | { readonly json: string }
  | { readonly text: string }
  | { readonly int: number }
  | { readonly double: number }
  | { readonly micros: number }
  | null
  | undefined;

/** A column of cells, laid out as decoders do. */
export function columnOf(arena: Arena, cells: readonly Cell[]): Vector {
  const starts = arena.int32(cells.length).fill(0);
  const lengths = arena.int32(cells.length).fill(-1);
  const numbers = arena.float64(cells.length);
  const tags = cells.map((cell, row) => {
    if (cell === undefined) return Tag.ABSENT;
    if (cell === null) return Tag.NULL;
    if ('json' in cell || 'text' in cell) {
      const bytes = encoder.encode('json' in cell ? cell.json : cell.text);
      starts[row] = arena.place(bytes);
      lengths[row] = bytes.length;
      return 'json' in cell ? Tag.JSON : Tag.TEXT;
    }
    const tag = 'int' in cell ? Tag.INT : 'double' in cell ? Tag.DOUBLE : Tag.TIMESTAMP;
    numbers[row] = 'int' in cell ? cell.int : 'double' in cell ? cell.double : cell.micros;
    return tag;
  });
  const texts = textVector(arena, starts, lengths, cells.length);
  const uniform = new Set(tags).size === 1 ? tags[0]! : undefined;
  return { length: cells.length, tags: Uint8Array.from(tags), uniform, numbers, views: texts.views };
}

/** A batch of records, each a map from names to cells. */
export function batchOf(arena: Arena, records: readonly Readonly<Record<string, Cell>>[]): Batch {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  const columns = new Map<string, Vector>();
  for (const name of names)
    columns.set(
      name,
      columnOf(
        arena,
        records.map((record) => record[name]),
      ),
    );
  const count = records.length;
  const offsets = arena.float64(count);
  for (let row = 0; row < count; row++) offsets[row] = row * 100;
  return {
    rows: count,
    columns,
    document: undefined,
    origin: { count, starts: arena.int32(count), lengths: arena.int32(count), offsets },
    untouched: undefined,
    partition: { source: 'web', name: 'access.log' },
    readAtMs: Date.UTC(2024, 4, 1),
  };
}

/** The values of a vector as the interpreter has them; absent is undefined. */
export function valuesOf(arena: Arena, vector: Vector): (Value | undefined)[] {
  return Array.from({ length: vector.length }, (_, row) => valueAt(arena, vector, row));
}

/** The values of a vector in a form that is easy to write down: ints as bigint, errors as `{error}`. */
export function plainValuesOf(arena: Arena, vector: Vector): unknown[] {
  return valuesOf(arena, vector).map((value, row) => {
    if (value instanceof Failure) return { error: value.message };
    return vector.tags[row] === Tag.JSON ? { json: textAt(arena, vector, row) } : value;
  });
}

/** Values as columns can hold them, in a form that compares; of errors only their being there counts. */
export function comparable(value: Value | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (value instanceof Failure) return 'an error';
  if (value instanceof Uint) return value.value;
  if (value instanceof Timestamp) return { micros: value.nanos / 1000n };
  if (value instanceof Duration) return formatDuration(value.nanos);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Optional) return comparable(value.value);
  if (value instanceof IpAddress || value instanceof Cidr) return textOfNetwork(value);
  return typeof value === 'object' ? { json: formatJson(value) } : value;
}

export function newArena(): Arena {
  return new Arena(64 * 1024 * 1024);
}
