import {
  type Block,
  MillraceError,
  messageOf,
  type Prepared,
  type Sink,
  type SinkState,
  type StageLog,
} from '#component';
import { ArrowPayloadWriter, BATCH_TYPE } from '../arrow.js';
import { RECORD_HEADERS, RECORD_TYPE, recordMessagesOf } from '../json.js';
import { BatchBuilder, type Slice } from './batch-builder.js';
import type { KafkaClient } from './client.js';
import type { Compression } from './compressions.js';
import { kafkaError } from './errors.js';
import { Pauses, persist } from './persist.js';
import { type Outcome, Producer } from './producer.js';
import { openTopic, type QueueTopic } from './queue-topic.js';
import { commitPrepared, Transactions } from './transactions.js';

export interface QueueSinkOptions extends QueueTopic {
  readonly compression: Compression;
  /** Without it, what was put in since the last checkpoint is put in again after a crash. */
  readonly transactions?: { readonly prefix: string; readonly timeoutMs: number };
}

/** So many batches of a partition a broker knows again when they come twice. */
const MOST_IN_FLIGHT = 5;
/** What may wait here for those in flight: it has left the buffers that credit pays for. */
const MOST_WAITING_BYTES = 4 * 2 ** 20;
const NAMES = ['content-type', ...RECORD_HEADERS].map((name) => Buffer.from(name));
const BATCH_HEADERS = [sliceOf(Buffer.from(BATCH_TYPE))];
const OF_RECORDS = sliceOf(Buffer.from(RECORD_TYPE));
const NONE: Slice = { bytes: Buffer.alloc(0), start: -1, end: -1 };

/**
 * Puts batches into the topic of a queue, each as a message. Several are on their way at a time; they count as written before the brokers
 * have them, and are waited for at the barrier.
 */
export class QueueSink implements Sink {
  readonly #client: KafkaClient;
  readonly #options: QueueSinkOptions;
  readonly #log: StageLog;
  readonly #plain: Producer;
  readonly #transactions: Transactions | undefined;
  readonly #payloads = new ArrowPayloadWriter();
  readonly #onEnd: () => void;
  /** In their order: those on their way, and those that follow them. */
  #waiting: BatchBuilder[] = [];
  #waitingBytes = 0;
  #isSending = false;
  #failure: unknown;
  #wake: () => void = () => {};
  /** Aborts when the run is torn down. */
  #signal = new AbortController().signal;
  readonly commit?: (state: SinkState) => Promise<void>;

  constructor(client: KafkaClient, options: QueueSinkOptions, log: StageLog, onEnd: () => void) {
    const { compression, transactions } = options;
    this.#client = client;
    this.#options = options;
    this.#log = log;
    this.#plain = new Producer({ client, compression });
    this.#transactions = transactions && new Transactions({ client, compression, log, ...transactions });
    this.#onEnd = onEnd;
    if (this.#transactions) this.commit = (state) => this.#transactions!.commit(state, this.#signal);
  }

  async open(state: SinkState | undefined): Promise<SinkState> {
    await persist(
      `cannot open the topic ${this.#options.topic}`,
      this.#signal,
      () => openTopic(this.#client, this.#options),
      this.#warn,
    );
    if (this.#transactions) return await this.#transactions.open(state, this.#signal);
    await commitPrepared(this.#client, state, this.#log, this.#signal);
    return null;
  }

  async write(block: Block, signal: AbortSignal): Promise<void> {
    if (signal !== this.#signal) {
      this.#signal = signal;
      signal.addEventListener('abort', () => this.#wake());
    }
    const builder = this.#build(block);
    this.#waiting.push(builder);
    this.#waitingBytes += builder.length;
    if (!this.#isSending) void this.#send();
    await this.#until(() => this.#waitingBytes <= MOST_WAITING_BYTES);
  }

  async prepare(): Promise<Prepared> {
    await this.#until(() => this.#waiting.length === 0);
    return { state: this.#transactions?.prepare() ?? null, durable: async () => {} };
  }

  async close(): Promise<void> {
    await this.#transactions?.close();
    this.#onEnd();
  }

  get #producer(): Producer {
    return this.#transactions?.producer ?? this.#plain;
  }

  #build({ bytes, queued }: Block): BatchBuilder {
    const { meta, partition } = queued!;
    const builder = new BatchBuilder(this.#options.topic, partition);
    if (!meta.messages) {
      builder.add(0, NONE, sliceOf(this.#payloads.encode(meta, bytes)), NAMES, BATCH_HEADERS);
      return builder;
    }
    for (const { value, headers } of recordMessagesOf(meta, bytes)) {
      const texts = RECORD_HEADERS.map((name) => headers[name]);
      const slices = texts.map((text) => (text === undefined ? NONE : sliceOf(Buffer.from(text))));
      builder.add(builder.count, NONE, sliceOf(value), NAMES, [OF_RECORDS, ...slices]);
    }
    return builder;
  }

  /** Sends what waits until nothing does, however often that takes. */
  async #send(): Promise<void> {
    this.#isSending = true;
    const pauses = new Pauses();
    try {
      while (this.#waiting.length > 0) {
        const problem = await this.#sendOnce();
        if (!problem) {
          pauses.reset();
          continue;
        }
        this.#warn(problem);
        await this.#client.refresh([this.#options.topic]).catch(() => {});
        await pauses.wait(this.#signal);
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#isSending = false;
    this.#wake();
  }

  /** @returns what may be over at the next try */
  async #sendOnce(): Promise<Error | undefined> {
    const sent = this.#waiting.slice(0, MOST_IN_FLIGHT);
    let outcomes: readonly Outcome[];
    try {
      outcomes = await this.#producer.send(sent);
    } catch (thrown) {
      const error = kafkaError(`cannot write to the topic ${this.#options.topic}`, thrown);
      if (error.retryable) return error;
      throw error;
    }
    const left = sent.filter((_, i) => outcomes[i]!.kind !== 'written');
    for (const [i, { kind }] of outcomes.entries())
      if (kind === 'written') this.#waitingBytes -= sent[i]!.length;
    this.#waiting = [...left, ...this.#waiting.slice(sent.length)];
    this.#wake();
    return this.#problemOf(outcomes);
  }

  #problemOf(outcomes: readonly Outcome[]): Error | undefined {
    const { topic } = this.#options;
    const again = outcomes.find((one) => one.kind === 'again');
    for (const outcome of outcomes) {
      if (outcome.kind === 'too_large') {
        const message = `the topic ${topic} does not take batches as large as these: raise its max.message.bytes, or lower runtime.batch.max_bytes`;
        throw new MillraceError('message_too_large', message, { blame: 'config' });
      }
      if (outcome.kind === 'refused')
        throw new MillraceError('kafka_failed', outcome.message, { blame: 'external' });
      if (outcome.kind === 'anew' && !again) {
        this.#producer.renew();
        return undefined;
      }
    }
    return again && new Error(again.message);
  }

  async #until(isSo: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      this.#signal.throwIfAborted();
      if (isSo()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  readonly #warn = (error: Error): void => {
    this.#log.warn({ code: 'kafka_failed' }, `${messageOf(error)}; trying again`);
  };
}

function sliceOf(bytes: Uint8Array): Slice {
  return { bytes, start: 0, end: bytes.length };
}
