import { type Block, MillraceError, type Prepared, type Sink } from '#component';
import { PayloadWriter } from '../payload.js';
import { BatchBuilder, type Slice } from './batch-builder.js';
import { type KafkaClient, persist } from './client.js';
import type { Compression } from './compressions.js';
import { isCausedBy, kafkaError } from './errors.js';
import { Producer } from './producer.js';

export interface QueueTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly compression: Compression;
}

const PREPARED: Prepared = { state: null, durable: async () => {} };
/** A message is a batch, which may be larger than topics usually take. */
const MOST_MESSAGE_BYTES = 64 * 2 ** 20;
const CREATE_TIMEOUT_MS = 10_000;
const NAMES = [Buffer.from('content-type')];
const CONTENT_TYPE = Buffer.from('application/vnd.millrace.batch');
const HEADERS: readonly Slice[] = [{ bytes: CONTENT_TYPE, start: 0, end: CONTENT_TYPE.length }];
const NO_KEY: Slice = { bytes: CONTENT_TYPE, start: -1, end: -1 };

/** Puts batches into the topic of a queue, each as a message. */
export class QueueSink implements Sink {
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  readonly #topic: QueueTopic;
  readonly #payloads = new PayloadWriter();
  readonly #onEnd: () => void;
  /** The block that could not be written yet, as a batch of one message. */
  #unwritten: { readonly block: Block; readonly builder: BatchBuilder } | undefined;

  constructor(client: KafkaClient, topic: QueueTopic, onEnd: () => void) {
    this.#client = client;
    this.#topic = topic;
    this.#producer = new Producer({ client, compression: topic.compression });
    this.#onEnd = onEnd;
  }

  async open(): Promise<null> {
    const never = new AbortController().signal;
    await persist(`cannot open the topic ${this.#topic.topic}`, never, () =>
      openTopic(this.#client, this.#topic),
    );
    return null;
  }

  async write(block: Block): Promise<void> {
    if (this.#unwritten && this.#unwritten.block !== block) this.#producer.renew();
    if (this.#unwritten?.block !== block) this.#unwritten = { block, builder: this.#build(block) };
    const { builder } = this.#unwritten!;
    try {
      const [outcome] = await this.#producer.send([builder]);
      if (outcome!.kind !== 'written') throw this.#notWritten(outcome!);
    } catch (thrown) {
      const error = kafkaError(`cannot write to the topic ${this.#topic.topic}`, thrown);
      if (error.retryable) await this.#client.refresh([this.#topic.topic]).catch(() => {});
      throw error;
    }
    this.#unwritten = undefined;
  }

  async prepare(): Promise<Prepared> {
    return PREPARED;
  }

  async close(): Promise<void> {
    this.#onEnd();
  }

  #build({ bytes, queued }: Block): BatchBuilder {
    const { topic } = this.#topic;
    const payload = this.#payloads.encode(queued!.meta, bytes);
    const builder = new BatchBuilder(topic, queued!.partition);
    builder.add(0, NO_KEY, { bytes: payload, start: 0, end: payload.length }, NAMES, HEADERS);
    return builder;
  }

  #notWritten(outcome: { readonly kind: string; readonly message?: string }): MillraceError {
    const { topic } = this.#topic;
    if (outcome.kind === 'anew') this.#producer.renew();
    const isTooLarge = outcome.kind === 'too_large';
    const message = isTooLarge
      ? `the topic ${topic} does not take batches as large as these: raise its max.message.bytes, or lower runtime.batch.max_bytes`
      : (outcome.message ?? `the brokers have lost sight of the producer of ${topic}`);
    const retryable = outcome.kind === 'again' || outcome.kind === 'anew';
    return new MillraceError(isTooLarge ? 'message_too_large' : 'kafka_failed', message, {
      blame: isTooLarge ? 'config' : 'external',
      retryable,
    });
  }
}

/** Makes the topic where it is not there yet. */
export async function openTopic(client: KafkaClient, { topic, partitions }: QueueTopic): Promise<void> {
  const find = async () => (await client.refresh([topic])).topics.get(topic);
  let found = await find();
  if (!found) {
    await createTopic(client, topic, partitions);
    found = await find();
  }
  if (!found) throw new Error(`the topic ${topic} was made, and is not known yet`);
  if (found.partitions.length >= partitions) return;
  const message = `the topic ${topic} has ${found.partitions.length} partitions, and the queue wants ${partitions}: set partitions to that, or add some to the topic`;
  throw new MillraceError('kafka_partitions', message, { blame: 'config' });
}

async function createTopic(client: KafkaClient, name: string, partitions: number): Promise<void> {
  // As many replicas as the brokers make by default.
  const replicationFactor = -1;
  const configs = [{ name: 'max.message.bytes', value: String(MOST_MESSAGE_BYTES) }];
  const asked = [{ name, numPartitions: partitions, replicationFactor, assignments: [], configs }];
  try {
    await client.call(undefined, 'CreateTopics', [asked, CREATE_TIMEOUT_MS, false]);
  } catch (error) {
    if (!isCausedBy(error, 'TOPIC_ALREADY_EXISTS')) throw error;
  }
}
