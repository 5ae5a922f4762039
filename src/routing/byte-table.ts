import { murmur3 } from '../base/hash.js';

/**
 * Texts, numbered from 0 in the order of their first appearance, and found by their bytes: open addressing, made once
 * and then only asked.
 */
export class ByteTable {
  /** How many different texts it has. */
  readonly size: number;
  readonly #bytes: Uint8Array;
  /** Text n lies between starts[n] and starts[n + 1] of the bytes. */
  readonly #starts: Int32Array;
  /** For each slot one more than a text's number; 0 is free. At most half of them are taken. */
  readonly #slots: Int32Array;
  readonly #numbers = new Map<string, number>();

  constructor(texts: Iterable<string>) {
    for (const text of texts) if (!this.#numbers.has(text)) this.#numbers.set(text, this.#numbers.size);
    this.size = this.#numbers.size;
    const encoded = [...this.#numbers.keys()].map((text) => Buffer.from(text));
    this.#bytes = Buffer.concat(encoded);
    this.#starts = new Int32Array(this.size + 1);
    for (const [n, { length }] of encoded.entries()) this.#starts[n + 1] = this.#starts[n]! + length;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * this.size + 2)));
    for (let n = 0; n < this.size; n++) this.#insert(n);
  }

  /** The number of a text that it was made with. */
  numberOf(text: string): number {
    return this.#numbers.get(text)!;
  }

  /** The number of the text that is bytes[start .. end), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = murmur3(bytes, start, end, 0) & mask; ; slot = (slot + 1) & mask) {
      const n = this.#slots[slot]! - 1;
      if (n < 0 || this.#isEqual(n, bytes, start, end)) return n;
    }
  }

  #insert(n: number): void {
    const mask = this.#slots.length - 1;
    let slot = murmur3(this.#bytes, this.#starts[n]!, this.#starts[n + 1]!, 0) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = n + 1;
  }

  #isEqual(n: number, bytes: Uint8Array, start: number, end: number): boolean {
    let own = this.#starts[n]!;
    if (this.#starts[n + 1]! - own !== end - start) return false;
    for (let at = start; at < end; at++) if (bytes[at] !== this.#bytes[own++]) return false;
    return true;
  }
}
