import type { Queue, QueueContext, QueuedBatch, QueueEndContext, Sink, Source } from '#component';
import { KafkaClient } from './client.js';
import type { ConnectionOptions } from './connection.js';
import { persist } from './persist.js';
import { QueueReader } from './queue-reader.js';
import { QueueSink, type QueueSinkOptions } from './queue-sink.js';
import { openTopic } from './queue-topic.js';
import { KafkaSource } from './source.js';
import { commitPrepared } from './transactions.js';

export interface KafkaQueueOptions extends QueueSinkOptions {
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

  sink(producer: string, { isHandedOver }: QueueEndContext): Sink {
    const { transactions, ...options } = this.#options;
    // Several segments may feed the queue, each with checkpoints of its own.
    const own = transactions && { ...transactions, prefix: `${transactions.prefix}.${producer}` };
    const all = { ...options, ...(own && { transactions: own }) };
    return new QueueSink(this.#client, all, this.#context.log, () => {
      if (!isHandedOver()) this.#ended();
    });
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
      end: 'written' as const,
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
    const [, signal] = args;
    try {
      await this.#open(signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    yield* source.read(...args);
  }

  /** Other processes may make the topic at the same time, so that it is there and the broker does not know it yet. */
  async #open(signal: AbortSignal): Promise<void> {
    const { log, former } = this.#context;
    const { topic } = this.#options;
    const open = (): Promise<void> => openTopic(this.#client, this.#options);
    await persist(`cannot open the topic ${topic}`, signal, open, (error) =>
      log.warn({ code: 'kafka_failed' }, `${error.message}; trying again`),
    );
    for (const state of former.values()) await commitPrepared(this.#client, state, log, signal);
  }

  #ended(): void {
    this.#producing--;
    if (this.#producing === 0) this.#source.current?.endSoon();
  }
}
