import { FlatTable } from './flat-table.js';

/** What a message is about, as far as a reader must know before it has read it. */
export const MessageType = { NONE: 0, SCHEMA: 1, DICTIONARY: 2, RECORDS: 3 } as const;

/** A message of an IPC stream, encapsulated: a marker, the length of its metadata, the metadata and the body. */
export interface ArrowMessage {
  readonly type: number;
  /** The address after it. */
  readonly end: number;
  /** Of a batch of records. */
  readonly rows: number;
}

const MARKER = 0xffffffff;
const PREFIX_BYTES = 8;
const FILE_MAGIC = new TextEncoder().encode('ARROW1');
/** Files begin with the magic bytes and two of padding. */
export const FILE_PREFIX_BYTES = 8;
const MOST_BYTES = 2 ** 40;
/** FieldNode and Buffer. */
const STRUCT_BYTES = 16;
const MOST_FIELDS = 10_000;
const MOST_EMPTY_ROWS = 2 ** 24;

/** Whether the bytes at `at` are those with which an Arrow file begins; a stream has no such thing. */
export function isFilePrefix(bytes: Uint8Array, at: number): boolean {
  return FILE_MAGIC.every((byte, i) => bytes[at + i] === byte);
}

/** Whether bytes that are no message are the footer of an Arrow file, which says nothing that the messages do not. */
export function isFileFooter(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > FILE_MAGIC.length && isFilePrefix(bytes, end - FILE_MAGIC.length);
}

/** Whether the bytes at `at` could be a message, as far as they are there. */
export function looksLikeMessage(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < Math.min(end, at + 4); i++) if (bytes[i] !== 0xff) return false;
  return true;
}

/**
 * The message at `at`, when its metadata lie before `end`; undefined also where there is none.
 * @param end the message itself may end after it
 */
export function messageAt(bytes: Uint8Array, at: number, end: number): ArrowMessage | undefined {
  if (end - at < PREFIX_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(at, true) !== MARKER) return undefined;
  const length = view.getInt32(at + 4, true);
  const start = at + PREFIX_BYTES;
  if (length === 0) return { type: MessageType.NONE, end: start, rows: 0 };
  if (length < 0 || start + length > end) return undefined;
  try {
    return messageIn(new DataView(view.buffer, view.byteOffset + start, length), start + length);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Message.fbs (https://github.com/apache/arrow/blob/main/format/Message.fbs). Throws RangeError where it is none, or where its
 * vectors lead out of it.
 */
function messageIn(metadata: DataView, metadataEnd: number): ArrowMessage | undefined {
  const message = FlatTable.rootOf(metadata);
  const type = message.uint8(1);
  const bodyBytes = message.int64(3);
  const header = message.table(2);
  if (!header || bodyBytes < 0 || bodyBytes > MOST_BYTES) return undefined;
  if (type === MessageType.SCHEMA) checkFields(header.tables(1), { left: MOST_FIELDS });
  const batch =
    type === MessageType.DICTIONARY ? header.table(1) : type === MessageType.RECORDS ? header : undefined;
  const rows = batch ? checkBatch(batch, metadata.byteLength + bodyBytes) : 0;
  return { type, end: metadataEnd + bodyBytes, rows: type === MessageType.RECORDS ? rows : 0 };
}

/** Answers how many rows it has. */
function checkBatch(batch: FlatTable, bytes: number): number {
  const rows = batch.int64(0);
  batch.vectorLength(1, STRUCT_BYTES);
  batch.vectorLength(2, STRUCT_BYTES);
  batch.vectorLength(4, 8);
  // A row that takes no bit at all is one of nulls.
  if (rows < 0 || rows > Math.max(MOST_EMPTY_ROWS, bytes * 8))
    throw new RangeError('it has more rows than bits');
  return rows;
}

function checkFields(fields: readonly FlatTable[], budget: { left: number }): void {
  budget.left -= fields.length;
  if (budget.left < 0) throw new RangeError('it has too many fields');
  for (const field of fields) {
    field.tables(6);
    checkFields(field.tables(5), budget);
  }
}
