import type { Queue, QueueContext, QueuedBatch, QueueEndContext, Sink, Source } from '#component';
import { KafkaClient } from './client.js';
import type { ConnectionOptions } from './connection.js';
import { QueueReader } from './queue-reader.js';
import { openTopic, QueueSink, type QueueTopic } from './queue-sink.js';
import { KafkaSource } from './source.js';

export interface KafkaQueueOptions extends QueueTopic {
  readonly connection: ConnectionOptions;
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** A queue in a topic: any number of processes may put batches in, and any number, as members of a group, take them out. */
export class KafkaQueue implements Queue {
  readonly #options: KafkaQueueOptions;
  readonly #context: QueueContext;
  readonly #client: KafkaClient;
  readonly #source: { current: KafkaSource<QueuedBatch> | undefined } = { current: undefined };
  #producing: number;

  constructor(options: KafkaQueueOptions, context: QueueContext) {
    this.#options = options;
    this.#context = context;
    this.#client = new KafkaClient(options.connection);
    this.#producing = context.producers.length;
  }

  sink(): Sink {
    return new QueueSink(this.#client, this.#options, () => this.#ended());
  }

  source({ requestCheckpoint }: QueueEndContext): Source<QueuedBatch> {
    const { connection, topic, group, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const { stage, log, producers } = this.#context;
    const options = {
      connection,
      topics: [topic],
      pattern: undefined,
      group,
      start: 'earliest' as const,
      follow: true,
      committedOnly: true,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    };
    const source = new KafkaSource(options, { stage, log, requestCheckpoint }, (one) => new QueueReader(one));
    this.#source.current = source;
    if (producers.length > 0 && this.#producing === 0) source.endSoon();
    return {
      read: (outlet, signal, from) => this.#read(source, outlet, signal, from),
      commit: (positions) => source.commit(positions),
      close: () => source.close(),
    };
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async *#read(
    source: KafkaSource<QueuedBatch>,
    ...args: Parameters<Source['read']>
  ): AsyncGenerator<QueuedBatch> {
    await openTopic(this.#client, this.#options);
    yield* source.read(...args);
  }

  #ended(): void {
    this.#producing--;
    if (this.#producing === 0) this.#source.current?.endSoon();
  }
}
