import type { Barrier } from './barrier.js';
import type { Edge } from './edge.js';

/** Where items are kept that have no room in memory. */
export interface Spill<T> {
  put(item: T): Spilled<T>;
}

export interface Spilled<T> {
  /** Resolves when the item takes no memory any more, or has been taken. */
  readonly stored: Promise<void>;
  /** Gives the item back. Called once. */
  take(): Promise<T>;
}

/** What came when there was no room; without an item a barrier, or the end where that is undefined. */
type Late<T> =
  | { readonly spilled: Spilled<T>; readonly bytes: number }
  | { readonly mark: Barrier | undefined };

/**
 * The sender's side of an edge whose sender does not wait for the receiver. What has no room goes to a spill, and comes back in its place
 * when there is room: until then all that follows goes there too. A sender waits for the spill alone, so that of what
 * it sends one item at a time is in memory beyond the edge's credit.
 */
export class SpillingEdge<T> {
  readonly #edge: Edge<T>;
  readonly #spill: Spill<T>;
  readonly #onFailure: (error: unknown) => void;
  #late: Late<T>[] = [];

  /** @param onFailure told when an item cannot be brought back, or the edge has failed */
  constructor(edge: Edge<T>, spill: Spill<T>, onFailure: (error: unknown) => void) {
    this.#edge = edge;
    this.#spill = spill;
    this.#onFailure = onFailure;
  }

  /** As `Edge.send`. */
  async send(item: T, bytes: number): Promise<boolean> {
    const { credit } = this.#edge;
    const hasRoom = credit.waiting === 0 && Math.min(bytes, credit.limit) <= credit.free;
    if (hasRoom && this.#late.length === 0) return await this.#edge.send(item, bytes);
    const spilled = this.#spill.put(item);
    this.#add({ spilled, bytes });
    await spilled.stored;
    return true;
  }

  barrier(barrier: Barrier): void {
    if (this.#late.length === 0) this.#edge.barrier(barrier);
    else this.#add({ mark: barrier });
  }

  end(): void {
    if (this.#late.length === 0) this.#edge.end();
    else this.#add({ mark: undefined });
  }

  #add(late: Late<T>): void {
    if (this.#late.push(late) === 1) this.#bringBack().catch(this.#onFailure);
  }

  /** One after another; each stays in the list until it is in the edge, so that nothing overtakes it. */
  async #bringBack(): Promise<void> {
    for (let next = this.#late[0]; next; next = this.#late[0]) {
      if ('spilled' in next) {
        const reservation = await this.#edge.reserve(next.bytes);
        reservation.send(await next.spilled.take(), next.bytes);
      } else if (next.mark) this.#edge.barrier(next.mark);
      else this.#edge.end();
      this.#late.shift();
    }
  }
}
