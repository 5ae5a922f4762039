import type { Chunk, Outlet } from '#component';
import { AbortedProducers } from './aborted-producers.js';
import { ChunkWriter } from './chunk-writer.js';
import type { FetchedPartition } from './fetch.js';
import { lendUnlessAborted } from './lend.js';
import { type PartitionOptions, PartitionProgress } from './partition-progress.js';
import { batchesIn, type RecordBatch, RecordCursor, recordsOf } from './record-batch.js';

/** Makes chunks of what brokers send of one partition, and knows how far that has come. */
export class PartitionReader extends PartitionProgress {
  readonly #committedOnly: boolean;
  readonly #writer: ChunkWriter;
  readonly #cursor = new RecordCursor();
  #isWriting = false;
  #room: { readonly outlet: Outlet; readonly signal: AbortSignal } | undefined;
  #readAtMs = 0;

  constructor(options: PartitionOptions) {
    super(options);
    this.#committedOnly = options.committedOnly;
    this.#writer = new ChunkWriter(options.source, options.topic, options.partition);
  }

  /** The chunks of what a broker has sent. Ends early when the signal aborts; what was not passed on is forgotten. */
  async *chunks(fetched: FetchedPartition, outlet: Outlet, signal: AbortSignal): AsyncGenerator<Chunk> {
    const aborted = new AbortedProducers(fetched, this.#committedOnly);
    this.#room = { outlet, signal };
    this.#readAtMs = Date.now();
    for (const batch of batchesIn(fetched.records)) {
      if (batch.lastOffset < this.offset) continue;
      if (!aborted.skips(batch)) yield* this.#batch(fetched.records, batch);
      if (signal.aborted) break;
      this.nextOffset = batch.lastOffset + 1;
    }
    if (this.#isWriting) yield this.#finished();
    else if (this.nextOffset > this.offset) yield this.#passedOver();
  }

  async *#batch(bytes: Buffer, batch: RecordBatch): AsyncGenerator<Chunk> {
    const cursor = this.#cursor;
    const records = recordsOf(bytes, batch);
    cursor.begin(records, batch);
    const rest = Math.max(records.length, bytes.length - batch.start) + this.#writer.overhead(batch.count);
    while (cursor.next()) {
      if (cursor.offset < this.offset) continue;
      if (!this.#isWriting && !(await this.#begin(Math.min(rest, this.#room!.outlet.batchBytes)))) return;
      const needed = this.#writer.add(cursor);
      if (needed > 0) {
        if (this.#writer.count > 0) yield this.#finished();
        else this.#giveBack();
        if (!(await this.#begin(Math.max(needed, this.#room!.outlet.batchBytes)))) return;
        cursor.again();
        this.#writer.add(cursor);
      }
      this.nextOffset = cursor.offset + 1;
    }
  }

  /** Waits for room; false when the signal aborts before. */
  async #begin(bytes: number): Promise<boolean> {
    const { outlet, signal } = this.#room!;
    const buffer = await lendUnlessAborted(outlet, bytes, signal);
    if (!buffer) return false;
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
    return { ...chunk, resume: this.passOn() };
  }

  /** Nothing but records that are not passed on: of transactions that were given up, or none at all. */
  #passedOver(): Chunk {
    const chunk = this.#writer.empty(this.offset, this.#readAtMs);
    return { ...chunk, resume: this.passOn() };
  }
}
