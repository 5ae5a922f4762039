import {
  type DetachedBatch,
  type JsonValue,
  type LogFrame,
  LogReader,
  lentPart,
  type Outlet,
  type Positions,
  type QueuedBatch,
  type QueueEndContext,
  type Source,
} from '#component';
import { batchBytes, decodePayload } from '../payload.js';
import type { QueueLogs } from './logs.js';
import type { Partition } from './partition.js';

/** So much may be consumed before a checkpoint makes room. */
const MOST_PENDING_BYTES = 64 * 2 ** 20;

/**
 * The end of a disk queue from which records come: of all partitions, the batch that was put in first. So records stay in order
 * when the pipeline was changed and another segment puts them in.
 */
export class DiskQueueSource implements Source<QueuedBatch> {
  readonly #logs: QueueLogs;
  readonly #ends: QueueEndContext;
  readonly #pendingLimit: number;
  #cursors: Cursor[] = [];
  #pendingBytes = 0;

  constructor(logs: QueueLogs, ends: QueueEndContext) {
    this.#logs = logs;
    this.#ends = ends;
    this.#pendingLimit = Math.min(MOST_PENDING_BYTES, logs.options.maxBytes / 4);
  }

  async *read(outlet: Outlet, signal: AbortSignal, from: Positions): AsyncGenerator<QueuedBatch> {
    await this.#logs.openFormer();
    this.#cursors = this.#logs.producers.flatMap(({ id, partitions }) =>
      partitions.map((partition, i) => new Cursor(`${id}/${i}`, partition, from.get(`${id}/${i}`))),
    );
    try {
      while (!signal.aborted) {
        const { version } = this.#logs;
        const hasEnded = this.#logs.producers.every((producer) => producer.hasEnded);
        const cursor = await this.#oldest();
        if (cursor) yield await this.#next(cursor, outlet);
        else if (hasEnded) return;
        else await this.#logs.changedSince(version, signal);
      }
    } finally {
      if (!this.#ends.isHandedOver()) this.#logs.isAbandoned = true;
      this.#logs.changed();
    }
  }

  async commit(positions: Positions): Promise<void> {
    this.#pendingBytes = 0;
    for (const { key, partition } of this.#cursors) {
      const position = positions.get(key);
      if (typeof position === 'number') await this.#consumed(partition, position);
    }
    this.#logs.changed();
  }

  async close(): Promise<void> {
    await Promise.all(this.#cursors.map((cursor) => cursor.close()));
  }

  /** The one whose next batch was put in first. */
  async #oldest(): Promise<Cursor | undefined> {
    let oldest: Cursor | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const cursor of this.#cursors) {
      const frame = await cursor.peek();
      if (!frame || frame.timestampMs >= oldestMs) continue;
      oldest = cursor;
      oldestMs = frame.timestampMs;
    }
    return oldest;
  }

  async #next(cursor: Cursor, outlet: Outlet): Promise<QueuedBatch> {
    const begin = cursor.offset;
    const frame = cursor.take();
    const { payload, baseOffset, records } = frame;
    const skipped = Math.max(0, begin - baseOffset);
    const batch = await copyOf(frame, skipped, outlet);
    this.#pendingBytes += payload.length;
    if (this.#pendingBytes >= this.#pendingLimit) this.#ends.requestCheckpoint();
    const resume = { key: cursor.key, position: baseOffset + records };
    return { batch, records: records - skipped, resume };
  }

  async #consumed(partition: Partition, offset: number): Promise<void> {
    if (offset <= partition.consumedOffset) return;
    partition.consumed(offset);
    const { retain } = this.#logs.options;
    await partition.exclusively((writer) =>
      retain ? writer.retain({ ...retain, below: offset }) : writer.trim(offset),
    );
  }
}

/** A position that was set by hand may lie within a batch, whose first records are then left out. */
async function copyOf(
  { payload, records }: LogFrame,
  skipped: number,
  outlet: Outlet,
): Promise<DetachedBatch> {
  const bytes = batchBytes(payload);
  if (skipped === 0) return decodePayload(payload, await outlet.lend(bytes));
  return await lentPart(decodePayload(payload, new ArrayBuffer(bytes)), skipped, records, outlet);
}

/** Reads what has been published of one partition. */
class Cursor {
  readonly key: string;
  readonly partition: Partition;
  #offset: number;
  #reader: LogReader | undefined;
  #peeked: LogFrame | undefined;

  constructor(key: string, partition: Partition, position: JsonValue | undefined) {
    this.key = key;
    this.partition = partition;
    const published = partition.published?.nextOffset ?? 0;
    this.#offset = typeof position === 'number' ? Math.min(position, published) : 0;
    partition.consumed(this.#offset);
  }

  /** Of the record that comes next. */
  get offset(): number {
    return this.#offset;
  }

  /** What comes next; undefined where there is no more for now. */
  async peek(): Promise<LogFrame | undefined> {
    if (this.#peeked) return this.#peeked;
    const { published, log } = this.partition;
    if (!published || published.nextOffset <= this.#offset) return undefined;
    this.#reader ??= await LogReader.open(log, { fromOffset: this.#offset, end: published });
    this.#reader.extend(published);
    this.#peeked = await this.#reader.read();
    // What is damaged at the end was reported by the reader, and is passed over.
    if (!this.#peeked) this.#offset = published.nextOffset;
    return this.#peeked;
  }

  /** What was peeked; valid until the next peek. */
  take(): LogFrame {
    const frame = this.#peeked!;
    this.#peeked = undefined;
    this.#offset = frame.baseOffset + frame.records;
    return frame;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }
}
