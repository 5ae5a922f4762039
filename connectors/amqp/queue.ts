import type { Config, Queue, QueueContext, QueuedBatch, QueueEndContext, Sink, Source } from '#component';
import { connectionName } from './connection.js';
import { connectionOptions } from './options.js';
import { AmqpQueueSink } from './queue-sink.js';
import { AmqpQueueSource } from './queue-source.js';
import type { Topology } from './topology.js';

/** So many bytes of batches may lie in the client, before there is credit for them. */
const PENDING_BYTES = 16 * 2 ** 20;
/** Of messages that are records: so many may wait for the broker's confirms, and so many count as a batch. */
const RECORDS_IN_FLIGHT = 1000;
const RECORDS_PER_BATCH = 16;

/**
 * A durable quorum queue of RabbitMQ between two segments, which any number of processes may share. A batch is one message, and
 * is taken out when a checkpoint of the consuming segment holds it.
 */
export class AmqpQueue implements Queue {
  readonly #config: Config;
  readonly #context: QueueContext;
  readonly #name: string;
  /** Producers of this process that may put in more. */
  readonly #open: Set<string>;

  constructor(config: Config, context: QueueContext) {
    this.#config = config;
    this.#context = context;
    this.#name = (config.queue as string | undefined) ?? `${context.pipeline}.${context.stage}`;
    this.#open = new Set(context.producers);
  }

  sink(producer: string, { isHandedOver }: QueueEndContext): Sink {
    const { pipeline, stage, log } = this.#context;
    return new AmqpQueueSink({
      publisher: {
        connection: connectionOptions(this.#config),
        name: connectionName(pipeline, `${producer} into ${stage}`, 'publish'),
        exchange: '',
        topology: this.#topology(),
        window: this.#isJson ? RECORDS_IN_FLIGHT : 1,
        log,
      },
      queue: this.#name,
      ids: `${pipeline}/${producer}`,
      onEnded: () => {
        if (!isHandedOver()) this.#open.delete(producer);
      },
    });
  }

  source({ requestCheckpoint }: QueueEndContext): Source<QueuedBatch> {
    const { pipeline, stage, log, producers } = this.#context;
    return new AmqpQueueSource({
      consumer: {
        connection: connectionOptions(this.#config),
        name: connectionName(pipeline, stage, 'consume'),
        queue: this.#name,
        topology: this.#topology(),
        maxPrefetch: (this.#config.prefetch as number) * (this.#isJson ? RECORDS_PER_BATCH : 1),
        maxPendingBytes: PENDING_BYTES,
        log,
      },
      hasEnded: () => producers.length > 0 && this.#open.size === 0,
      requestCheckpoint,
      log,
    });
  }

  /** Both ends have their own connections, which they close. */
  async close(): Promise<void> {}

  get #isJson(): boolean {
    return this.#config.payload === 'json';
  }

  #topology(): Topology {
    const { max_bytes } = this.#config;
    const bound = { 'x-max-length-bytes': max_bytes, 'x-overflow': 'reject-publish' };
    const args = { 'x-queue-type': 'quorum', ...(max_bytes !== undefined && bound) };
    return { exchanges: [], queues: [{ name: this.#name, arguments: args }], bindings: [] };
  }
}
