const FIRST_CAPACITY = 64;
/** Keys of records with more pairs are hashed in full, so that none is slow, whatever its keys. */
const MANY_PAIRS = 64;
const NONE = -1;

/** Extents of keys and values in the arena, in the order in which a record has them; filled again for each record. */
export class Pairs {
  count = 0;
  /** A key of length 0 is that of a pair that counts no more. */
  keyStarts = new Int32Array(FIRST_CAPACITY);
  keyEnds = new Int32Array(FIRST_CAPACITY);
  valueStarts = new Int32Array(FIRST_CAPACITY);
  valueEnds = new Int32Array(FIRST_CAPACITY);
  /** What stands for the value, in the terms of the parser. */
  kinds = new Uint8Array(FIRST_CAPACITY);
  /** After `linkRepeated`: the next pair with the same key, or -1. */
  next = new Int32Array(FIRST_CAPACITY);
  #last = new Int32Array(FIRST_CAPACITY);
  /** A hash table with open addressing: pairs plus one, 0 where it is empty. */
  #slots = new Int32Array(FIRST_CAPACITY * 2);
  #mask = 0;

  clear(): void {
    this.count = 0;
  }

  /** Returns the pair's number. */
  add(keyStart: number, keyEnd: number, kind: number, valueStart: number, valueEnd: number): number {
    const pair = this.count++;
    if (pair === this.keyStarts.length) this.#grow();
    this.keyStarts[pair] = keyStart;
    this.keyEnds[pair] = keyEnd;
    this.kinds[pair] = kind;
    this.valueStarts[pair] = valueStart;
    this.valueEnds[pair] = valueEnd;
    return pair;
  }

  /** Of the pairs from `from` up to `to` with the same key, only the last keeps it. Returns whether there were any. */
  dropRepeated(bytes: Uint8Array, from = 0, to = this.count): boolean {
    this.#clearSlots(to - from);
    let dropped = false;
    for (let pair = to - 1; pair >= from; pair--) {
      if (this.#find(bytes, pair) === NONE) continue;
      this.keyEnds[pair] = this.keyStarts[pair]!;
      dropped = true;
    }
    return dropped;
  }

  /** Of pairs with the same key, only the first keeps it, and `next` leads to the others. */
  linkRepeated(bytes: Uint8Array): void {
    this.#clearSlots(this.count);
    for (let pair = 0; pair < this.count; pair++) {
      this.next[pair] = NONE;
      this.#last[pair] = pair;
      const first = this.#find(bytes, pair);
      if (first === NONE) continue;
      this.next[this.#last[first]!] = pair;
      this.#last[first] = pair;
      this.keyEnds[pair] = this.keyStarts[pair]!;
    }
  }

  /** The last pair with this key, or -1. */
  findLast(bytes: Uint8Array, key: Uint8Array): number {
    for (let pair = this.count - 1; pair >= 0; pair--) {
      const start = this.keyStarts[pair]!;
      if (this.keyEnds[pair]! - start !== key.length) continue;
      let i = 0;
      while (i < key.length && bytes[start + i] === key[i]) i++;
      if (i === key.length) return pair;
    }
    return NONE;
  }

  #clearSlots(pairs: number): void {
    let size = 8;
    while (size < pairs * 2) size *= 2;
    if (size > this.#slots.length) this.#slots = new Int32Array(size);
    else this.#slots.fill(0, 0, size);
    this.#mask = size - 1;
  }

  /** The pair with the same key that was given before, or -1; then this one is kept. */
  #find(bytes: Uint8Array, pair: number): number {
    const start = this.keyStarts[pair]!;
    const length = this.keyEnds[pair]! - start;
    if (length === 0) return NONE;
    let hash =
      length * 7 + bytes[start]! * 31 + bytes[start + length - 1]! * 17 + bytes[start + (length >> 1)]!;
    if (this.count > MANY_PAIRS) {
      for (let i = 0; i < length; i++) hash = (Math.imul(hash, 0x01000193) ^ bytes[start + i]!) | 0;
    }
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const other = this.#slots[slot]! - 1;
      if (other === NONE) {
        this.#slots[slot] = pair + 1;
        return NONE;
      }
      const otherStart = this.keyStarts[other]!;
      if (this.keyEnds[other]! - otherStart !== length) continue;
      let i = 0;
      while (i < length && bytes[otherStart + i] === bytes[start + i]) i++;
      if (i === length) return other;
    }
  }

  #grow(): void {
    this.keyStarts = twice(this.keyStarts);
    this.keyEnds = twice(this.keyEnds);
    this.valueStarts = twice(this.valueStarts);
    this.valueEnds = twice(this.valueEnds);
    this.next = twice(this.next);
    this.#last = twice(this.#last);
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }
}

function twice(old: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(old.length * 2);
  grown.set(old);
  return grown;
}
