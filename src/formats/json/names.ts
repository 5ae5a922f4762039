import type { Arena } from '../../batch/index.js';

const GROUPS = 64;
const utf8 = new TextEncoder();

/** A table of key names that the kernels look keys up in; `slots[i]` is the name of slot i. */
export class NameTable {
  readonly slots: readonly string[];
  readonly #heads = new Int32Array(GROUPS).fill(-1);
  readonly #texts: readonly Uint8Array[];

  constructor(names: Iterable<string>) {
    const entries = Array.from(names, (name) => ({ name, text: utf8.encode(name) }));
    entries.sort((a, b) => groupOf(a.text) - groupOf(b.text));
    this.slots = entries.map((entry) => entry.name);
    this.#texts = entries.map((entry) => entry.text);
    for (let slot = entries.length - 1; slot >= 0; slot--) this.#heads[groupOf(this.#texts[slot]!)] = slot;
  }

  /** Bytes that `place` needs. */
  get size(): number {
    let size = (GROUPS + (this.slots.length + 1) * 2) * 4;
    for (const text of this.#texts) size += text.length;
    return size;
  }

  /** Writes the table, in the layout of the kernel's `slotOf`, to `address`, which is a multiple of four. */
  place(arena: Arena, address: number): void {
    const words = arena.words;
    let word = address >> 2;
    words.set(this.#heads, word);
    word += GROUPS;
    let text = address + (GROUPS + (this.slots.length + 1) * 2) * 4;
    for (const bytes of this.#texts) {
      words[word++] = text;
      words[word++] = bytes.length;
      arena.bytes.set(bytes, text);
      text += bytes.length;
    }
    words[word++] = 0;
    words[word] = -1;
  }
}

function groupOf(text: Uint8Array): number {
  return Math.min(text.length, GROUPS - 1);
}
