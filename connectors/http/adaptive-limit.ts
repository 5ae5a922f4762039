/** By what the limit is multiplied when the receiver is overloaded. */
const DECREASE = 0.5;
const FIRST_LIMIT = 4;

/**
 * How many requests may be under way: one more after as many successes as there are, half as many when the receiver says that
 * it is overloaded. This is AIMD (Chiu and Jain, 1989), as TCP has it.
 */
export class AdaptiveLimit {
  readonly #max: number;
  #limit: number;
  #underWay = 0;
  /** Of requests that began before the last decrease, no other answer counts: they say the same again. */
  #period = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
    this.#limit = Math.min(FIRST_LIMIT, max);
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Resolves when a request may begin, to what `end` wants to have. */
  async begin(): Promise<number> {
    while (this.#underWay >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#underWay++;
    return this.#period;
  }

  end(period: number, outcome: 'well' | 'overloaded' | 'other'): void {
    const isFull = this.#underWay >= this.limit;
    this.#underWay--;
    if (outcome === 'overloaded' && period === this.#period) {
      this.#limit = Math.max(1, this.#limit * DECREASE);
      this.#period++;
    } else if (outcome === 'well' && isFull) {
      this.#limit = Math.min(this.#max, this.#limit + 1 / this.#limit);
    }
    for (const go of this.#waiting.splice(0, Math.max(0, this.limit - this.#underWay))) go();
  }
}
