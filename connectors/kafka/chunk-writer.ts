import type { Chunk, Partition } from '#component';
import type { RecordCursor } from './record-batch.js';

const NEWLINE = 10;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DEL = 0x7f;
const MOST_ESCAPED = 6;
/** The time and what closes it: `2026-11-25T08:00:00.000Z"`. */
const TIME_BYTES = 25;
const SECOND_BYTES = 20;
const KEY = Buffer.from(',"key":');
const HEADERS = Buffer.from(',"headers":{');
/** What is said of a record beside its texts, at most. */
const META_BYTES = TIME_BYTES + KEY.length + HEADERS.length + 8;

/**
 * Writes records of one partition into buffers that were lent, as messages: their values with a newline behind each, and
 * behind all of them what is said of each, as JSON. Makes nothing for a record.
 */
export class ChunkWriter {
  readonly #partition: Partition;
  /** How what is said of each record begins. */
  readonly #prefix: Buffer;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #count = 0;
  #ends = new Int32Array(1024);
  #positions = new Float64Array(1024);
  #metaEnds = new Int32Array(1024);
  #meta: Buffer = Buffer.allocUnsafe(64 * 1024);
  #metaLength = 0;
  #second = -1;
  readonly #secondText = Buffer.alloc(SECOND_BYTES);

  constructor(source: string, topic: string, partition: number) {
    this.#partition = { source, name: `${topic}/${partition}` };
    this.#prefix = Buffer.from(`{"topic":${JSON.stringify(topic)},"partition":${partition},"time":"`);
  }

  /** About how many bytes so many records need beside their own. */
  overhead(records: number): number {
    return records * (this.#prefix.length + META_BYTES + 1);
  }

  get count(): number {
    return this.#count;
  }

  /** Where nothing was added that should go on. */
  get buffer(): ArrayBuffer {
    return this.#bytes.buffer as ArrayBuffer;
  }

  /** A new chunk, in a buffer that was lent. */
  begin(buffer: ArrayBuffer): void {
    this.#bytes = Buffer.from(buffer);
    this.#length = 0;
    this.#count = 0;
    this.#metaLength = 0;
  }

  /** Copies the cursor's record. Answers 0, or how many bytes it would have needed where there was no room for it. */
  add(cursor: RecordCursor): number {
    const { bytes, valueStart, valueEnd } = cursor;
    const length = valueEnd - valueStart;
    const metaBefore = this.#metaLength;
    this.#describe(cursor);
    if (this.#length + length + 1 + this.#metaLength > this.#bytes.length) {
      const needed = length + 1 + this.#metaLength - metaBefore;
      this.#metaLength = metaBefore;
      return needed;
    }
    bytes.copy(this.#bytes, this.#length, valueStart, valueEnd);
    this.#length += length;
    if (this.#count === this.#ends.length) this.#grow();
    this.#ends[this.#count] = this.#length;
    this.#positions[this.#count] = cursor.offset;
    this.#metaEnds[this.#count] = this.#metaLength;
    this.#bytes[this.#length++] = NEWLINE;
    this.#count++;
    return 0;
  }

  /** The chunk, in which there must be a record. */
  chunk(readAtMs: number): Chunk {
    this.#meta.copy(this.#bytes, this.#length, 0, this.#metaLength);
    const buffer = this.#bytes.buffer as ArrayBuffer;
    return {
      partition: this.#partition,
      bytes: new Uint8Array(buffer, 0, this.#length),
      offset: this.#positions[0]!,
      readAtMs,
      messages: {
        ends: this.#ends.slice(0, this.#count),
        positions: this.#positions.slice(0, this.#count),
        meta: {
          bytes: new Uint8Array(buffer, this.#length, this.#metaLength),
          ends: this.#metaEnds.slice(0, this.#count),
        },
      },
    };
  }

  /** A chunk that only says how far the partition has been read. */
  empty(offset: number, readAtMs: number): Chunk {
    return { partition: this.#partition, bytes: new Uint8Array(new ArrayBuffer(0)), offset, readAtMs };
  }

  #grow(): void {
    const size = this.#ends.length * 2;
    const grown = new Int32Array(size);
    grown.set(this.#ends);
    const grownMeta = new Int32Array(size);
    grownMeta.set(this.#metaEnds);
    const positions = new Float64Array(size);
    positions.set(this.#positions);
    [this.#ends, this.#metaEnds, this.#positions] = [grown, grownMeta, positions];
  }

  #describe(cursor: RecordCursor): void {
    // Of a record all but its value may be said, each byte escaped.
    const most = (cursor.keyEnd - Math.max(0, cursor.keyStart)) * MOST_ESCAPED;
    this.#need(this.#prefix.length + META_BYTES + Math.max(0, most));
    this.#put(this.#prefix);
    this.#putTime(cursor.timeMs);
    if (cursor.keyStart >= 0) {
      this.#put(KEY);
      this.#putText(cursor.bytes, cursor.keyStart, cursor.keyEnd);
    }
    if (cursor.headers > 0) this.#putHeaders(cursor);
    this.#meta[this.#metaLength++] = 0x7d;
  }

  #putHeaders(cursor: RecordCursor): void {
    this.#put(HEADERS);
    for (let i = 0; i < cursor.headers; i++) {
      cursor.header();
      const { nameStart, nameEnd, headerStart, headerEnd } = cursor;
      this.#need((headerEnd - nameStart) * MOST_ESCAPED + META_BYTES);
      if (i > 0) this.#meta[this.#metaLength++] = 0x2c;
      this.#putText(cursor.bytes, nameStart, nameEnd);
      this.#meta[this.#metaLength++] = 0x3a;
      if (headerStart < 0) this.#metaLength += this.#meta.write('null', this.#metaLength, 'latin1');
      else this.#putText(cursor.bytes, headerStart, headerEnd);
    }
    this.#meta[this.#metaLength++] = 0x7d;
  }

  #need(bytes: number): void {
    if (this.#metaLength + bytes <= this.#meta.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#meta.length * 2, this.#metaLength + bytes));
    this.#meta.copy(grown, 0, 0, this.#metaLength);
    this.#meta = grown;
  }

  #put(bytes: Buffer): void {
    this.#meta.set(bytes, this.#metaLength);
    this.#metaLength += bytes.length;
  }

  /** In RFC 3339, and a quote. Times that no calendar has (-1: there is none) are those of 1970. */
  #putTime(timeMs: number): void {
    const ms = timeMs >= 0 && timeMs < 253_402_300_800_000 ? timeMs : 0;
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#secondText.write(new Date(second * 1000).toISOString(), 'latin1');
      this.#second = second;
    }
    this.#put(this.#secondText);
    const rest = ms - second * 1000;
    const meta = this.#meta;
    let at = this.#metaLength;
    meta[at++] = 0x30 + Math.floor(rest / 100);
    meta[at++] = 0x30 + (Math.floor(rest / 10) % 10);
    meta[at++] = 0x30 + (rest % 10);
    meta[at++] = 0x5a;
    meta[at++] = QUOTE;
    this.#metaLength = at;
  }

  /** A JSON string of bytes; where they are no UTF-8, with replacement characters. */
  #putText(bytes: Buffer, start: number, end: number): void {
    const meta = this.#meta;
    let to = this.#metaLength;
    meta[to++] = QUOTE;
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < SPACE || byte >= DEL || byte === QUOTE || byte === BACKSLASH) break;
      meta[to++] = byte;
    }
    if (at < end) {
      this.#putEscaped(bytes, start, end);
    } else {
      meta[to++] = QUOTE;
      this.#metaLength = to;
    }
  }

  #putEscaped(bytes: Buffer, start: number, end: number): void {
    this.#metaLength += this.#meta.write(
      JSON.stringify(bytes.toString('utf8', start, end)),
      this.#metaLength,
    );
  }
}
