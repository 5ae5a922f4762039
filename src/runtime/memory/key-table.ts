/** The bytes of one remembered key where it is stored: two words of its hash, and a 64-bit float, milliseconds. */
export const ENTRY_BYTES = 16;

const SMALLEST = 1024;
const NONE = -1;

/**
 * Remembers a time for each key, of the `maxKeys` keys that were changed last. Keys are hashes of 64 bits: a hash table with
 * linear probing leads to slots, which are linked in the order of their last change. It grows as keys come, to about 40 bytes for
 * each.
 */
export class KeyTable {
  readonly #maxKeys: number;
  #capacity = 0;
  #size = 0;
  /** Slots by hash, or NONE; twice as many as there are slots. */
  #table = new Int32Array(0);
  #keys = new Int32Array(0);
  #untilMs = new Float64Array(0);
  /** The slots that were changed before and after a slot. */
  #older = new Int32Array(0);
  #newer = new Int32Array(0);
  /** The epoch of the last change. */
  #changedIn = new Uint32Array(0);
  #newest = NONE;
  #oldest = NONE;
  /** Slots that are free again, linked by #older. */
  #freed = NONE;
  #epoch = 1;
  /** What the last search found: the place in the table. */
  #place = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
    this.#grow();
  }

  get size(): number {
    return this.#size;
  }

  /** The slot of a key, or -1. A `put` of the same key may follow. */
  find(low: number, high: number): number {
    const table = this.#table;
    const keys = this.#keys;
    const mask = table.length - 1;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const slot = table[place]!;
      if (slot === NONE || (keys[2 * slot] === low && keys[2 * slot + 1] === high)) {
        this.#place = place;
        return slot;
      }
    }
  }

  untilOf(slot: number): number {
    return this.#untilMs[slot]!;
  }

  /**
   * Remembers a time, after `find` has given the `slot`.
   * @returns the time of a key that had to be forgotten for it, or -Infinity
   */
  put(slot: number, low: number, high: number, untilMs: number): number {
    let forgottenMs = Number.NEGATIVE_INFINITY;
    if (slot !== NONE) {
      this.#untilMs[slot] = untilMs;
      this.#unlink(slot);
      this.#link(slot);
      return forgottenMs;
    }
    if (this.#size === this.#capacity) {
      if (this.#capacity < this.#maxKeys) this.#grow();
      else {
        forgottenMs = this.oldestUntilMs;
        this.forgetOldest();
      }
      this.find(low, high);
    }
    this.#insert(low, high, untilMs);
    return forgottenMs;
  }

  /** Until when the key matters whose last change is the oldest; Infinity where there is none. */
  get oldestUntilMs(): number {
    return this.#oldest === NONE ? Number.POSITIVE_INFINITY : this.#untilMs[this.#oldest]!;
  }

  forgetOldest(): void {
    const slot = this.#oldest;
    this.find(this.#keys[2 * slot]!, this.#keys[2 * slot + 1]!);
    this.#clear(this.#place);
    this.#unlink(slot);
    this.#older[slot] = this.#freed;
    this.#freed = slot;
    this.#size--;
  }

  /** From now on, changes are new ones. */
  beginEpoch(): void {
    this.#epoch++;
  }

  /** How many keys were changed since the last epoch began. */
  get changes(): number {
    let count = 0;
    for (let slot = this.#newest; this.#isChanged(slot); slot = this.#older[slot]!) count++;
    return count;
  }

  /** The `count` keys that were changed last, in the order of their changes, in ENTRY_BYTES each. */
  newest(count: number): Uint8Array {
    const words = new Int32Array(count * 4);
    const times = new Float64Array(words.buffer);
    let slot = this.#newest;
    for (let i = count - 1; i >= 0; i--) {
      words[4 * i] = this.#keys[2 * slot]!;
      words[4 * i + 1] = this.#keys[2 * slot + 1]!;
      times[2 * i + 1] = this.#untilMs[slot]!;
      slot = this.#older[slot]!;
    }
    return new Uint8Array(words.buffer);
  }

  /** Makes these changes again. `entries` come from `newest`. */
  replay(entries: Uint8Array): void {
    const copy = new Uint8Array(entries).buffer;
    const words = new Int32Array(copy);
    const times = new Float64Array(copy);
    for (let at = 0; at < words.length; at += 4) {
      const [low, high] = [words[at]!, words[at + 1]!];
      this.put(this.find(low, high), low, high, times[at / 2 + 1]!);
    }
  }

  #isChanged(slot: number): boolean {
    return slot !== NONE && this.#changedIn[slot] === this.#epoch;
  }

  /** At the place where `find` has found none. */
  #insert(low: number, high: number, untilMs: number): void {
    let slot = this.#size;
    if (this.#freed !== NONE) {
      slot = this.#freed;
      this.#freed = this.#older[slot]!;
    }
    this.#table[this.#place] = slot;
    this.#keys[2 * slot] = low;
    this.#keys[2 * slot + 1] = high;
    this.#untilMs[slot] = untilMs;
    this.#size++;
    this.#link(slot);
  }

  #link(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
    this.#changedIn[slot] = this.#epoch;
  }

  #unlink(slot: number): void {
    const [older, newer] = [this.#older[slot]!, this.#newer[slot]!];
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  /** Empties a place of the table, and moves those back that had to go on behind it (Knuth, volume 3, 6.4, algorithm R). */
  #clear(place: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let empty = place;
    for (let at = (place + 1) & mask; table[at] !== NONE; at = (at + 1) & mask) {
      const home = this.#keys[2 * table[at]!]! & mask;
      if (((at - home) & mask) < ((at - empty) & mask)) continue;
      table[empty] = table[at]!;
      empty = at;
    }
    table[empty] = NONE;
  }

  #grow(): void {
    const capacity = Math.min(Math.max(2 * this.#capacity, SMALLEST), this.#maxKeys);
    this.#keys = grown(this.#keys, new Int32Array(2 * capacity));
    this.#untilMs = grown(this.#untilMs, new Float64Array(capacity));
    this.#older = grown(this.#older, new Int32Array(capacity));
    this.#newer = grown(this.#newer, new Int32Array(capacity));
    this.#changedIn = grown(this.#changedIn, new Uint32Array(capacity));
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity))).fill(NONE);
    this.#capacity = capacity;
    for (let slot = this.#oldest; slot !== NONE; slot = this.#newer[slot]!) {
      this.find(this.#keys[2 * slot]!, this.#keys[2 * slot + 1]!);
      this.#table[this.#place] = slot;
    }
  }
}

function grown<T extends Int32Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
