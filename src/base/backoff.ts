import type { Random } from './random.js';

export interface Backoff {
  /** The bound after the first failure. It doubles with each further one. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/**
 * How long to wait after the n-th failure: anything up to a bound that doubles. This is the "full jitter" of "Exponential
 * Backoff and Jitter" (Marc Brooker, AWS Architecture Blog, 2015): many that fail together do not come back together.
 */
export function backoffMs(failures: number, { backoffMs, maxBackoffMs }: Backoff, random: Random): number {
  return random.share() * Math.min(maxBackoffMs, backoffMs * 2 ** (failures - 1));
}
