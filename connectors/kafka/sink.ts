import { randomInt } from 'node:crypto';
import {
  type Block,
  MillraceError,
  type Prepared,
  type RefusedRow,
  type Sink,
  type SinkState,
  type StageLog,
} from '#component';
import { BatchBuilder, headersLength, type Slice } from './batch-builder.js';
import { KafkaClient } from './client.js';
import type { Compression } from './compressions.js';
import type { ConnectionOptions } from './connection.js';
import { kafkaError } from './errors.js';
import { partitionOfKey } from './murmur2.js';
import { type Outcome, Producer } from './producer.js';
import { HEADER } from './sink-options.js';
import { NONE, Texts } from './texts.js';
import { lostTransaction } from './transaction-requests.js';
import { commitPrepared, Transactions } from './transactions.js';

export interface KafkaSinkOptions {
  readonly connection: ConnectionOptions;
  readonly headers: readonly string[];
  readonly compression: Compression;
  readonly maxBatchBytes: number;
  /** Without it, what was written since the last checkpoint is written again after a crash. */
  readonly transactions?: { readonly prefix: string; readonly timeoutMs: number };
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const TOPIC_NAME = /^[\w.-]{1,249}$/;

/** A block on its way: what the brokers have not taken yet. */
interface Unwritten {
  readonly block: Block;
  builders: readonly BatchBuilder[];
  /** Those that shall come again in other batches, of at most `limit` bytes. */
  rows: number[];
  limit: number;
  readonly refused: RefusedRow[];
}

/** Writes records to topics. A block has been written when all replicas in sync have it. */
export class KafkaSink implements Sink {
  readonly #options: KafkaSinkOptions;
  readonly #client: KafkaClient;
  readonly #plain: Producer;
  readonly #transactions: Transactions | undefined;
  readonly #log: StageLog;
  readonly #names: readonly Buffer[];
  #turn = randomInt(2 ** 16);
  #unwritten: Unwritten | undefined;
  /** Aborts when the run is torn down. */
  #signal = new AbortController().signal;

  constructor(options: KafkaSinkOptions, log: StageLog) {
    const { connection, compression, headers, transactions } = options;
    this.#options = options;
    this.#log = log;
    this.#client = new KafkaClient(connection);
    this.#plain = new Producer({ client: this.#client, compression });
    const common = { client: this.#client, compression, log };
    this.#transactions = transactions && new Transactions({ ...common, ...transactions });
    this.#names = headers.map((name) => Buffer.from(name));
  }

  async open(state: SinkState | undefined): Promise<SinkState> {
    if (this.#transactions) return await this.#transactions.open(state, this.#signal);
    await commitPrepared(this.#client, state, this.#log, this.#signal);
    return null;
  }

  async write(block: Block, signal: AbortSignal): Promise<readonly RefusedRow[]> {
    this.#signal = signal;
    const unwritten = await this.#begin(block);
    try {
      while (unwritten.builders.length > 0 || unwritten.rows.length > 0) {
        if (unwritten.builders.length === 0) this.#buildAgain(unwritten);
        const message = this.#sort(unwritten, await this.#producer.send(unwritten.builders));
        if (message !== undefined)
          throw new MillraceError('kafka_failed', message, { blame: 'external', retryable: true });
      }
    } catch (error) {
      throw await this.#failed(error);
    }
    this.#unwritten = undefined;
    return unwritten.refused;
  }

  async prepare(): Promise<Prepared> {
    return { state: this.#transactions?.prepare() ?? null, durable: async () => {} };
  }

  async commit(state: SinkState): Promise<void> {
    await this.#transactions?.commit(state, this.#signal);
  }

  async close(): Promise<void> {
    await this.#transactions?.close();
    await this.#client.close();
  }

  get #producer(): Producer {
    return this.#transactions?.producer ?? this.#plain;
  }

  /** The same block goes on where it was; of one that was given up, nothing is sent any more. */
  async #begin(block: Block): Promise<Unwritten> {
    if (this.#unwritten?.block === block) return this.#unwritten;
    if (this.#unwritten && this.#unwritten.builders.length > 0) this.#giveUpUnanswered();
    this.#unwritten = undefined;
    const limit = this.#options.maxBatchBytes;
    const unwritten: Unwritten = { block, builders: [], rows: [], limit, refused: [] };
    try {
      await this.#findTopics(block);
    } catch (error) {
      throw kafkaError('cannot write to Kafka', error);
    }
    const rows = Array.from({ length: block.records }, (_, row) => row);
    unwritten.builders = this.#build(unwritten, rows);
    this.#unwritten = unwritten;
    return unwritten;
  }

  #giveUpUnanswered(): void {
    const why = 'a block was given up, of which they may have taken a part';
    if (this.#transactions) throw lostTransaction(undefined, why)!;
    this.#plain.renew();
  }

  #buildAgain(unwritten: Unwritten): void {
    const rows = unwritten.rows.sort((a, b) => a - b);
    unwritten.rows = [];
    this.#producer.renew();
    unwritten.builders = this.#build(unwritten, rows);
  }

  /** Those of a block that are not known yet are asked for, and made where the brokers allow it. */
  async #findTopics({ envelope, records }: Block): Promise<void> {
    const topics = new Texts(envelope!.values.topic!);
    const unknown = new Set<string>();
    for (let row = 0; row < records; row++) {
      const topic = topics.at(row);
      if (topic !== undefined && TOPIC_NAME.test(topic) && !this.#producer.topics.has(topic))
        unknown.add(topic);
    }
    if (unknown.size > 0) await this.#producer.findTopics([...unknown]);
  }

  /** @returns what the brokers said of batches that shall come again as they are */
  #sort(unwritten: Unwritten, outcomes: readonly Outcome[]): string | undefined {
    const left: BatchBuilder[] = [];
    let message: string | undefined;
    let areTooLarge = false;
    for (const [i, outcome] of outcomes.entries()) {
      const builder = unwritten.builders[i]!;
      if (outcome.kind === 'again') {
        left.push(builder);
        message = outcome.message;
      } else if (outcome.kind === 'anew') {
        unwritten.rows.push(...builder.rows);
      } else if (outcome.kind === 'too_large' && builder.count > 1) {
        unwritten.rows.push(...builder.rows);
        areTooLarge = true;
      } else if (outcome.kind === 'too_large') {
        refuse(unwritten, builder.rows[0]!, 'message_too_large', outcome.message);
      } else if (outcome.kind === 'refused') {
        unwritten.rows.push(...refusedOf(unwritten, builder, outcome));
      }
    }
    if (areTooLarge) unwritten.limit = Math.floor(unwritten.limit / 2);
    unwritten.builders = left;
    return message;
  }

  async #failed(thrown: unknown): Promise<MillraceError> {
    const error = kafkaError('cannot write to Kafka', thrown);
    // Leaders may have changed.
    if (error.retryable) await this.#client.refresh([...this.#producer.topics.keys()], true).catch(() => {});
    return error;
  }

  /** Batches of the rows, in their order in each partition. */
  #build(unwritten: Unwritten, rows: readonly number[]): readonly BatchBuilder[] {
    const { limit } = unwritten;
    const { bytes, envelope } = unwritten.block;
    const { ends, values } = envelope!;
    const topics = new Texts(values.topic!);
    const partitions = values.partition && new Texts(values.partition);
    const headers = this.#options.headers.map((name) => new Texts(values[`${HEADER}${name}`]!));
    const keys = values.key && new Texts(values.key);
    const key: Slice = keys ?? NONE;
    const value: Slice = { bytes, start: 0, end: 0 };
    const open = new Map<string, BatchBuilder[]>();
    const all: BatchBuilder[] = [];
    this.#turn++;
    for (const row of rows) {
      setMessage(value, ends, row);
      keys?.set(row);
      for (const header of headers) header.set(row);
      const topic = topics.at(row) ?? '';
      const partition = this.#partitionOf(unwritten, row, topic, partitions, key);
      if (partition === undefined) continue;
      const byPartition = open.get(topic) ?? [];
      open.set(topic, byPartition);
      let builder = byPartition[partition];
      const length = builder?.lengthWith(key, value, headersLength(this.#names, headers)) ?? 0;
      if (!builder || length > limit) {
        if (builder && key.start < 0) this.#turn++;
        builder = new BatchBuilder(topic, partition);
        byPartition[partition] = builder;
        all.push(builder);
      }
      builder.add(row, key, value, this.#names, headers);
    }
    return all;
  }

  /** Undefined where the record was refused. */
  #partitionOf(
    unwritten: Unwritten,
    row: number,
    topic: string,
    chosen: Texts | undefined,
    key: Slice,
  ): number | undefined {
    const count = this.#producer.topics.get(topic)?.partitions.length;
    if (count === undefined) {
      const isName = TOPIC_NAME.test(topic);
      const message = isName
        ? `the topic ${topic} does not exist, and the brokers do not make it`
        : `${JSON.stringify(topic)} is no name of a topic: up to 249 letters, digits, ".", "_" and "-"`;
      refuse(unwritten, row, isName ? 'topic_not_found' : 'invalid_topic', message, isName);
      return undefined;
    }
    const asked = chosen?.at(row);
    if (asked !== undefined) {
      const partition = Number(asked);
      if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
      const message = `${JSON.stringify(asked)} is no partition of the topic ${topic}, which has 0 to ${count - 1}`;
      refuse(unwritten, row, 'invalid_partition', message);
      return undefined;
    }
    return key.start < 0 ? this.#turn % count : partitionOfKey(key.bytes, key.start, key.end, count);
  }
}

function refuse({ refused }: Unwritten, row: number, code: string, message: string, retryable = false): void {
  refused.push({ row, code, message, ...(retryable && { retryable }) });
}

/** Refuses what the broker did not take. @returns the batch's other rows, which it threw away with them */
function refusedOf(
  unwritten: Unwritten,
  { rows }: BatchBuilder,
  { records, message }: Extract<Outcome, { kind: 'refused' }>,
): readonly number[] {
  if (records.size === 0) {
    for (const row of rows) refuse(unwritten, row, 'kafka_refused', message);
    return [];
  }
  for (const [index, said] of records) refuse(unwritten, rows[index]!, 'kafka_refused', said);
  return rows.filter((_, index) => !records.has(index));
}

/** The message of a row, without the line end behind it. */
function setMessage(slice: Slice, ends: Int32Array, row: number): void {
  const start = row === 0 ? 0 : ends[row - 1]!;
  let end = ends[row]!;
  if (end > start && slice.bytes[end - 1] === NEWLINE) {
    end--;
    if (end > start && slice.bytes[end - 1] === CARRIAGE_RETURN) end--;
  }
  slice.start = start;
  slice.end = end;
}
