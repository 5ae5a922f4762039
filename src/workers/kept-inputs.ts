import { roundUp } from './outputs.js';
import type { TripInput } from './trip.js';

/**
 * Copies the inputs of trips: the copy goes to the thread, by transfer, and the original outlives the thread. An original
 * whose trip has been made takes the next copy, so that a steady pipeline allocates nothing.
 */
export class KeptInputs {
  readonly #free: ArrayBuffer[] = [];
  readonly #most: number;

  /** @param most how many buffers are kept for copies */
  constructor(most: number) {
    this.#most = most;
  }

  copy(input: TripInput): TripInput {
    return copyInput(input, (size) => this.#take(size));
  }

  /** Takes an original that nobody needs any more; false when there are enough. */
  add(buffer: ArrayBuffer): boolean {
    if (this.#free.length === this.#most) return false;
    this.#free.push(buffer);
    return true;
  }

  #take(size: number): ArrayBuffer {
    const at = this.#free.findIndex(({ byteLength }) => byteLength === size);
    // Sizes change with what is read: a buffer that does not fit makes room for one that will.
    if (at < 0 && this.#free.length === this.#most) this.#free.shift();
    return at < 0 ? new ArrayBuffer(size) : this.#free.splice(at, 1)[0]!;
  }
}

/** The same input in a buffer of its own. */
export function copyInput(
  input: TripInput,
  take: (size: number) => ArrayBuffer = (size) => new ArrayBuffer(size),
): TripInput {
  if (input.kind === 'batch') {
    const { buffer, meta } = input.batch;
    const copy = take(buffer.byteLength);
    new Uint8Array(copy).set(new Uint8Array(buffer, 0, meta.byteLength));
    return { ...input, batch: { buffer: copy, meta } };
  }
  const { buffer, byteOffset, messages } = input;
  const meta = messages?.meta;
  const length = meta ? meta.byteOffset + meta.length - byteOffset : input.length;
  // A small part of a chunk does not need a buffer as large as the chunk's.
  const copy = take(length * 2 > buffer.byteLength ? buffer.byteLength : roundUp(length));
  new Uint8Array(copy).set(new Uint8Array(buffer, byteOffset, length));
  const moved = { ...input, buffer: copy, byteOffset: 0 };
  if (!meta) return moved;
  return { ...moved, messages: { ...messages, meta: { ...meta, byteOffset: meta.byteOffset - byteOffset } } };
}
