import { roundUp } from '../workers/index.js';

/** Lends buffers and takes them back. Sizes are powers of two; what exceeds `maxIdleBytes` is left to the collector. */
export class BufferPool {
  readonly #idle = new Map<number, ArrayBuffer[]>();
  readonly #maxIdleBytes: number;
  #idleBytes = 0;

  constructor(maxIdleBytes: number) {
    this.#maxIdleBytes = maxIdleBytes;
  }

  /** A buffer of at least `bytes`, with whatever its last user left in it. */
  take(bytes: number): ArrayBuffer {
    const size = roundUp(bytes);
    const buffer = this.#idle.get(size)?.pop();
    if (!buffer) return new ArrayBuffer(size);
    this.#idleBytes -= size;
    return buffer;
  }

  /** Gives a buffer back. Buffers of other sizes, such as a dead letter's, are not kept. */
  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength;
    if (size === 0 || size !== roundUp(size) || this.#idleBytes + size > this.#maxIdleBytes) return;
    this.#idleBytes += size;
    const idle = this.#idle.get(size);
    if (idle) idle.push(buffer);
    else this.#idle.set(size, [buffer]);
  }
}
