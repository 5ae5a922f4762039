/** Before anything is known of a queue's messages, so many are asked for. */
const FIRST = 16;
/** How much of the mean the newest message makes. */
const WEIGHT = 1 / 16;
const OVERHEAD_BYTES = 256;

/**
 * How many messages to ask the broker for. It counts messages and not bytes, so the number follows from the size that
 * they have had of late: as many as make up what may lie here.
 */
export class Prefetch {
  readonly #most: number;
  readonly #maxBytes: number;
  #current: number;
  #meanBytes: number | undefined;
  #pendingBytes = 0;

  constructor(most: number, maxBytes: number) {
    this.#most = most;
    this.#maxBytes = maxBytes;
    this.#current = Math.min(FIRST, most);
  }

  /** What the consumer was given. */
  get current(): number {
    return this.#current;
  }

  /** What lies here. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  arrived(bytes: number): void {
    this.#pendingBytes += bytes;
    const mean = this.#meanBytes ?? bytes;
    // It follows larger messages at once, smaller ones slowly.
    this.#meanBytes = bytes > mean ? bytes : mean + (bytes - mean) * WEIGHT;
  }

  took(bytes: number): void {
    this.#pendingBytes -= bytes;
  }

  /** Another number would be better by so much that a new consumer is worth it. */
  get wantsChange(): boolean {
    const wanted = this.#wanted;
    return wanted >= 2 * this.#current || wanted * 2 <= this.#current;
  }

  /** The number for a new consumer. */
  renew(): number {
    this.#current = this.#wanted;
    return this.#current;
  }

  get #wanted(): number {
    if (this.#meanBytes === undefined) return this.#current;
    const fitting = Math.floor(this.#maxBytes / (this.#meanBytes + OVERHEAD_BYTES));
    return Math.max(1, Math.min(this.#most, fitting));
  }
}
