import { checksum, MillraceError } from '#component';
import { unpack } from './compressions.js';
import { int64At } from './wire.js';

/** Of a record batch, version 2 (KIP-98): where its parts are. */
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CHECKSUM_AT = 17;
export const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const FIRST_TIME_AT = 27;
const LAST_TIME_AT = 35;
const PRODUCER_AT = 43;
const COUNT_AT = 57;
export const RECORDS_AT = 61;
/** What the length does not count: the offset and the length itself. */
export const BEFORE_LENGTH = 12;

const COMPRESSION = 0b111;
const LOG_APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
const MAGIC = 2;

export interface RecordBatch {
  /** Of the whole batch in the bytes that it came in. */
  readonly start: number;
  readonly end: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly count: number;
  readonly attributes: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  readonly producerId: number;
}

/** The whole batches in what a broker has sent of a partition; it may end in the middle of one, which is left out. */
export function* batchesIn(bytes: Buffer): Generator<RecordBatch> {
  let start = 0;
  while (start + RECORDS_AT <= bytes.length) {
    const end = start + BEFORE_LENGTH + bytes.readInt32BE(start + LENGTH_AT);
    if (end > bytes.length) return;
    if (bytes[start + MAGIC_AT] !== MAGIC) throw oldFormat(bytes[start + MAGIC_AT]!);
    const firstOffset = int64At(bytes, start);
    yield {
      start,
      end,
      firstOffset,
      lastOffset: firstOffset + bytes.readInt32BE(start + LAST_DELTA_AT),
      count: bytes.readInt32BE(start + COUNT_AT),
      attributes: bytes.readInt16BE(start + ATTRIBUTES_AT),
      firstTimeMs: int64At(bytes, start + FIRST_TIME_AT),
      lastTimeMs: int64At(bytes, start + LAST_TIME_AT),
      producerId: int64At(bytes, start + PRODUCER_AT),
    };
    start = end;
  }
}

export function isTransactional({ attributes }: RecordBatch): boolean {
  return (attributes & TRANSACTIONAL) !== 0;
}

/** It holds no records but says how a transaction ended. */
export function isControl({ attributes }: RecordBatch): boolean {
  return (attributes & CONTROL) !== 0;
}

/** Whether a control batch says that its producer's transaction was given up. */
export function isAbort(bytes: Buffer, batch: RecordBatch): boolean {
  const cursor = new RecordCursor();
  cursor.begin(recordsOf(bytes, batch), batch);
  // Its key is a version and then the type: 0 for an abort.
  return (
    cursor.next() &&
    cursor.keyEnd - cursor.keyStart >= 4 &&
    cursor.bytes.readInt16BE(cursor.keyStart + 2) === 0
  );
}

/** The records of a batch, unpacked, their checksum checked. */
export function recordsOf(bytes: Buffer, { start, end, attributes, firstOffset }: RecordBatch): Buffer {
  const expected = bytes.readUInt32BE(start + CHECKSUM_AT);
  if (checksum(bytes.subarray(start + ATTRIBUTES_AT, end)) !== expected) {
    const message = `the records from offset ${firstOffset} on are damaged: their checksum is wrong; look at the broker's disk, or skip them with start: { offsets: ... }`;
    throw new MillraceError('kafka_damaged', message, { blame: 'external' });
  }
  const records = bytes.subarray(start + RECORDS_AT, end);
  return unpack(attributes & COMPRESSION, records);
}

/** The records of one batch, one at a time: its fields say where in `bytes` the parts of the present one are. */
export class RecordCursor {
  bytes: Buffer = Buffer.alloc(0);
  offset = 0;
  timeMs = 0;
  /** -1: there is no key. */
  keyStart = -1;
  keyEnd = -1;
  valueStart = 0;
  valueEnd = 0;
  headers = 0;
  /** Where the first header is; `header` moves it on. */
  at = 0;
  nameStart = 0;
  nameEnd = 0;
  headerStart = -1;
  headerEnd = -1;
  #batch: RecordBatch | undefined;
  #left = 0;
  #nextAt = 0;
  #headersAt = 0;

  begin(records: Buffer, batch: RecordBatch): void {
    this.bytes = records;
    this.#batch = batch;
    this.#left = batch.count;
    this.#nextAt = 0;
  }

  /** Moves on; false behind the last record. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const { attributes, firstTimeMs, lastTimeMs, firstOffset } = this.#batch!;
    this.at = this.#nextAt;
    const length = this.#signed();
    this.#nextAt = this.at + length;
    // Attributes of single records have no use yet.
    this.at++;
    const delta = this.#long();
    this.timeMs = attributes & LOG_APPEND_TIME ? lastTimeMs : firstTimeMs + delta;
    this.offset = firstOffset + this.#signed();
    const keyLength = this.#signed();
    this.keyStart = keyLength < 0 ? -1 : this.at;
    this.at += Math.max(0, keyLength);
    this.keyEnd = this.at;
    const valueLength = this.#signed();
    this.valueStart = this.at;
    this.at += Math.max(0, valueLength);
    this.valueEnd = this.at;
    this.headers = this.#signed();
    this.#headersAt = this.at;
    return true;
  }

  /** Goes back to before the present record's first header. */
  again(): void {
    this.at = this.#headersAt;
  }

  /** Moves on to the next header. */
  header(): void {
    const nameLength = this.#signed();
    this.nameStart = this.at;
    this.at += nameLength;
    this.nameEnd = this.at;
    const length = this.#signed();
    this.headerStart = length < 0 ? -1 : this.at;
    this.at += Math.max(0, length);
    this.headerEnd = this.at;
  }

  #signed(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[this.at++]!;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  #long(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    let value = byte & 0x7f;
    for (let factor = 128; byte >= 0x80; factor *= 128) {
      byte = bytes[this.at++]!;
      value += (byte & 0x7f) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function oldFormat(magic: number): MillraceError {
  const message = `the topic holds records in the old format ${magic}, which is not read: raise its log.message.format.version, and let a tool such as MirrorMaker write them anew`;
  return new MillraceError('kafka_old_format', message, { blame: 'external' });
}
