/** The number of the set without consumers: nobody was bound to such records. */
export const NOBODY = 0;

/** So many sets are kept from batch to batch. */
export const MOST_SETS = 16_384;

/** Sets of consumers, each kept once and known by a small number. */
export class ConsumerSets {
  readonly #numbers = new Map<string, number>();
  readonly #sets: Int32Array[] = [];

  constructor() {
    this.numberOf([]);
  }

  get size(): number {
    return this.#sets.length;
  }

  /** The number of the set that has these consumers, in whatever order and however often. */
  numberOf(consumers: Iterable<number>): number {
    const set = Int32Array.from(new Set(consumers)).sort();
    const key = set.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#sets.length);
    return this.#sets.push(set) - 1;
  }

  /** The consumers of set `number`, ascending. */
  of(number: number): Int32Array {
    return this.#sets[number]!;
  }

  /** Forgets all sets but that without consumers. */
  clear(): void {
    this.#numbers.clear();
    this.#sets.length = 0;
    this.numberOf([]);
  }
}
