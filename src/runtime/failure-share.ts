import { MillraceError } from '../base/errors.js';

/** How many of the last records are looked at, and how few are too few to judge by. */
const WINDOW = 10_000;
const LEAST = 1000;

/** Tells when more than a share of the last records of a chain has failed. */
export class FailureShare {
  readonly #maxShare: number;
  readonly #trips: { records: number; failed: number }[] = [];
  #records = 0;
  #failed = 0;

  constructor(maxShare: number) {
    this.#maxShare = maxShare;
  }

  /** Adds a trip. Returns the share when it is too high. */
  add(records: number, failed: number): number | undefined {
    this.#trips.push({ records, failed });
    this.#records += records;
    this.#failed += failed;
    while (this.#trips.length > 1 && this.#records - this.#trips[0]!.records >= WINDOW) {
      const oldest = this.#trips.shift()!;
      this.#records -= oldest.records;
      this.#failed -= oldest.failed;
    }
    const share = this.#failed / Math.max(1, this.#records);
    return this.#records >= LEAST && share > this.#maxShare ? share : undefined;
  }
}

/** The error with which a run ends then. */
export function tooManyFailures(share: number, maxShare: number, chain: string): MillraceError {
  const percent = (value: number) => `${Math.round(value * 1000) / 10} %`;
  const message = `${percent(share)} of the last records of "${chain}" failed, more than dead_letter.max_share (${percent(maxShare)}) allows; the dead letters say why`;
  return new MillraceError('too_many_failures', message, { blame: 'data' });
}
