import type { FetchedPartition } from './fetch.js';
import { isAbort, isControl, isTransactional, type RecordBatch } from './record-batch.js';

/** Which transactional records are those of transactions that were given up. */
export class AbortedProducers {
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
