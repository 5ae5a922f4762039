import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '#component';
import { kafkaError } from './errors.js';

const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 5000;

/** Pauses between tries: they double, with some chance in them, up to five seconds. */
export class Pauses {
  readonly #random = new Random(randomInt(2 ** 32));
  #nextMs = FIRST_PAUSE_MS;

  reset(): void {
    this.#nextMs = FIRST_PAUSE_MS;
  }

  /** Rejects when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs * (0.5 + this.#random.share());
    this.#nextMs = Math.min(MOST_PAUSE_MS, this.#nextMs * 2);
    await sleep(ms, undefined, { signal });
  }
}

/** Tries until it works, as long as trying again can help. */
export async function persist<T>(
  doing: string,
  signal: AbortSignal,
  work: () => Promise<T>,
  onRetry: (error: Error) => void = () => {},
): Promise<T> {
  const pauses = new Pauses();
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = kafkaError(doing, thrown);
      if (!error.retryable) throw error;
      onRetry(error);
      await pauses.wait(signal);
    }
  }
}
