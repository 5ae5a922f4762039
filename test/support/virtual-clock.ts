import type { Clock } from '../../src/base/clock.js';

/** A clock on which waiting takes no time: it stands still, and each wait moves it on. */
export class VirtualClock implements Clock {
  /** How long each wait was. */
  readonly waits: number[] = [];
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.waits.push(ms);
    this.#nowMs += ms;
  }

  /** Time that passes by itself. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }
}
