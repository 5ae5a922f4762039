import type { Clock } from '../base/clock.js';

export interface SyncPaceOptions {
  /** Someone outside waits for a checkpoint, or what was read cannot be read again: each one is made durable. */
  readonly always: boolean;
  /** Bytes handed to the sinks so far. */
  readonly writtenBytes: () => number;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** So little is on the disk in a moment. */
const LITTLE_BYTES = 64 * 2 ** 20;
const LONGEST_MS = 10_000;

/**
 * Says which checkpoints wait for the disk. All of them count as long as the machine is not started anew; after a loss of
 * power the last durable one does, and what came after it is read again. To sync a gigabyte takes longer than to
 * copy it, so that where much is written the system has time to write it first.
 */
export class SyncPace {
  readonly #options: SyncPaceOptions;
  #bytes: number;
  #atMs: number;

  constructor(options: SyncPaceOptions) {
    this.#options = options;
    this.#bytes = options.writtenBytes();
    this.#atMs = options.clock.nowMs();
  }

  isDue(): boolean {
    const { always, writtenBytes, clock } = this.#options;
    return always || writtenBytes() - this.#bytes <= LITTLE_BYTES || clock.nowMs() - this.#atMs >= LONGEST_MS;
  }

  /** A durable checkpoint has been written. */
  synced(): void {
    this.#bytes = this.#options.writtenBytes();
    this.#atMs = this.#options.clock.nowMs();
  }
}
