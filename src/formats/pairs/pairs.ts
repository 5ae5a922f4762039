const FIRST_CAPACITY = 64;

/** Extents of keys and values in the arena, in the order in which a record has them; filled again for each record. */
export class Pairs {
  count = 0;
  keyStarts = new Int32Array(FIRST_CAPACITY);
  keyEnds = new Int32Array(FIRST_CAPACITY);
  valueStarts = new Int32Array(FIRST_CAPACITY);
  valueEnds = new Int32Array(FIRST_CAPACITY);
  /** What stands for the value, in the terms of the parser. */
  kinds = new Uint8Array(FIRST_CAPACITY);
  readonly #seen = new KeySet();

  clear(): void {
    this.count = 0;
  }

  add(keyStart: number, keyEnd: number, kind: number, valueStart: number, valueEnd: number): void {
    const pair = this.count++;
    if (pair === this.keyStarts.length) this.#grow();
    this.keyStarts[pair] = keyStart;
    this.keyEnds[pair] = keyEnd;
    this.kinds[pair] = kind;
    this.valueStarts[pair] = valueStart;
    this.valueEnds[pair] = valueEnd;
  }

  /** Of the pairs from `from` up to `to` with the same key, only the last keeps it: the others' keys become empty. */
  dropRepeated(bytes: Uint8Array, from = 0, to = this.count): void {
    this.#seen.clear(to - from);
    for (let pair = to - 1; pair >= from; pair--) {
      const isNew = this.#seen.add(bytes, this.keyStarts[pair]!, this.keyEnds[pair]!);
      if (!isNew) this.keyEnds[pair] = this.keyStarts[pair]!;
    }
  }

  #grow(): void {
    this.keyStarts = twice(this.keyStarts);
    this.keyEnds = twice(this.keyEnds);
    this.valueStarts = twice(this.valueStarts);
    this.valueEnds = twice(this.valueEnds);
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }
}

/** A set of texts in the arena, by open addressing, so that a record of very many keys takes no more than linear time. */
class KeySet {
  #starts = new Int32Array(FIRST_CAPACITY * 2);
  #ends = new Int32Array(FIRST_CAPACITY * 2);
  #mask = FIRST_CAPACITY * 2 - 1;

  /** Empties the set and makes room for so many texts. */
  clear(capacity: number): void {
    let size = FIRST_CAPACITY * 2;
    while (size < capacity * 2) size *= 2;
    if (size > this.#starts.length) {
      this.#starts = new Int32Array(size);
      this.#ends = new Int32Array(size);
    }
    size = 8;
    while (size < capacity * 2) size *= 2;
    this.#mask = size - 1;
    this.#ends.fill(0, 0, size);
  }

  /** False when the text was there before. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const other = this.#starts[slot]!;
      const otherEnd = this.#ends[slot]!;
      if (otherEnd === 0) {
        this.#starts[slot] = start;
        this.#ends[slot] = end;
        return true;
      }
      if (otherEnd - other !== end - start) continue;
      let i = 0;
      while (i < end - start && bytes[other + i] === bytes[start + i]) i++;
      if (i === end - start) return false;
    }
  }
}

function twice(old: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(old.length * 2);
  grown.set(old);
  return grown;
}
