import type { Partition } from '../batch/index.js';
import type { Chunk, Outlet } from './source.js';

const NEWLINE = 10;

/** Writes the messages of one chunk into a buffer that an outlet has lent. */
export class MessageWriter {
  readonly #buffer: ArrayBuffer;
  readonly #bytes: Buffer;
  readonly #ends: number[] = [];
  readonly #positions: number[] = [];
  readonly #metaTexts: string[] = [];
  readonly #metaEnds: number[] = [];
  #metaLength = 0;
  #hasMeta = false;

  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer;
    this.#bytes = Buffer.from(buffer);
  }

  /** Lends a buffer of the usual size, or of one in which this message finds room. */
  static async lend(outlet: Outlet, message: Uint8Array, meta?: string): Promise<MessageWriter> {
    const needed = message.length + 1 + (meta === undefined ? 0 : Buffer.byteLength(meta));
    return new MessageWriter(await outlet.lend(Math.max(outlet.batchBytes, needed)));
  }

  get count(): number {
    return this.#ends.length;
  }

  /** How many bytes of the buffer are free: a message takes one more than it has, and those of its meta. */
  get room(): number {
    return this.#buffer.byteLength - ((this.#ends.at(-1) ?? -1) + 1) - this.#metaLength;
  }

  /**
   * Copies a message; false where there is no room for it, then nothing has changed.
   * @param position in its partition
   * @param meta a JSON object as text, whose members become `meta.<name>`
   */
  add(message: Uint8Array, position: number, meta?: string): boolean {
    const metaBytes = meta === undefined ? 0 : Buffer.byteLength(meta);
    if (message.length + 1 + metaBytes > this.room) return false;
    const start = (this.#ends.at(-1) ?? -1) + 1;
    const end = start + message.length;
    this.#bytes.set(message, start);
    this.#bytes[end] = NEWLINE;
    this.#ends.push(end);
    this.#positions.push(position);
    this.#metaLength += metaBytes;
    this.#metaEnds.push(meta === undefined ? ~this.#metaLength : this.#metaLength);
    if (meta === undefined) return true;
    this.#metaTexts.push(meta);
    this.#hasMeta = true;
    return true;
  }

  /** The chunk. The writer is done with its buffer then. There must be a message. */
  chunk(partition: Partition, readAtMs: number): Chunk {
    const length = this.#ends.at(-1)! + 1;
    this.#bytes.write(this.#metaTexts.join(''), length);
    const meta = this.#hasMeta && {
      bytes: new Uint8Array(this.#buffer, length, this.#metaLength),
      ends: Int32Array.from(this.#metaEnds),
    };
    return {
      partition,
      bytes: new Uint8Array(this.#buffer, 0, length),
      offset: this.#positions[0]!,
      readAtMs,
      messages: {
        ends: Int32Array.from(this.#ends),
        positions: Float64Array.from(this.#positions),
        ...(meta && { meta }),
      },
    };
  }

  /** Where nothing was added that should go on. */
  get buffer(): ArrayBuffer {
    return this.#buffer;
  }
}

/** The lines, without their newlines. Behind the last newline there is no further one. */
export function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}
