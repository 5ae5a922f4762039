import { checksum } from '#component';
import { COMPRESSIONS, type Compression, pack } from './compressions.js';
import { ATTRIBUTES_AT, BEFORE_LENGTH, RECORDS_AT } from './record-batch.js';
import { writeInt64 } from './wire.js';

/** Who writes a batch, so that brokers know it again when it comes twice. */
export interface ProducerIdentity {
  readonly id: number;
  readonly epoch: number;
}

/** Bytes within others; start -1: there are none. */
export interface Slice {
  bytes: Uint8Array;
  start: number;
  end: number;
}

const MAGIC = 2;
const TRANSACTIONAL = 1 << 4;
const FIRST_BYTES = 16 * 1024;

/** Writes one record batch of version 2. Nothing is made for a record. */
export class BatchBuilder {
  readonly topic: string;
  readonly partition: number;
  /** Of each record its row in the block. */
  readonly rows: number[] = [];
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = RECORDS_AT;
  #packed: Buffer | undefined;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get count(): number {
    return this.rows.length;
  }

  /** How long it is, before it is compressed. */
  get length(): number {
    return this.#length;
  }

  /** How long the batch would be with this record, before it is compressed. */
  lengthWith(key: Slice, value: Slice, headersBytes: number): number {
    return this.#length + recordBytes(this.count, key, value, headersBytes) + MOST_VARINT_BYTES;
  }

  /**
   * @param names of its headers
   * @param headers their values; those with start -1 are left out
   */
  add(row: number, key: Slice, value: Slice, names: readonly Buffer[], headers: readonly Slice[]): void {
    const length = recordBytes(this.count, key, value, headersLength(names, headers));
    this.#need(length + MOST_VARINT_BYTES);
    this.#signed(length);
    // No attributes, and the time of the first record.
    this.#bytes[this.#length++] = 0;
    this.#bytes[this.#length++] = 0;
    this.#signed(this.count);
    this.#slice(key);
    this.#slice(value);
    this.#headers(names, headers);
    this.rows.push(row);
  }

  /** The whole batch, whose records are compressed once. */
  finish(
    timeMs: number,
    { id, epoch }: ProducerIdentity,
    sequence: number,
    compression: Compression,
    isTransactional: boolean,
  ): Buffer {
    this.#packed ??= this.#pack(compression);
    const batch = this.#packed;
    writeInt64(batch, 0, 0);
    batch.writeInt32BE(batch.length - BEFORE_LENGTH, 8);
    batch.writeInt32BE(-1, 12);
    batch[16] = MAGIC;
    const attributes = COMPRESSIONS.indexOf(compression) | (isTransactional ? TRANSACTIONAL : 0);
    batch.writeInt16BE(attributes, ATTRIBUTES_AT);
    batch.writeInt32BE(this.count - 1, 23);
    writeInt64(batch, timeMs, 27);
    writeInt64(batch, timeMs, 35);
    writeInt64(batch, id, 43);
    batch.writeInt16BE(epoch, 51);
    batch.writeInt32BE(sequence, 53);
    batch.writeInt32BE(this.count, 57);
    batch.writeUInt32BE(checksum(batch.subarray(ATTRIBUTES_AT)), 17);
    return batch;
  }

  #pack(compression: Compression): Buffer {
    const whole = this.#bytes.subarray(0, this.#length);
    if (compression === 'none') return whole;
    return Buffer.concat([whole.subarray(0, RECORDS_AT), pack(compression, whole.subarray(RECORDS_AT))]);
  }

  #headers(names: readonly Buffer[], headers: readonly Slice[]): void {
    let count = 0;
    for (const { start } of headers) if (start >= 0) count++;
    this.#signed(count);
    for (let i = 0; i < headers.length; i++) {
      if (headers[i]!.start < 0) continue;
      const name = names[i]!;
      this.#signed(name.length);
      this.#bytes.set(name, this.#length);
      this.#length += name.length;
      this.#slice(headers[i]!);
    }
  }

  #slice({ bytes, start, end }: Slice): void {
    this.#signed(start < 0 ? -1 : end - start);
    if (start < 0) return;
    this.#length += Buffer.prototype.copy.call(bytes, this.#bytes, this.#length, start, end);
  }

  #signed(value: number): void {
    let left = ((value << 1) ^ (value >> 31)) >>> 0;
    while (left >= 0x80) {
      this.#bytes[this.#length++] = left | 0x80;
      left >>>= 7;
    }
    this.#bytes[this.#length++] = left;
  }

  #need(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

const MOST_VARINT_BYTES = 5;

/** What the headers of a record take, their number not counted. */
export function headersLength(names: readonly Buffer[], headers: readonly Slice[]): number {
  let bytes = 0;
  for (let i = 0; i < headers.length; i++) {
    const { start, end } = headers[i]!;
    if (start < 0) continue;
    const name = names[i]!.length;
    bytes += varintBytes(name) + name + varintBytes(end - start) + end - start;
  }
  return bytes;
}

function recordBytes(index: number, key: Slice, value: Slice, headersBytes: number): number {
  const headers = 1 + headersBytes;
  return 2 + varintBytes(index) + sliceBytes(key) + sliceBytes(value) + headers;
}

function sliceBytes({ start, end }: Slice): number {
  return start < 0 ? 1 : varintBytes(end - start) + end - start;
}

/** How many bytes a number takes that is not negative. */
function varintBytes(value: number): number {
  if (value < 64) return 1;
  if (value < 8192) return 2;
  if (value < 1 << 20) return 3;
  return value < 1 << 27 ? 4 : 5;
}
