import { type DetachedMeta, FlatTable, MessageType, messageAt, Tag } from '#component';
import { type FlatField, type FlatFields, FlatWriter } from './flatbuffers.js';
import { INLINE_BYTES } from './layout.js';
import { describe, metaOf } from './payload.js';

/** What the messages of a queue are: each an Arrow IPC stream with one batch. */
export const BATCH_TYPE = 'application/vnd.apache.arrow.stream';

/** The metadata of the schema in which the description of the batch stands. */
const DESCRIPTION = 'millrace';
const MARKER = 0xffffffff;
const PREFIX_BYTES = 8;
/** Of Message.fbs: its version V5, and the fields that are read. */
const VERSION = 4;
const HEADER = 2;
const CUSTOM_METADATA = 2;
/** Of Schema.fbs. */
const FLOAT = 3;
const BINARY_VIEW = 23;
const UTF8_VIEW = 24;
const DOUBLE = 2;
const VIEW_INTS = 4;

/** Which rows of a column are not null. */
const IS_TEXT = tagsIn(Tag.TEXT, Tag.JSON, Tag.BIGINT);
const IS_NUMBER = tagsIn(Tag.BOOL, Tag.INT, Tag.DOUBLE, Tag.TIMESTAMP);

interface Column {
  readonly name: string;
  readonly type: number;
  readonly isJson: boolean;
  readonly nulls: number;
  /** Of each buffer its place in the body, and its length. */
  readonly buffers: readonly number[];
}

/** Puts bytes into the body and returns their place there. */
type Add = (bytes: Uint8Array) => number;

/**
 * Writes batches as streams of Arrow's IPC format (https://arrow.apache.org/docs/format/Columnar.html), which any reader of it
 * understands. The body begins with the batch's buffer as it is, in which nearly all columns lie; what makes it the
 * same batch again is metadata of the schema. Columns: `record` (the bytes that the source read) and its `position`, `meta` (what
 * the source said) and `document` where there are some, then the fields that stages have looked into or made, where Arrow
 * has a type for them.
 */
export class ArrowPayloadWriter {
  readonly #schema = new FlatWriter();
  readonly #batch = new FlatWriter();
  #buffer = Buffer.alloc(0);
  #views = new Int32Array(0);

  /** Valid until the next call. */
  encode(meta: DetachedMeta, bytes: Uint8Array): Uint8Array {
    const parts = [bytes];
    let bodyBytes = padded(bytes.length);
    const add: Add = (part) => {
      const at = bodyBytes;
      parts.push(part);
      bodyBytes += padded(part.length);
      return at;
    };
    const columns = [this.#records(meta, bytes, add), ...columnsOf(meta, bytes, add)];
    const schema = this.#schema.write(message(MessageType.SCHEMA, schemaOf(columns, describe(meta)), 0));
    const batch = this.#batch.write(message(MessageType.RECORDS, batchOf(columns, meta.rows), bodyBytes));
    this.#need(3 * PREFIX_BYTES + schema.length + batch.length + bodyBytes);
    let at = this.#put(batch, this.#put(schema, 0));
    for (const part of parts) {
      this.#buffer.set(part, at);
      this.#buffer.fill(0, at + part.length, at + padded(part.length));
      at += padded(part.length);
    }
    return this.#buffer.subarray(0, this.#put(Buffer.alloc(0), at));
  }

  /** The bytes that the source read, as views into the body. */
  #records(meta: DetachedMeta, bytes: Uint8Array, add: Add): Column {
    const { rows } = meta;
    if (this.#views.length < rows * VIEW_INTS) this.#views = new Int32Array(rows * VIEW_INTS);
    const views = this.#views.subarray(0, rows * VIEW_INTS);
    const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const inline = Buffer.from(views.buffer, 0, views.byteLength);
    for (let row = 0, at = 0; row < rows; row++, at += VIEW_INTS) {
      const start = from.readInt32LE(meta.starts + row * 4);
      const length = from.readInt32LE(meta.lengths + row * 4);
      views[at] = length;
      views[at + 1] = length > INLINE_BYTES ? from.readInt32LE(start) : 0;
      views[at + 2] = 0;
      views[at + 3] = length > INLINE_BYTES ? start : 0;
      if (length <= INLINE_BYTES) from.copy(inline, (at + 1) * 4, start, start + length);
    }
    const buffers = [0, 0, add(inline), inline.length, 0, bytes.length];
    return { name: 'record', type: BINARY_VIEW, isJson: false, nulls: 0, buffers };
  }

  /** A message without its body; without metadata, the end of the stream. Returns the place behind it. */
  #put(metadata: Buffer, at: number): number {
    this.#buffer.writeUInt32LE(MARKER, at);
    this.#buffer.writeUInt32LE(metadata.length, at + 4);
    this.#buffer.set(metadata, at + PREFIX_BYTES);
    return at + PREFIX_BYTES + metadata.length;
  }

  #need(bytes: number): void {
    if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafe(bytes);
  }
}

/** The batch in a message of a queue, whose bytes lie in it; undefined where no pipeline has written it. */
export function readArrowPayload(
  payload: Uint8Array,
): { readonly meta: DetachedMeta; readonly bytes: Uint8Array } | undefined {
  const schema = messageAt(payload, 0, payload.length);
  const batch = schema && messageAt(payload, schema.end, payload.length);
  const description = schema?.type === MessageType.SCHEMA && descriptionIn(payload, schema.end);
  if (!description || batch?.type !== MessageType.RECORDS || batch.end > payload.length) return undefined;
  const meta = metaOf(description);
  const lengthAt = payload.byteOffset + schema.end + 4;
  const start = schema.end + PREFIX_BYTES + new DataView(payload.buffer, lengthAt).getUint32(0, true);
  return { meta, bytes: payload.subarray(start, start + meta.byteLength) };
}

function descriptionIn(payload: Uint8Array, end: number): string | undefined {
  const { buffer, byteOffset } = payload;
  const metadata = new DataView(buffer, byteOffset + PREFIX_BYTES, end - PREFIX_BYTES);
  const pairs = FlatTable.rootOf(metadata).table(HEADER)!.tables(CUSTOM_METADATA);
  return pairs.find((pair) => pair.text(0) === DESCRIPTION)?.text(1);
}

function columnsOf(meta: DetachedMeta, bytes: Uint8Array, add: Add): Column[] {
  const { rows, offsets, document, columns } = meta;
  const positions = { name: 'position', type: FLOAT, isJson: false, nulls: 0 };
  const vectors = [
    { vector: meta.meta, name: 'meta', isJson: true },
    { vector: document?.vector, name: 'document', isJson: true },
    ...columns.map((vector) => ({ vector, name: vector.name, isJson: false })),
  ];
  const made = vectors.flatMap(({ vector, name, isJson }) => {
    const column = vector && columnOf(vector, rows, bytes, add);
    return column ? [{ name, isJson, ...column }] : [];
  });
  return [{ ...positions, buffers: [0, 0, offsets, rows * 8] }, ...made];
}

/** As texts or as numbers, whichever more rows are; undefined where no row has a value. */
function columnOf(
  { tags, uniform, views, numbers }: DetachedMeta['columns'][number],
  rows: number,
  bytes: Uint8Array,
  add: Add,
): Omit<Column, 'name' | 'isJson'> | undefined {
  const validity = (isValue: Uint8Array) => validityOf(bytes.subarray(tags, tags + rows), uniform, isValue);
  const texts = views === undefined ? undefined : validity(IS_TEXT);
  const values = numbers === undefined || texts?.nulls === 0 ? undefined : validity(IS_NUMBER);
  const areTexts = (values?.nulls ?? rows) >= (texts?.nulls ?? rows);
  const { nulls = rows, bits } = (areTexts ? texts : values) ?? {};
  if (nulls === rows) return undefined;
  const valid = bits ? [add(bits), bits.length] : [0, 0];
  if (!areTexts) return { type: FLOAT, nulls, buffers: [...valid, numbers!, rows * 8] };
  return { type: UTF8_VIEW, nulls, buffers: [...valid, views!, rows * VIEW_INTS * 4, 0, bytes.length] };
}

/** A bit for each row, set where it is not null; undefined where all are. */
function validityOf(
  tags: Uint8Array,
  uniform: number | undefined,
  isValue: Uint8Array,
): { readonly nulls: number; readonly bits: Uint8Array | undefined } {
  if (uniform !== undefined && isValue[uniform] === 1) return { nulls: 0, bits: undefined };
  const bits = new Uint8Array(Math.ceil(tags.length / 8));
  let nulls = tags.length;
  for (let row = 0; uniform === undefined && row < tags.length; row++) {
    if (isValue[tags[row]!] === 0) continue;
    bits[row >> 3]! |= 1 << (row & 7);
    nulls--;
  }
  return { nulls, bits };
}

function tagsIn(...tags: readonly number[]): Uint8Array {
  const table = new Uint8Array(Object.keys(Tag).length);
  for (const tag of tags) table[tag] = 1;
  return table;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Message.fbs and Schema.fbs (https://github.com/apache/arrow/tree/main/format): fields by their numbers there. */
function message(type: number, header: FlatFields, bodyBytes: number): FlatFields {
  return [int16(VERSION), int8(type), { kind: 'table', fields: header }, int64(bodyBytes)];
}

function schemaOf(columns: readonly Column[], description: string): FlatFields {
  const fields = columns.map(({ name, type, isJson }): FlatFields => {
    const details: FlatFields = type === FLOAT ? [int16(DOUBLE)] : [];
    const json = isJson ? pairs(['ARROW:extension:name', 'arrow.json']) : undefined;
    const children: FlatField = { kind: 'tables', items: [] };
    const nullable = int8(1);
    return [text(name), nullable, int8(type), { kind: 'table', fields: details }, undefined, children, json];
  });
  return [undefined, { kind: 'tables', items: fields }, pairs([DESCRIPTION, description])];
}

function batchOf(columns: readonly Column[], rows: number): FlatFields {
  const nodes = columns.flatMap(({ nulls }) => [rows, nulls]);
  const buffers = columns.flatMap((column) => column.buffers);
  // Each column of views has one buffer of texts.
  const variadic = columns.flatMap(({ type }) => (type === FLOAT ? [] : [1]));
  return [
    int64(rows),
    { kind: 'structs', width: 2, numbers: nodes },
    { kind: 'structs', width: 2, numbers: buffers },
    undefined,
    { kind: 'structs', width: 1, numbers: variadic },
  ];
}

function pairs(...of: readonly (readonly [string, string])[]): FlatField {
  return { kind: 'tables', items: of.map(([key, value]) => [text(key), text(value)]) };
}

function int8(value: number): FlatField {
  return { kind: 'int8', value };
}

function int16(value: number): FlatField {
  return { kind: 'int16', value };
}

function int64(value: number): FlatField {
  return { kind: 'int64', value };
}

function text(value: string): FlatField {
  return { kind: 'text', text: value };
}
