import type { Clock } from '../base/clock.js';
import type { Random } from '../base/random.js';

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface CircuitBreakerOptions {
  /** After how many failures in a row it opens. */
  readonly failures: number;
  /** The longest first pause; each that follows without a success between them may be twice as long. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: (state: BreakerState) => void;
}

/**
 * Keeps calls away from a system that is down (the "circuit breaker" of Michael Nygard's "Release It!"). Closed, it lets
 * all calls through; open, none; when its pause is over it is half open and lets a single one through, whose outcome
 * closes it or opens it again. Who was let in by `tryEnter` says how it went: `succeeded`, `failed` or `cancelled`.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: BreakerState = 'closed';
  #failuresInRow = 0;
  #pausesInRow = 0;
  #opensAgainAtMs = 0;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  /** How long no call will be let through; 0 unless it is open. */
  get pauseMs(): number {
    if (this.#state !== 'open') return 0;
    return Math.max(0, this.#opensAgainAtMs - this.#options.clock.nowMs());
  }

  /** Whether a call may be made now. */
  tryEnter(): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'half_open' || this.pauseMs > 0) return false;
    this.#become('half_open');
    return true;
  }

  succeeded(): void {
    this.#failuresInRow = 0;
    this.#pausesInRow = 0;
    if (this.#state === 'half_open') this.#become('closed');
  }

  failed(): void {
    this.#failuresInRow++;
    if (this.#state === 'open') return;
    if (this.#state === 'closed' && this.#failuresInRow < this.#options.failures) return;
    const { clock, random, pauseMs, maxPauseMs } = this.#options;
    const longestMs = Math.min(maxPauseMs, pauseMs * 2 ** this.#pausesInRow++);
    this.#opensAgainAtMs = clock.nowMs() + longestMs * (0.5 + random.share() / 2);
    this.#become('open');
  }

  /** The call was broken off, which says nothing about the system: the next one may try. */
  cancelled(): void {
    if (this.#state === 'half_open') this.#become('open');
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#options.onChange(state);
  }
}
