import { MillraceError } from '../base/errors.js';
import type { Barrier } from './barrier.js';
import { Credit } from './credit.js';

export type WhenFull = 'block' | 'drop_newest' | 'drop_oldest';

/** An item in its queue, paid for with `cost`. */
export interface Queued<T> {
  readonly kind: 'queued';
  readonly item: T;
  readonly bytes: number;
  readonly cost: number;
  /** When it came, on the monotonic clock. */
  readonly atMs: number;
  /** Its place among the items of all edges of the inbox. */
  readonly sequence: number;
}

/** Credit in hand for an item that does not exist yet. Used up by `send` or `cancel`, whichever comes first. */
export interface Reservation<T> {
  /**
   * Puts the item into the queue. What it needs less than was reserved is given back; what it needs more is taken
   * where it is free, and never waited for. False when it was dropped. Throws when the inbox has failed.
   */
  send(item: T, actualBytes: number): boolean;
  cancel(): void;
}

/** What an edge needs of the inbox that it belongs to. */
export interface EdgeOwner<T> {
  readonly whenFull: WhenFull;
  readonly onDrop: (item: T, input: string) => void;
  /** The place of the next item. */
  sequence(): number;
  /** Something may have become deliverable. */
  arrived(): void;
}

/** Running sums since the edge was made. Every item sent is counted in `items`, and in `dropped` too if it was. */
export interface EdgeTotals {
  readonly items: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly droppedBytes: number;
}

interface Mark {
  /** How many blocked sends have to be in the queue before this. */
  readonly after: number;
  readonly entry: Barrier | undefined;
}

/** One input of an inbox: a queue in order with a credit of its own. The sender's side is `send` … `end`. */
export class Edge<T> {
  readonly input: string;
  readonly credit: Credit;
  readonly #owner: EdgeOwner<T>;
  #entries: (Queued<T> | Barrier)[] = [];
  /** Barriers, and the end, that were sent behind blocked sends. */
  #marks: Mark[] = [];
  #blockedSends = 0;
  #unblockedSends = 0;
  #endSent = false;
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  #queuedItems = 0;
  #queuedBytes = 0;
  #items = 0;
  #bytes = 0;
  #dropped = 0;
  #droppedBytes = 0;

  constructor(input: string, limitBytes: number, owner: EdgeOwner<T>) {
    this.input = input;
    this.credit = new Credit(limitBytes);
    this.#owner = owner;
  }

  get queuedItems(): number {
    return this.#queuedItems;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Sends and reservations that wait for credit. */
  get waitingSenders(): number {
    return this.credit.waiting;
  }

  get totals(): EdgeTotals {
    return {
      items: this.#items,
      bytes: this.#bytes,
      dropped: this.#dropped,
      droppedBytes: this.#droppedBytes,
    };
  }

  /** True when the end has come and nothing is left before it. */
  get drained(): boolean {
    return this.#ended && this.#entries.length === 0;
  }

  /** What waits in it, the oldest first. */
  *queued(): Generator<Queued<T>> {
    for (const entry of this.#entries) if (entry.kind === 'queued') yield entry;
  }

  get head(): Queued<T> | Barrier | undefined {
    return this.#entries[0];
  }

  /**
   * Queues an item as soon as there is credit for it. Resolves to false when it was dropped instead (the policy
   * says so); the owner's `onDrop` has been called then. Items of one edge keep the order of the calls.
   */
  send(item: T, bytes: number): Promise<boolean> {
    this.#checkOpen();
    if (this.#failure) return Promise.reject(this.#failure.reason);
    if (this.#owner.whenFull !== 'block') return Promise.resolve(this.#sendOrDrop(item, bytes));
    const cost = this.credit.tryTake(bytes);
    if (cost !== undefined) {
      this.#place(item, bytes, cost);
      return Promise.resolve(true);
    }
    this.#blockedSends++;
    return new Promise((resolve, reject) => {
      const granted = (taken: number) => {
        this.#unblockedSends++;
        this.#place(item, bytes, taken);
        this.#placeMarks();
        resolve(true);
      };
      this.credit.request(bytes, granted, reject);
    });
  }

  /**
   * Takes credit before the bytes exist. Where the policy drops, it takes none and never waits: the item finds out
   * at `send`. Rejects with the signal's reason, or when the inbox fails.
   */
  reserve(bytes: number, signal?: AbortSignal): Promise<Reservation<T>> {
    this.#checkOpen();
    if (this.#failure) return Promise.reject(this.#failure.reason);
    if (this.#owner.whenFull !== 'block') return Promise.resolve(this.#reservation(undefined));
    return new Promise((resolve, reject) => {
      this.credit.request(bytes, (cost) => resolve(this.#reservation(cost)), reject, signal);
    });
  }

  /** Puts a barrier behind everything sent so far. Costs no credit and never waits; reservations do not hold it up. */
  barrier(barrier: Barrier): void {
    this.#checkOpen();
    this.#mark(barrier);
  }

  /** Nothing follows. */
  end(): void {
    this.#checkOpen();
    this.#endSent = true;
    this.#mark(undefined);
  }

  /** Takes the head out of the queue. The credit of an item stays taken until the receiver gives it back. */
  shift(): Queued<T> | Barrier {
    const head = this.#entries.shift()!;
    if (head.kind === 'queued') this.#uncount(head);
    return head;
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.credit.fail(reason);
  }

  #checkOpen(): void {
    if (this.#endSent) {
      throw new MillraceError('edge_ended', `something was sent from "${this.input}" after its end`, {
        blame: 'internal',
      });
    }
  }

  #mark(entry: Barrier | undefined): void {
    if (this.#failure) return;
    this.#marks.push({ after: this.#blockedSends, entry });
    this.#placeMarks();
  }

  #placeMarks(): void {
    while (this.#marks.length > 0 && this.#marks[0]!.after <= this.#unblockedSends) {
      const { entry } = this.#marks.shift()!;
      if (entry) this.#entries.push(entry);
      else this.#ended = true;
      this.#owner.arrived();
    }
  }

  #place(item: T, bytes: number, cost: number): void {
    this.#items++;
    this.#bytes += bytes;
    this.#queuedItems++;
    this.#queuedBytes += bytes;
    this.#entries.push({
      kind: 'queued',
      item,
      bytes,
      cost,
      atMs: performance.now(),
      sequence: this.#owner.sequence(),
    });
    this.#owner.arrived();
  }

  #uncount(queued: Queued<T>): void {
    this.#queuedItems--;
    this.#queuedBytes -= queued.bytes;
  }

  #sendOrDrop(item: T, bytes: number): boolean {
    if (this.#owner.whenFull === 'drop_oldest') this.#evictFor(bytes);
    const cost = this.credit.tryTake(bytes);
    if (cost !== undefined) {
      this.#place(item, bytes, cost);
      return true;
    }
    this.#items++;
    this.#bytes += bytes;
    this.#drop(item, bytes);
    return false;
  }

  #drop(item: T, bytes: number): void {
    this.#dropped++;
    this.#droppedBytes += bytes;
    this.#owner.onDrop(item, this.input);
  }

  /** Drops queued items, oldest first, until `bytes` have room; none when all together would not make enough. */
  #evictFor(bytes: number): void {
    const cost = Math.min(bytes, this.credit.limit);
    if (this.credit.free >= cost) return;
    let queuedCost = 0;
    for (const entry of this.#entries) if (entry.kind === 'queued') queuedCost += entry.cost;
    if (this.credit.free + queuedCost < cost) return;
    const evicted: Queued<T>[] = [];
    this.#entries = this.#entries.filter((entry) => {
      if (entry.kind !== 'queued' || this.credit.free >= cost) return true;
      this.credit.give(entry.cost);
      evicted.push(entry);
      return false;
    });
    for (const entry of evicted) {
      this.#uncount(entry);
      this.#drop(entry.item, entry.bytes);
    }
  }

  /** @param cost undefined where the policy drops */
  #reservation(cost: number | undefined): Reservation<T> {
    let open = true;
    const use = () => {
      if (!open) {
        const message = `a reservation of "${this.input}" was used twice`;
        throw new MillraceError('reservation_used', message, { blame: 'internal' });
      }
      open = false;
    };
    return {
      send: (item, actualBytes) => {
        this.#checkOpen();
        use();
        if (this.#failure) {
          this.credit.give(cost ?? 0);
          throw this.#failure.reason;
        }
        if (cost === undefined) return this.#sendOrDrop(item, actualBytes);
        const actualCost = Math.min(actualBytes, this.credit.limit);
        const paid = cost + (actualCost > cost ? this.credit.takeFree(actualCost - cost) : 0);
        this.#place(item, actualBytes, Math.min(paid, actualCost));
        if (actualCost < cost) this.credit.give(cost - actualCost);
        return true;
      },
      cancel: () => {
        use();
        this.credit.give(cost ?? 0);
      },
    };
  }
}
