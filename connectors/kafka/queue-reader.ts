import type { Outlet, QueuedBatch } from '#component';
import { batchBytes, decodePayload } from '../payload.js';
import { AbortedProducers } from './aborted-producers.js';
import type { FetchedPartition } from './fetch.js';
import { lendUnlessAborted } from './lend.js';
import { PartitionProgress } from './partition-progress.js';
import { batchesIn, RecordCursor, recordsOf } from './record-batch.js';

/** Takes batches out of one partition of a queue: each message is one. */
export class QueueReader extends PartitionProgress {
  readonly #cursor = new RecordCursor();

  async *chunks(fetched: FetchedPartition, outlet: Outlet, signal: AbortSignal): AsyncGenerator<QueuedBatch> {
    const aborted = new AbortedProducers(fetched, true);
    for (const batch of batchesIn(fetched.records)) {
      if (batch.lastOffset < this.offset || aborted.skips(batch)) continue;
      const cursor = this.#cursor;
      cursor.begin(recordsOf(fetched.records, batch), batch);
      while (cursor.next()) {
        // A message without a value, or one that others have put here, is no batch.
        if (cursor.offset < this.offset || cursor.valueEnd === cursor.valueStart) continue;
        const payload = cursor.bytes.subarray(cursor.valueStart, cursor.valueEnd);
        const buffer = await lendUnlessAborted(outlet, batchBytes(payload), signal);
        if (!buffer) return;
        this.nextOffset = cursor.offset + 1;
        const queued = decodePayload(payload, buffer);
        yield { batch: queued, records: queued.meta.rows, resume: this.passOn() };
      }
      this.nextOffset = batch.lastOffset + 1;
    }
  }
}
