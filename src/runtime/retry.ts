import { backoffMs } from '../base/backoff.js';
import type { Clock } from '../base/clock.js';
import { MillraceError } from '../base/errors.js';
import type { Random } from '../base/random.js';
import type { RetryConfig } from '../plan/index.js';

export interface RetryOptions {
  readonly limits: RetryConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** The least time that has to pass from now on before the next attempt, whatever the backoff says. */
  readonly pauseMs?: () => number;
  /** An attempt has failed, and the next one comes after `waitMs`. Attempts count from 1. */
  readonly onRetry?: (error: MillraceError, attempt: number, waitMs: number) => void;
}

/**
 * Tries until it succeeds or a limit is reached. Only an error that says of itself that trying again can help is
 * followed by another attempt.
 * @throws the last error; the signal's reason once it aborts, which ends a wait at once
 */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  const { limits, clock, random, pauseMs, onRetry } = options;
  const deadlineMs = clock.nowMs() + (limits.maxElapsedMs ?? Infinity);
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRetryable(error) || attempt >= limits.attempts) throw error;
      const waitMs = Math.max(backoffMs(attempt, limits, random), pauseMs?.() ?? 0);
      if (clock.nowMs() + waitMs > deadlineMs) throw error;
      onRetry?.(error, attempt, waitMs);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** Whether an error says that trying again can help. */
export function isRetryable(error: unknown): error is MillraceError {
  return error instanceof MillraceError && error.retryable;
}
