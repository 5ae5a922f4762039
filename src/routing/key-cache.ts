import { murmur3 } from '../base/hash.js';

const SLOTS = 4096;
/** Longer keys are not kept. */
const KEY_BYTES = 64;
const EMPTY = -1;

/** Remembers what was found for the last keys: each has one slot, which a later key with the same slot takes. */
export class KeyCache {
  readonly #bytes = new Uint8Array(SLOTS * KEY_BYTES);
  readonly #lengths = new Int32Array(SLOTS).fill(EMPTY);
  readonly #found = new Int32Array(SLOTS);

  slotOf(bytes: Uint8Array, start: number, end: number): number {
    return murmur3(bytes, start, end, 0) & (SLOTS - 1);
  }

  /** What was found for this key, or -1. */
  get(slot: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.#lengths[slot] !== end - start) return -1;
    let own = slot * KEY_BYTES;
    for (let at = start; at < end; at++) if (bytes[at] !== this.#bytes[own++]) return -1;
    return this.#found[slot]!;
  }

  set(slot: number, bytes: Uint8Array, start: number, end: number, found: number): void {
    if (end - start > KEY_BYTES) return;
    this.#lengths[slot] = end - start;
    this.#found[slot] = found;
    let own = slot * KEY_BYTES;
    for (let at = start; at < end; at++) this.#bytes[own++] = bytes[at]!;
  }

  clear(): void {
    this.#lengths.fill(EMPTY);
  }
}
