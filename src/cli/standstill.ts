import { MillraceError } from '../base/errors.js';
import type { Current } from './admin-views.js';

type Job<T> = (at: Current, signal: AbortSignal) => Promise<T>;

interface Waiting {
  readonly run: Job<void>;
  readonly refuse: (reason: Error) => void;
}

/** What is done while the pipeline stands still at a checkpoint, between two runs of it, when nobody has the state folder. */
export class Standstill {
  readonly #onWanted: () => void;
  readonly #waiting: Waiting[] = [];

  /** @param onWanted lets what runs drain */
  constructor(onWanted: () => void) {
    this.#onWanted = onWanted;
  }

  /** Settles as the job does. Rejects with MillraceError `run_ended` where there is no standstill any more. */
  ask<T>(job: Job<T>): Promise<T> {
    return new Promise((resolve, refuse) => {
      const run: Job<void> = (at, signal) => job(at, signal).then(resolve, refuse);
      this.#waiting.push({ run, refuse });
      this.#onWanted();
    });
  }

  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  async serve(at: Current, signal: AbortSignal): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next.run(at, signal);
  }

  /** The pipeline does not go on. */
  end(): void {
    const reason = new MillraceError('run_ended', 'the pipeline has ended before: nothing was changed', {
      blame: 'external',
    });
    for (const { refuse } of this.#waiting.splice(0)) refuse(reason);
  }
}
