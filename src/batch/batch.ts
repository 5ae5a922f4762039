import type { Arena } from './arena.js';
import { gather, slice, type Vector } from './vector.js';

/** An ordered part of a source: a file, a Kafka partition, stdin. Order and positions are kept within it. */
export interface Partition {
  /** The id of the source stage. */
  readonly source: string;
  /** What a person calls it: a path, `topic/3`, `stdin`. */
  readonly name: string;
  /** What the format needs from the partition's beginning: a CSV header line. */
  readonly preamble?: Uint8Array;
}

/** Records that a source framed: where each lies in the arena, and its position in its partition. */
export interface Records {
  readonly count: number;
  /** Arena addresses and lengths of the records, terminators excluded. */
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Position of each record in its partition: for a file the byte offset of its first byte. */
  readonly offsets: Float64Array;
  /** Of messages: what their source says of each, a JSON object as text (tag JSON) or ABSENT. */
  readonly meta?: Vector;
  /**
   * Of records of which several were made of one: the place of each in its list, once for each list, the outermost first. -1 of
   * those that are whole.
   */
  readonly places?: readonly Int32Array[];
  /** There may be newlines in them, as no lines have. */
  readonly holdsNewlines?: boolean;
}

/**
 * The fields of records that name their own (JSON, logfmt): each row's JSON object as text (tag JSON). Members named
 * in `hidden` are no fields of the record any more: they were dropped, renamed or replaced by a column. A document
 * that is no object (`42`, `[1]`) counts as one with the single member `message`.
 */
export interface Document {
  readonly vector: Vector;
  readonly hidden: ReadonlySet<string>;
  /** Members that expressions look into, found once by the decoder: the text of each row's member (tag JSON) or ABSENT. */
  readonly members: ReadonlyMap<string, Vector>;
}

/**
 * Rows in the arena of one thread. `columns` come in output order, after the members of `document`. All vectors
 * and `origin` have `rows` rows. Everything is gone when the trip ends.
 */
export interface Batch {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Vector>;
  readonly document: Document | undefined;
  /** The record that each row was when its source read it. */
  readonly origin: Records;
  /** The format (with its options) in which `origin` still is exactly this record; then encoders copy its bytes. */
  readonly untouched: string | undefined;
  readonly partition: Partition;
  /** When the source read these bytes, in milliseconds since 1970. */
  readonly readAtMs: number;
}

/** The records `rows[0 .. count)`, in that order. */
export function gatherRecords(arena: Arena, records: Records, rows: Int32Array, count: number): Records {
  const starts = arena.int32(count);
  const lengths = arena.int32(count);
  const offsets = arena.float64(count);
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    starts[i] = records.starts[row]!;
    lengths[i] = records.lengths[row]!;
    offsets[i] = records.offsets[row]!;
  }
  return {
    count,
    starts,
    lengths,
    offsets,
    ...(records.meta && { meta: gather(arena, records.meta, rows, count) }),
    ...(records.places && { places: records.places.map((of) => gatherInts(arena, of, rows, count)) }),
  };
}

function gatherInts(arena: Arena, from: Int32Array, rows: Int32Array, count: number): Int32Array {
  const gathered = arena.int32(count);
  for (let i = 0; i < count; i++) gathered[i] = from[rows[i]!]!;
  return gathered;
}

function gatherDocument(arena: Arena, document: Document, rows: Int32Array, count: number): Document {
  const members = new Map<string, Vector>();
  for (const [name, vector] of document.members) members.set(name, gather(arena, vector, rows, count));
  return { vector: gather(arena, document.vector, rows, count), hidden: document.hidden, members };
}

/** The field `name` of the batch's records, or undefined where no record has it. */
export function fieldOf(batch: Batch, name: string): Vector | undefined {
  const column = batch.columns.get(name);
  if (column || !batch.document || batch.document.hidden.has(name)) return column;
  return batch.document.members.get(name);
}

/** The rows from `from` up to, but without, `to`; nothing is copied. */
export function sliceRows(batch: Batch, from: number, to: number): Batch {
  const each = (vectors: ReadonlyMap<string, Vector>): Map<string, Vector> =>
    new Map([...vectors].map(([name, vector]) => [name, slice(vector, from, to)]));
  const { columns, document, origin } = batch;
  return {
    ...batch,
    rows: to - from,
    columns: each(columns),
    document: document && {
      vector: slice(document.vector, from, to),
      hidden: document.hidden,
      members: each(document.members),
    },
    origin: {
      count: to - from,
      starts: origin.starts.subarray(from, to),
      lengths: origin.lengths.subarray(from, to),
      offsets: origin.offsets.subarray(from, to),
      ...(origin.meta && { meta: slice(origin.meta, from, to) }),
      ...(origin.places && { places: origin.places.map((of) => of.subarray(from, to)) }),
    },
  };
}

/** The rows `rows[0 .. count)` of `batch`, in that order. */
export function gatherRows(arena: Arena, batch: Batch, rows: Int32Array, count: number): Batch {
  const columns = new Map<string, Vector>();
  for (const [name, vector] of batch.columns) columns.set(name, gather(arena, vector, rows, count));
  const document = batch.document && gatherDocument(arena, batch.document, rows, count);
  return {
    ...batch,
    rows: count,
    columns,
    document,
    origin: gatherRecords(arena, batch.origin, rows, count),
  };
}
