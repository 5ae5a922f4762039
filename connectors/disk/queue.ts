import type { Queue, QueueContext, QueuedBatch, QueueEndContext, Sink, Source } from '#component';
import { type DiskQueueOptions, QueueLogs } from './logs.js';
import { DiskQueueSink } from './sink.js';
import { DiskQueueSource } from './source.js';

/**
 * A queue in the state folder: for each segment that puts records in, a log for each partition. A record can be read once a
 * durable checkpoint of its producer holds it, and is removed (where nothing is retained) once one of the consumer does.
 */
export class DiskQueue implements Queue {
  readonly #logs: QueueLogs;

  constructor(options: DiskQueueOptions, context: QueueContext) {
    this.#logs = new QueueLogs(options, context);
  }

  sink(producer: string, ends: QueueEndContext): Sink {
    return new DiskQueueSink(this.#logs, this.#logs.producers.find(({ id }) => id === producer)!, ends);
  }

  source(ends: QueueEndContext): Source<QueuedBatch> {
    return new DiskQueueSource(this.#logs, ends);
  }

  get waiting(): number {
    return this.#logs.waiting;
  }

  close(): Promise<void> {
    return this.#logs.close();
  }
}
