/** A seeded stream of random numbers: sfc32 of PractRand (Chris Doty-Humphrey), which passes its tests. */
export class Random {
  #a = 0;
  #b = 0;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#c = seed | 0;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** True once in `times` draws. */
  onceIn(times: number): boolean {
    return this.below(times) === 0;
  }
}

/** A list in which each value stands as often as its weight says, for `pick`. */
export function weighted<T>(...values: readonly (readonly [weight: number, value: T])[]): T[] {
  return values.flatMap(([weight, value]) => Array.from({ length: weight }, () => value));
}
