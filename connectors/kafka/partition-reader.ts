import type { Chunk, Outlet, Positions, Resume } from '#component';
import { ChunkWriter } from './chunk-writer.js';
import type { FetchedPartition } from './fetch.js';
import type { Reading } from './fetcher.js';
import type { GroupOffset } from './group.js';
import { nameOf } from './offsets.js';
import {
  batchesIn,
  isAbort,
  isControl,
  isTransactional,
  type RecordBatch,
  RecordCursor,
  recordsOf,
} from './record-batch.js';
import type { Position } from './start.js';

export interface PartitionReaderOptions {
  /** The id of the stage. */
  readonly source: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly committedOnly: boolean;
}

/** Makes chunks of what brokers send of one partition, and knows how far that has come. */
export class PartitionReader implements Reading {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  fetchOffset: number;
  readonly #name: string;
  readonly #committedOnly: boolean;
  readonly #writer: ChunkWriter;
  readonly #cursor = new RecordCursor();
  /** All before it has been passed on. */
  #offset: number;
  /** Where the chunk ends that is being written. */
  #nextOffset: number;
  #isWriting = false;
  #room: { readonly outlet: Outlet; readonly signal: AbortSignal } | undefined;
  #readAtMs = 0;
  #committedOffset: number;
  #end: number | undefined;

  constructor({ source, topic, topicId, partition, offset, committedOnly }: PartitionReaderOptions) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
    this.fetchOffset = offset;
    this.#offset = offset;
    this.#nextOffset = offset;
    this.#committedOffset = offset;
    this.#name = nameOf({ topic, partition });
    this.#committedOnly = committedOnly;
    this.#writer = new ChunkWriter(source, topic, partition);
  }

  /** A new generation of the group: what was fetched but not passed on is fetched again. */
  begin(end: number | undefined): void {
    this.fetchOffset = this.#offset;
    this.#nextOffset = this.#offset;
    this.#end ??= end;
  }

  get isAtEnd(): boolean {
    return this.#end !== undefined && this.#offset >= this.#end;
  }

  /** What was passed on has not been committed yet. */
  get hasUncommitted(): boolean {
    return this.#offset > this.#committedOffset;
  }

  isBehind(positions: Positions): boolean {
    return this.#positionIn(positions) > this.#committedOffset;
  }

  offsetIn(positions: Positions): GroupOffset {
    return { topic: this.topic, partition: this.partition, offset: this.#positionIn(positions) };
  }

  committed(positions: Positions): void {
    this.#committedOffset = Math.max(this.#committedOffset, this.#positionIn(positions));
  }

  /** Reads on there: the records before it are gone, or it never was as far. */
  skipTo(offset: number): void {
    this.#offset = Math.min(this.#offset, offset);
    this.#nextOffset = offset;
  }

  /** The chunks of what a broker has sent. Ends early when the signal aborts; what was not passed on is forgotten. */
  async *chunks(fetched: FetchedPartition, outlet: Outlet, signal: AbortSignal): AsyncGenerator<Chunk> {
    const aborted = new AbortedProducers(fetched, this.#committedOnly);
    this.#room = { outlet, signal };
    this.#readAtMs = Date.now();
    for (const batch of batchesIn(fetched.records)) {
      if (batch.lastOffset < this.#offset) continue;
      if (!aborted.skips(batch)) yield* this.#batch(fetched.records, batch);
      if (signal.aborted) break;
      this.#nextOffset = batch.lastOffset + 1;
    }
    if (this.#isWriting) yield this.#finished();
    else if (this.#nextOffset > this.#offset) yield this.#passedOver();
  }

  async *#batch(bytes: Buffer, batch: RecordBatch): AsyncGenerator<Chunk> {
    const cursor = this.#cursor;
    const records = recordsOf(bytes, batch);
    cursor.begin(records, batch);
    const rest = Math.max(records.length, bytes.length - batch.start) + this.#writer.overhead(batch.count);
    while (cursor.next()) {
      if (cursor.offset < this.#offset) continue;
      if (!this.#isWriting && !(await this.#begin(Math.min(rest, this.#room!.outlet.batchBytes)))) return;
      const needed = this.#writer.add(cursor);
      if (needed > 0) {
        if (this.#writer.count > 0) yield this.#finished();
        else this.#giveBack();
        if (!(await this.#begin(Math.max(needed, this.#room!.outlet.batchBytes)))) return;
        cursor.again();
        this.#writer.add(cursor);
      }
      this.#nextOffset = cursor.offset + 1;
    }
  }

  /** Waits for room; false when the signal aborts before. */
  async #begin(bytes: number): Promise<boolean> {
    const { outlet, signal } = this.#room!;
    const lent = outlet.lend(bytes);
    const buffer = await orAborted(lent, signal);
    if (!buffer) {
      void lent.then(
        (late) => outlet.giveBack(late),
        () => {},
      );
      return false;
    }
    this.#writer.begin(buffer);
    this.#isWriting = true;
    return true;
  }

  #giveBack(): void {
    this.#room!.outlet.giveBack(this.#writer.buffer);
    this.#isWriting = false;
  }

  #finished(): Chunk {
    const chunk = this.#writer.chunk(this.#readAtMs);
    this.#isWriting = false;
    this.#offset = this.#nextOffset;
    return { ...chunk, resume: this.#resume };
  }

  /** Nothing but records that are not passed on: of transactions that were given up, or none at all. */
  #passedOver(): Chunk {
    const chunk = this.#writer.empty(this.#offset, this.#readAtMs);
    this.#offset = this.#nextOffset;
    return { ...chunk, resume: this.#resume };
  }

  get #resume(): Resume {
    return { key: this.#name, position: { offset: this.#offset, topic: this.topicId } };
  }

  #positionIn(positions: Positions): number {
    const position = positions.get(this.#name) as unknown as Position | undefined;
    return position?.topic === this.topicId ? position.offset : -1;
  }
}

/** Which transactional records are those of transactions that were given up. */
class AbortedProducers {
  readonly #left: { readonly producerId: number; readonly firstOffset: number }[];
  readonly #open = new Set<number>();
  readonly #bytes: Buffer;
  readonly #isAsked: boolean;

  constructor({ aborted, records }: FetchedPartition, isAsked: boolean) {
    this.#left = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
    this.#bytes = records;
    this.#isAsked = isAsked;
  }

  /** Whether the batch holds nothing to be passed on. Batches come in their order. */
  skips(batch: RecordBatch): boolean {
    if (this.#isAsked) {
      while (this.#left[0] && this.#left[0].firstOffset <= batch.lastOffset)
        this.#open.add(this.#left.shift()!.producerId);
    }
    if (isControl(batch)) {
      if (this.#isAsked && isAbort(this.#bytes, batch)) this.#open.delete(batch.producerId);
      return true;
    }
    return isTransactional(batch) && this.#open.has(batch.producerId);
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
