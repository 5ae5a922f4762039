/** What a part of a run does with its time. `credit` is room in the queues behind it. */
export type TimeState = 'working' | 'input' | 'credit';

/** In milliseconds, all together the time since it began. */
export type TimeTotals = Readonly<Record<TimeState, number>>;

/** Keeps account of the time of one part: a few numbers, written when its state changes. */
export class TimeUse {
  readonly #now: () => number;
  readonly #totals: Record<TimeState, number> = { working: 0, input: 0, credit: 0 };
  #state: TimeState | undefined;
  #sinceMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param state undefined when it has ended */
  enter(state: TimeState | undefined): void {
    if (state === this.#state) return;
    const nowMs = this.#now();
    if (this.#state) this.#totals[this.#state] += nowMs - this.#sinceMs;
    this.#state = state;
    this.#sinceMs = nowMs;
  }

  totals(): TimeTotals {
    const totals = { ...this.#totals };
    if (this.#state) totals[this.#state] += this.#now() - this.#sinceMs;
    return totals;
  }
}
