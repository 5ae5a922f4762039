import type { InputParts } from './input-parts.js';
import type { TripInput, TripResult } from './trip.js';
import { TripFailed } from './trip-failed.js';

/**
 * Makes a trip in parts, to find the records with which it cannot be made: halves of what failed are tried until
 * a record is alone, and one that fails alone is given up. All others are in the results, once and in their order.
 */
export class Bisection {
  readonly #parts: InputParts;
  readonly #tryPart: (input: TripInput, isLast: boolean) => Promise<TripResult>;
  readonly #results: TripResult[] = [];

  /** @param tryPart makes the trip of a part; `isLast` when the verdict on its only record depends on it */
  constructor(parts: InputParts, tryPart: (input: TripInput, isLast: boolean) => Promise<TripResult>) {
    this.#parts = parts;
    this.#tryPart = tryPart;
  }

  /**
   * @param tries how often the whole has been tried
   * @param failure why it failed the last time
   */
  async run(tries: number, failure: TripFailed): Promise<readonly TripResult[]> {
    const { count } = this.#parts;
    if (count > 0) await this.#divide(0, count, tries, failure);
    return this.#results;
  }

  /** Where it is known which record is to blame, that one is tried alone; else it is looked for. */
  async #divide(from: number, to: number, tries: number, failure: TripFailed): Promise<void> {
    const row = failure.offset === undefined ? -1 : this.#parts.rowAt(failure.offset);
    if (row >= from && row < to) {
      if (row > from) await this.#try(from, row, tries);
      if (!this.#isStopped) await this.#tryRecord(row, tries);
      if (row + 1 < to && !this.#isStopped) await this.#try(row + 1, to, tries);
    } else if (to - from === 1) {
      await this.#tryRecord(from, tries);
    } else {
      await this.#halve(from, to, tries);
    }
  }

  /** Makes the trips of the halves of something that failed. Stops where a result says so. */
  async #halve(from: number, to: number, tries: number): Promise<void> {
    const middle = (from + to) >>> 1;
    const isWell = await this.#try(from, middle, tries);
    if (this.#isStopped) return;
    // Where nothing is wrong with the first half, the second must be what failed: trying it whole would only cost time.
    if (isWell && to - middle > 1) await this.#halve(middle, to, tries);
    else await this.#try(middle, to, tries);
  }

  async #try(from: number, to: number, tries: number): Promise<boolean> {
    if (to - from === 1) return await this.#tryRecord(from, tries);
    const failure = await this.#attempt(from, to, false);
    if (failure) await this.#divide(from, to, tries + 1, failure);
    return failure === undefined;
  }

  async #tryRecord(row: number, tries: number): Promise<boolean> {
    const failure = await this.#attempt(row, row + 1, true);
    if (failure) this.#results.push(this.#parts.refuse(row, failure, tries + 1));
    return failure === undefined;
  }

  async #attempt(from: number, to: number, isLast: boolean): Promise<TripFailed | undefined> {
    try {
      this.#results.push(await this.#tryPart(this.#parts.part(from, to), isLast));
      return undefined;
    } catch (error) {
      if (!(error instanceof TripFailed)) throw error;
      return error;
    }
  }

  get #isStopped(): boolean {
    return this.#results.at(-1)?.stoppedBy !== undefined;
  }
}

/** One result of the results of the parts of a trip, in the order of the parts. */
export function mergeResults(results: readonly TripResult[], counters: number): TripResult {
  const counts = new Float64Array(counters);
  const errors: Record<string, number> = {};
  for (const result of results) {
    for (const [at, count] of result.counts.entries()) counts[at]! += count;
    for (const [key, times] of Object.entries(result.errors)) errors[key] = (errors[key] ?? 0) + times;
  }
  return {
    outputs: results.flatMap(({ outputs }) => outputs),
    returned: results.flatMap(({ returned }) => returned),
    counts,
    errors,
    stoppedBy: results.at(-1)?.stoppedBy,
    samples: results.flatMap(({ samples = [] }) => samples),
  };
}
