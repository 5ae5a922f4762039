import { type Config, type DetachedMeta, type DetachedVector, type Field, Tag } from '#component';
import { type Cell, INLINE_BYTES, Layout, VIEW_BYTES } from './layout.js';

export const PAYLOAD_FIELD: Field = {
  name: 'payload',
  summary:
    'What a message is: a batch as an Arrow IPC stream, which costs least, or with `json` a record as JSON for readers that are not Millrace.',
  type: { kind: 'enum', values: ['arrow', 'json'] },
  default: 'arrow',
};

/** What the stages before the queue have to know of it. */
export function payloadOf({ payload }: Config): { readonly payload?: 'json' } {
  return payload === 'json' ? { payload } : {};
}

/** What the messages of a queue are with `payload: json`: each a record. */
export const RECORD_TYPE = 'application/json';

/**
 * Their headers, with which the other end makes the same batch again. `millrace-batch` is the same for all records of a batch (what
 * they came from and what columns they have, as JSON), `millrace-values` says of each column what the record has there, as far as JSON
 * does not: the tag alone, or with the value.
 */
export const RECORD_HEADERS = [
  'millrace-id',
  'millrace-batch',
  'millrace-position',
  'millrace-values',
  'millrace-places',
  'millrace-meta',
] as const;
export type RecordHeader = (typeof RECORD_HEADERS)[number];
export type RecordHeaders = Readonly<Partial<Record<RecordHeader, string>>>;

export interface RecordMessage {
  /** JSON. */
  readonly value: Uint8Array;
  readonly headers: RecordHeaders;
}

/** A batch in a queue: its bytes and all else about it. */
export interface QueuedPayload {
  readonly meta: DetachedMeta;
  readonly bytes: Uint8Array;
}

/** What `millrace-batch` holds. */
interface BatchHeader {
  readonly source: string;
  readonly partition: string;
  readonly read_at: number;
  readonly columns: readonly string[];
}

type ColumnValue = number | readonly [tag: number, value: string | number];

/** The messages of a batch that says what they are, one for each record. */
export function* recordMessagesOf(meta: DetachedMeta, bytes: Uint8Array): Generator<RecordMessage> {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { rows, partition, readAtMs, columns, offsets, places } = meta;
  const { texts, ids } = meta.messages!;
  const batch: BatchHeader = {
    source: partition.source,
    partition: partition.name,
    read_at: readAtMs,
    columns: columns.map(({ name }) => name),
  };
  const batchText = JSON.stringify(batch);
  for (let row = 0; row < rows; row++) {
    const said = meta.meta && tagAt(from, meta.meta, row) === Tag.JSON && textAt(from, meta.meta, row);
    const values = columns.map((column) => columnValueAt(from, column, row));
    const headers: RecordHeaders = {
      'millrace-id': String(textAt(from, ids, row)),
      'millrace-batch': batchText,
      'millrace-position': String(from.readDoubleLE(offsets + row * 8)),
      ...(columns.length > 0 && { 'millrace-values': JSON.stringify(values) }),
      ...(places && {
        'millrace-places': JSON.stringify(places.map((at) => from.readInt32LE(at + row * 4))),
      }),
      ...(said && { 'millrace-meta': said.toString() }),
    };
    yield { value: textAt(from, texts, row), headers };
  }
}

function tagAt(from: Buffer, { uniform, tags }: DetachedVector, row: number): number {
  return uniform ?? from[tags + row]!;
}

function textAt(from: Buffer, { views }: DetachedVector, row: number): Buffer {
  const at = views! + row * VIEW_BYTES;
  const length = from.readInt32LE(at);
  const start = length > INLINE_BYTES ? from.readInt32LE(at + 12) : at + 4;
  return from.subarray(start, start + length);
}

function columnValueAt(from: Buffer, column: DetachedVector, row: number): ColumnValue {
  const tag = tagAt(from, column, row);
  if (tag === Tag.TIMESTAMP) return [tag, from.readDoubleLE(column.numbers! + row * 8)];
  if (tag === Tag.JSON || tag === Tag.BIGINT) return [tag, textAt(from, column, row).toString()];
  // What could not be computed is null in the message, and so it is behind the queue.
  return tag === Tag.ERROR ? Tag.NULL : tag;
}

/** Makes batches of such messages. What follows each other there and was one batch is one again. */
export class RecordBatchReader {
  readonly #values: Uint8Array[] = [];
  readonly #headers: RecordHeaders[] = [];
  #batchText = '';

  get count(): number {
    return this.#values.length;
  }

  /** Whether a message belongs to the batch of those before it. */
  accepts({ headers }: RecordMessage): boolean {
    return headers['millrace-batch'] === this.#batchText;
  }

  /** Takes a message, whose bytes have to stay as they are until the end of the batch. */
  add({ value, headers }: RecordMessage): void {
    this.#batchText = headers['millrace-batch']!;
    this.#values.push(value);
    this.#headers.push(headers);
  }

  /** The batch of all that was taken, and nothing is left. */
  finish(): QueuedPayload {
    const layout = new Layout(this.#values.length);
    const { source, partition, read_at, columns } = JSON.parse(this.#batchText) as BatchHeader;
    const { starts, lengths } = layout.records(this.#values);
    const document = layout.texts('', this.#values, starts);
    const said = this.#headers.map((headers) => headers['millrace-meta']);
    const places = this.#headers[0]!['millrace-places'] && this.#places();
    const fixed = {
      rows: this.count,
      columns: columns.length > 0 ? this.#columns(columns, layout) : [],
      document: { vector: document, hidden: columns, members: [] },
      starts: layout.int32(starts),
      lengths: layout.int32(lengths),
      offsets: layout.float64(this.#headers.map((headers) => Number(headers['millrace-position']))),
      ...(said.some((text) => text !== undefined) && { meta: layout.vector('', said.map(asJson)) }),
      ...(places && { places: places.map((of) => layout.int32(of)) }),
      untouched: undefined,
      partition: { source, name: partition },
      readAtMs: read_at,
    };
    this.#values.length = 0;
    this.#headers.length = 0;
    const bytes = layout.bytes();
    return { meta: { ...fixed, byteLength: bytes.length }, bytes };
  }

  #columns(names: readonly string[], layout: Layout): DetachedVector[] {
    const rows = this.#headers.map((headers, row) => {
      const values = JSON.parse(headers['millrace-values']!) as readonly ColumnValue[];
      const needsRecord = values.some((value) => typeof value === 'number' && value !== Tag.ABSENT);
      const record = needsRecord ? (JSON.parse(String(Buffer.from(this.#values[row]!))) as object) : {};
      return { values, record: record as Readonly<Record<string, unknown>> };
    });
    return names.map((name, i) =>
      layout.vector(
        name,
        rows.map(({ values, record }) => cellOf(values[i]!, record[name])),
      ),
    );
  }

  /** For each list the place of each record. */
  #places(): number[][] {
    const rows = this.#headers.map((headers) => JSON.parse(headers['millrace-places']!) as number[]);
    return rows[0]!.map((_, list) => rows.map((places) => places[list]!));
  }
}

function asJson(text: string | undefined): Cell {
  return text === undefined ? { tag: Tag.ABSENT } : { tag: Tag.JSON, value: text };
}

function cellOf(of: ColumnValue, inRecord: unknown): Cell {
  if (typeof of !== 'number') return { tag: of[0] as Tag, value: of[1] };
  const tag = of as Tag;
  if (tag === Tag.BOOL) return { tag, value: Number(inRecord) };
  // JSON has neither NaN nor infinities.
  if (tag === Tag.DOUBLE) return { tag, value: inRecord === null ? Number.NaN : (inRecord as number) };
  return tag === Tag.INT || tag === Tag.TEXT ? { tag, value: inRecord as string | number } : { tag };
}
