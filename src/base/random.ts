/** Numbers that look random and are the same for the same seed: mulberry32 (Tommy Ettinger, 2017; public domain). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A generator that is made with it as its seed gives the numbers that would come next here. */
  get state(): number {
    return this.#state >>> 0;
  }

  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A number in [0, 1). */
  share(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.share() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** As `pick`, but the first values come far more often than the last, as with the pages of a site. */
  pickSkewed<T>(values: readonly T[]): T {
    const share = this.share();
    return values[Math.floor(share * share * share * values.length)]!;
  }
}

/** Each value as often as its weight says, to pick from. */
export function weighted<T>(...weights: readonly (readonly [times: number, value: T])[]): readonly T[] {
  return weights.flatMap(([times, value]) => new Array<T>(times).fill(value));
}
