import { MillraceError, type Outlet, type QueuedBatch } from '#component';
import { readArrowPayload } from '../arrow.js';
import { type QueuedPayload, RecordBatchReader } from '../json.js';
import { AbortedProducers } from './aborted-producers.js';
import type { FetchedPartition } from './fetch.js';
import { lendUnlessAborted } from './lend.js';
import { PartitionProgress } from './partition-progress.js';
import { batchesIn, type RecordBatch, RecordCursor, recordsOf } from './record-batch.js';
import { recordMessageAt } from './record-message.js';

/** Takes batches out of one partition of a queue: each message is one. */
export class QueueReader extends PartitionProgress {
  readonly #cursor = new RecordCursor();

  async *chunks(fetched: FetchedPartition, outlet: Outlet, signal: AbortSignal): AsyncGenerator<QueuedBatch> {
    const aborted = new AbortedProducers(fetched, true);
    for (const batch of batchesIn(fetched.records)) {
      if (batch.lastOffset < this.offset) continue;
      if (!aborted.skips(batch)) yield* this.#messages(fetched.records, batch, outlet, signal);
      if (signal.aborted) return;
      this.nextOffset = batch.lastOffset + 1;
    }
    // Ends of transactions stand behind what they end.
    this.passOver();
  }

  async *#messages(
    records: Buffer,
    batch: RecordBatch,
    outlet: Outlet,
    signal: AbortSignal,
  ): AsyncGenerator<QueuedBatch> {
    const cursor = this.#cursor;
    const rows = new RecordBatchReader();
    cursor.begin(recordsOf(records, batch), batch);
    while (cursor.next()) {
      if (cursor.offset < this.offset || cursor.valueEnd === cursor.valueStart) continue;
      const payload = readArrowPayload(cursor.bytes.subarray(cursor.valueStart, cursor.valueEnd));
      const message = payload ? undefined : recordMessageAt(cursor);
      if (!payload && !message) throw this.#foreign(cursor.offset);
      if (rows.count > 0 && (!message || !rows.accepts(message))) {
        const queued = await this.#queued(rows.finish(), outlet, signal);
        if (!queued) return;
        yield queued;
      }
      this.nextOffset = cursor.offset + 1;
      if (message) {
        rows.add(message);
        continue;
      }
      const queued = await this.#queued(payload!, outlet, signal);
      if (!queued) return;
      yield queued;
    }
    const queued = rows.count > 0 && (await this.#queued(rows.finish(), outlet, signal));
    if (queued) yield queued;
  }

  /** All up to `nextOffset`, in a buffer that was lent; undefined when the signal aborts before there is one. */
  async #queued(
    { meta, bytes }: QueuedPayload,
    outlet: Outlet,
    signal: AbortSignal,
  ): Promise<QueuedBatch | undefined> {
    const buffer = await lendUnlessAborted(outlet, bytes.length, signal);
    if (!buffer) return undefined;
    new Uint8Array(buffer).set(bytes);
    return { batch: { buffer, meta }, records: meta.rows, resume: this.passOn() };
  }

  #foreign(offset: number): MillraceError {
    const where = `${this.topic}/${this.partition} at offset ${offset}`;
    const message = `the queue holds a message that no pipeline has put in (${where}): give it a topic of its own`;
    return new MillraceError('kafka_foreign_message', message, { blame: 'config' });
  }
}
