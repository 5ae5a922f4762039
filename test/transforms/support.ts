import {
  Arena,
  ArenaWriter,
  type Batch,
  type Document,
  Tag,
  textVector,
  type Vector,
} from '../../src/batch/index.js';
import type { Config, Resource, TransformDefinition } from '../../src/component/index.js';
import { defaultsOf } from '../../src/config/index.js';
import type { Wanted } from '../../src/formats/index.js';
import { valueAt } from '../formats/support.js';

export type PlainRecord = Readonly<Record<string, unknown>>;

export const ALL: Wanted = { names: new Set(), all: true };

export const only = (...names: string[]): Wanted => ({ names: new Set(names), all: false });

/** How records lie in a batch: the names in `columns` as columns, in this order, all others in a document. */
export interface Layout {
  readonly columns: readonly string[];
  readonly document: boolean;
  /** The document is there whole because another reader of the same records wants all of it. */
  readonly shared?: boolean;
}

const encoder = new TextEncoder();

function tagOf(value: unknown): Tag {
  if (value === undefined) return Tag.ABSENT;
  if (value === null) return Tag.NULL;
  if (typeof value === 'boolean') return Tag.BOOL;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? Tag.INT : Tag.DOUBLE;
  return typeof value === 'string' ? Tag.TEXT : Tag.JSON;
}

/** A column of plain values, undefined where a record has none; or of their JSON texts, as a document's members are. */
export function vectorOf(arena: Arena, values: readonly unknown[], asJson = false): Vector {
  const rows = values.length;
  const [starts, lengths] = [arena.int32(rows), arena.int32(rows)];
  const numbers = arena.float64(rows);
  const tags = arena.uint8(rows);
  const writer = new ArenaWriter(arena);
  writer.begin();
  values.forEach((value, row) => {
    tags[row] = asJson && value !== undefined ? Tag.JSON : tagOf(value);
    numbers[row] = Number(value);
    starts[row] = writer.at;
    if (tags[row] === Tag.JSON) writer.bytes(encoder.encode(JSON.stringify(value)));
    else if (tags[row] === Tag.TEXT) writer.bytes(encoder.encode(value as string));
    lengths[row] = writer.at - starts[row]!;
  });
  writer.end();
  const { views } = textVector(arena, starts, lengths, rows);
  const agree = rows > 0 && tags.every((tag) => tag === tags[0]);
  return { length: rows, tags, uniform: agree ? (tags[0] as Tag) : undefined, numbers, views };
}

/** A batch of these records that holds what `given` asks for, as a decoder makes it. */
export function batchOf(arena: Arena, records: readonly PlainRecord[], layout: Layout, given: Wanted): Batch {
  const rows = records.length;
  const columns = new Map<string, Vector>();
  const values = (name: string) => records.map((record) => record[name]);
  for (const name of layout.columns) {
    if (given.all || given.names.has(name)) columns.set(name, vectorOf(arena, values(name)));
  }
  const others = [...given.names].filter((name) => !layout.columns.includes(name));
  const members = new Map(others.map((name) => [name, vectorOf(arena, values(name), true)]));
  const hidden = new Set(layout.columns);
  const objects = records.map((record) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !hidden.has(name))),
  );
  let document: Document | undefined;
  if (layout.document && (given.all || layout.shared))
    document = { vector: vectorOf(arena, objects, true), hidden, members };
  else if (layout.document) for (const [name, vector] of members) columns.set(name, vector);
  const offsets = arena.float64(rows);
  for (let row = 0; row < rows; row++) offsets[row] = row * 10;
  const origin = { count: rows, starts: arena.int32(rows), lengths: arena.int32(rows), offsets };
  const partition = { source: 'test', name: 'test.log' };
  return { rows, columns, document, origin, untouched: 'json', partition, readAtMs: 0 };
}

/** The records of a batch as plain objects. */
export function recordsOf(arena: Arena, batch: Batch): PlainRecord[] {
  return Array.from({ length: batch.rows }, (_, row) => {
    const record: Record<string, unknown> = {};
    const { document } = batch;
    if (document) {
      const value = valueAt(arena, document.vector, row);
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      const object = isObject ? (value as PlainRecord) : { message: value };
      for (const [name, value] of Object.entries(object))
        if (!document.hidden.has(name)) record[name] = value;
    }
    for (const [name, vector] of batch.columns) {
      const value = valueAt(arena, vector, row);
      if (value !== undefined) record[name] = value;
    }
    return record;
  });
}

/** What a transform did with a batch. */
export interface Outcome {
  readonly arena: Arena;
  readonly batches: readonly Batch[];
  readonly records: readonly PlainRecord[];
  /** The rows of the input that went on. */
  readonly passed: readonly number[];
  /** For whom each of the batches is; undefined for all. */
  readonly readers: readonly (string | undefined)[];
  readonly passedOn: number;
  readonly dropped: number;
  readonly added: number;
  readonly failed: readonly { readonly row: number; readonly code: string; readonly message: string }[];
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Runs a transform over records of which it is given exactly what it says that it needs.
 * @param config what is not its default
 */
export function run(
  definition: Omit<TransformDefinition, 'kind'>,
  config: Config,
  records: readonly PlainRecord[],
  layout: Layout = { columns: [], document: true },
  wanted: Wanted = ALL,
  resource?: Resource,
): Outcome {
  const arena = new Arena(2 * 1024 * 1024);
  const full = { ...defaultsOf(definition.fields), ...config };
  const input = batchOf(arena, records, layout, definition.needs(full, wanted));
  const batches: Batch[] = [];
  const failed: { row: number; code: string; message: string }[] = [];
  const counts: Record<string, number> = {};
  const readers: (string | undefined)[] = [];
  let passedOn = 0;
  let dropped = 0;
  let added = 0;
  const rowOf = (batch: Batch, row: number) => batch.origin.offsets[row]! / 10;
  definition.create(full, 'stage', wanted).apply(input, {
    arena,
    resource,
    batch: (batch, reader) => {
      batches.push(batch);
      readers.push(reader);
      if (reader === undefined) passedOn += batch.rows;
    },
    passed: (count) => {
      passedOn += count;
    },
    drop: (count) => {
      dropped += count;
    },
    added: (count) => {
      added += count;
    },
    fail: (batch, row, code, message) => failed.push({ row: rowOf(batch, row), code, message }),
    count: (code, times) => {
      counts[code] = (counts[code] ?? 0) + times;
    },
  });
  const passed = batches.flatMap((batch) =>
    Array.from({ length: batch.rows }, (_, row) => rowOf(batch, row)),
  );
  const out = batches.flatMap((batch) => recordsOf(arena, batch));
  return { arena, batches, records: out, passed, readers, passedOn, dropped, added, failed, counts };
}

/** The fields of a record that are wanted. */
export function wantedOf(record: PlainRecord, wanted: Wanted): PlainRecord {
  if (wanted.all) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => wanted.names.has(name)));
}
