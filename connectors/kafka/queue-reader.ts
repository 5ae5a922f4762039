import { MillraceError, type Outlet, type QueuedBatch } from '#component';
import { readArrowPayload } from '../arrow.js';
import { AbortedProducers } from './aborted-producers.js';
import type { FetchedPartition } from './fetch.js';
import { lendUnlessAborted } from './lend.js';
import { PartitionProgress } from './partition-progress.js';
import { batchesIn, type RecordBatch, RecordCursor, recordsOf } from './record-batch.js';

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
    cursor.begin(recordsOf(records, batch), batch);
    while (cursor.next()) {
      if (cursor.offset < this.offset || cursor.valueEnd === cursor.valueStart) continue;
      const payload = readArrowPayload(cursor.bytes.subarray(cursor.valueStart, cursor.valueEnd));
      if (!payload) throw this.#foreign(cursor.offset);
      const { meta, bytes } = payload;
      const buffer = await lendUnlessAborted(outlet, bytes.length, signal);
      if (!buffer) return;
      new Uint8Array(buffer).set(bytes);
      this.nextOffset = cursor.offset + 1;
      yield { batch: { buffer, meta }, records: meta.rows, resume: this.passOn() };
    }
  }

  #foreign(offset: number): MillraceError {
    const where = `${this.topic}/${this.partition} at offset ${offset}`;
    const message = `the queue holds a message that no pipeline has put in (${where}): give it a topic of its own`;
    return new MillraceError('kafka_foreign_message', message, { blame: 'config' });
  }
}
