import { MillraceError } from '../base/errors.js';

interface Waiter {
  readonly cost: number;
  granted(cost: number): void;
  refused(reason: unknown): void;
}

function misuse(message: string): MillraceError {
  return new MillraceError('credit_misused', message, { blame: 'internal' });
}

/**
 * The right to hold bytes. Whoever wants to hold some takes credit first and gives it back when they are gone, so
 * at any time `limit = free + used`. Requests are met in the order in which they came. A request costs
 * `min(bytes, limit)`: what is larger than the limit passes too, but alone.
 */
export class Credit {
  readonly limit: number;
  #free: number;
  readonly #waiters = new Set<Waiter>();
  #waitedMs = 0;
  /** Since when someone waits. */
  #waitingSinceMs = 0;
  #failure: { readonly reason: unknown } | undefined;

  /** @param limitBytes at least 1 */
  constructor(limitBytes: number) {
    if (!(limitBytes >= 1)) throw misuse(`a credit needs a limit of at least 1 byte, got ${limitBytes}`);
    this.limit = limitBytes;
    this.#free = limitBytes;
  }

  get free(): number {
    return this.#free;
  }

  get used(): number {
    return this.limit - this.#free;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** For how long in all at least one request has waited. */
  get waitedMs(): number {
    return this.#waitedMs + (this.#waiters.size > 0 ? performance.now() - this.#waitingSinceMs : 0);
  }

  /** Takes credit for `bytes` if there is room and nobody waits. Returns the cost, or undefined. */
  tryTake(bytes: number): number | undefined {
    const cost = this.#costOf(bytes);
    if (this.#waiters.size > 0 || cost > this.#free) return undefined;
    this.#free -= cost;
    return cost;
  }

  /** Takes credit for `bytes` when its turn has come. Resolves to the cost; rejects with the signal's reason. */
  take(bytes: number, signal?: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => this.request(bytes, resolve, reject, signal));
  }

  /** `take` with callbacks. `granted` is called in the very moment in which the credit is taken, perhaps at once. */
  request(
    bytes: number,
    granted: (cost: number) => void,
    refused: (reason: unknown) => void,
    signal?: AbortSignal,
  ): void {
    const cost = this.#failure || signal?.aborted ? undefined : this.tryTake(bytes);
    if (this.#failure) refused(this.#failure.reason);
    else if (signal?.aborted) refused(signal.reason);
    else if (cost !== undefined) granted(cost);
    else this.#wait(bytes, granted, refused, signal);
  }

  /** Takes what is free of `bytes`, past those who wait. For bytes that turn out to exist already. Returns the cost. */
  takeFree(bytes: number): number {
    const cost = Math.min(this.#costOf(bytes), this.#free);
    this.#free -= cost;
    return cost;
  }

  /** Gives back what a request cost, or a part of it. */
  give(cost: number): void {
    if (!(cost >= 0) || cost > this.used) {
      throw misuse(`${cost} bytes of credit came back where ${this.used} were in use`);
    }
    this.#free += cost;
    this.#grant();
  }

  /** Rejects all who wait and all later requests. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    for (const waiter of [...this.#waiters]) {
      this.#forget(waiter);
      waiter.refused(this.#failure.reason);
    }
  }

  #costOf(bytes: number): number {
    if (!(bytes >= 0)) throw misuse(`a request for ${bytes} bytes of credit`);
    return Math.min(bytes, this.limit);
  }

  #wait(
    bytes: number,
    granted: (cost: number) => void,
    refused: (reason: unknown) => void,
    signal?: AbortSignal,
  ): void {
    const forget = () => signal?.removeEventListener('abort', abort);
    const waiter: Waiter = {
      cost: this.#costOf(bytes),
      granted: (cost) => {
        forget();
        granted(cost);
      },
      refused: (reason) => {
        forget();
        refused(reason);
      },
    };
    const abort = () => {
      this.#forget(waiter);
      waiter.refused(signal?.reason);
      this.#grant();
    };
    signal?.addEventListener('abort', abort);
    if (this.#waiters.size === 0) this.#waitingSinceMs = performance.now();
    this.#waiters.add(waiter);
  }

  #forget(waiter: Waiter): void {
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0)
      this.#waitedMs += performance.now() - this.#waitingSinceMs;
  }

  #grant(): void {
    for (const waiter of this.#waiters) {
      if (waiter.cost > this.#free) return;
      this.#forget(waiter);
      this.#free -= waiter.cost;
      waiter.granted(waiter.cost);
    }
  }
}
