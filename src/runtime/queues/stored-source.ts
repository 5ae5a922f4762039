import {
  type DetachedBatch,
  lentPart,
  type Outlet,
  type QueuedBatch,
  type Source,
  type StoredBatch,
} from '../../component/index.js';
import type { StoredRange } from './range.js';

/**
 * In the place of a durable queue's end: gives what the queue has stored, each partition in its order, and of all partitions
 * first what was put in first.
 */
export class StoredSource implements Source<QueuedBatch> {
  readonly #ranges: readonly StoredRange[];
  #given = 0;
  #missing = 0;

  constructor(ranges: readonly StoredRange[]) {
    this.#ranges = ranges;
  }

  /** How many records it has given so far. */
  get given(): number {
    return this.#given;
  }

  /** How many records it passed over so far, because they were damaged, or removed meanwhile. */
  get missing(): number {
    return this.#missing;
  }

  async *read(outlet: Outlet, signal: AbortSignal): AsyncGenerator<QueuedBatch> {
    const cursors = this.#ranges.map((range) => new Cursor(range));
    try {
      for (const cursor of cursors) await cursor.advance();
      for (let next = earliestOf(cursors); next && !signal.aborted; next = earliestOf(cursors)) {
        const batch = await next.take(outlet);
        this.#given += batch.records;
        yield batch;
        await next.advance();
      }
    } finally {
      for (const cursor of cursors) {
        this.#missing += cursor.missing;
        await cursor.close();
      }
    }
  }

  async close(): Promise<void> {}
}

function earliestOf(cursors: readonly Cursor[]): Cursor | undefined {
  let earliest: Cursor | undefined;
  for (const cursor of cursors) {
    if (cursor.timeMs !== undefined && (earliest?.timeMs ?? Number.POSITIVE_INFINITY) > cursor.timeMs) {
      earliest = cursor;
    }
  }
  return earliest;
}

class Cursor {
  readonly #range: StoredRange;
  readonly #batches: AsyncIterator<StoredBatch>;
  /** The batch that comes next; undefined at the end. */
  #next: StoredBatch | undefined;
  #offset: number;
  missing = 0;

  constructor(range: StoredRange) {
    const { partition, from, to } = range;
    this.#range = range;
    this.#batches = partition.read(from, to)[Symbol.asyncIterator]();
    this.#offset = from;
  }

  /** When the next batch was put in; undefined at the end. */
  get timeMs(): number | undefined {
    return this.#next?.timeMs;
  }

  async advance(): Promise<void> {
    const { done, value } = await this.#batches.next();
    this.#next = done ? undefined : value;
    const offset = this.#next?.offset ?? this.#range.to;
    if (!this.#range.partition.countsBatches) this.missing += Math.max(0, offset - this.#offset);
  }

  async take(outlet: Outlet): Promise<QueuedBatch> {
    const { offset, nextOffset } = this.#next!;
    const from = Math.max(offset, this.#range.from);
    const to = Math.min(nextOffset, this.#range.to);
    this.#offset = to;
    const resume = { key: this.#range.partition.key, position: to };
    const isWhole = from === offset && to === nextOffset;
    const batch = isWhole ? await this.#copy(outlet) : await this.#part(from - offset, to - offset, outlet);
    return { batch, records: batch.meta.rows, resume };
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  async #copy(outlet: Outlet): Promise<DetachedBatch> {
    const { bytes, copyTo } = this.#next!;
    return copyTo(await outlet.lend(bytes));
  }

  /** A range may begin or end within a batch. */
  async #part(from: number, to: number, outlet: Outlet): Promise<DetachedBatch> {
    const { bytes, copyTo } = this.#next!;
    return await lentPart(copyTo(new ArrayBuffer(bytes)), from, to, outlet);
  }
}
