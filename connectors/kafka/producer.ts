import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchBuilder, ProducerIdentity } from './batch-builder.js';
import type { KafkaClient, Topic, TopicPartition } from './client.js';
import type { Compression } from './compressions.js';
import { isCausedBy, kafkaError } from './errors.js';
import { nameOf } from './offsets.js';
import { type Batch, type Produced, produceRequest } from './produce.js';
import { addPartitionsRequest, lostTransaction, TRANSACTION } from './transaction-requests.js';

/** Sequences of a producer begin anew behind it. */
const SEQUENCES = 2 ** 31;
const TIMEOUT_MS = 10_000;
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 800;
/** The end of a transaction is still being written where its records are. */
const CONCURRENT_PAUSE_MS = 20;
const CONCURRENT_ATTEMPTS = 100;

/** Errors of single batches, by what is done about them. */
const ErrorCode = {
  NONE: 0,
  TOO_LARGE: 10,
  LIST_TOO_LARGE: 18,
  OUT_OF_ORDER: 45,
  DUPLICATE: 46,
  INVALID_RECORD: 87,
} as const;
/** The producer is not known (any more) as it was: it begins anew, as another. */
const LOST_IDENTITY: ReadonlySet<number> = new Set([ErrorCode.OUT_OF_ORDER, 47, 49, 59, 90]);
/** Of a transaction: it was given up, has to be, or another process has its id now. */
const FENCED: ReadonlySet<number> = new Set([47, 48, 49, 59, 90, 120]);
/** Trying again, perhaps at another broker, may help: LEADER_NOT_AVAILABLE, NOT_ENOUGH_REPLICAS and so on. */
const TRANSIENT: ReadonlySet<number> = new Set([
  2, 3, 5, 6, 7, 8, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 74, 75, 76,
]);

export type Outcome =
  | { readonly kind: 'written' }
  /** It shall come again as it is. */
  | { readonly kind: 'again'; readonly message: string }
  /** It shall come again with another sequence. */
  | { readonly kind: 'anew' }
  /** It shall come again in smaller parts. */
  | { readonly kind: 'too_large'; readonly message: string }
  /** The broker does not take it, or some of its records: by their index in the batch. */
  | { readonly kind: 'refused'; readonly message: string; readonly records: ReadonlyMap<number, string> };

interface Numbered {
  readonly builder: BatchBuilder;
  readonly bytes: Buffer;
  readonly nextSequence: number;
}

export interface TransactionOptions {
  /** The transactional id. */
  readonly id: string;
  /** After so long the brokers give up a transaction that was not ended. */
  readonly timeoutMs: number;
}

export interface ProducerOptions {
  readonly client: KafkaClient;
  readonly compression: Compression;
  /** With it, whatever is sent is part of a transaction, which is begun by the first batch. */
  readonly transaction?: TransactionOptions;
}

/**
 * An idempotent producer (KIP-98): each batch has a number in its partition, so that one that comes twice, because an answer was
 * lost, is written once.
 */
export class Producer {
  readonly #client: KafkaClient;
  readonly #compression: Compression;
  readonly #transaction: TransactionOptions | undefined;
  #identity: ProducerIdentity | undefined;
  readonly #sequences = new Map<string, number>();
  /** In a transaction: the sequences behind what was written. */
  readonly #written = new Map<string, number>();
  /** Those that were numbered and not yet answered for good. */
  readonly #numbered = new Map<BatchBuilder, Numbered>();
  /** Of the open transaction its partitions. */
  readonly #joined = new Set<string>();

  constructor({ client, compression, transaction }: ProducerOptions) {
    this.#client = client;
    this.#compression = compression;
    this.#transaction = transaction;
  }

  /** Who it is in the transaction that is open; undefined where none is. */
  get openTransaction(): ProducerIdentity | undefined {
    return this.#joined.size > 0 ? this.#identity : undefined;
  }

  /** Its transaction was committed or given up; the next batch begins another. */
  transactionEnded(): void {
    this.#joined.clear();
  }

  get topics(): ReadonlyMap<string, Topic> {
    return this.#client.cluster.topics;
  }

  /** Makes topics known. Those that do not exist are made, where the brokers allow it; that takes a moment. */
  async findTopics(names: readonly string[]): Promise<void> {
    const wanted = [...new Set([...this.topics.keys(), ...names])];
    for (let waitMs = FIRST_LOOK_MS; ; waitMs *= 2) {
      await this.#client.refresh(wanted, true);
      if (waitMs > LAST_LOOK_MS || names.every((name) => this.topics.has(name))) return;
      await sleep(waitMs);
    }
  }

  /**
   * What was numbered and not written is not numbered any more. It begins anew as another; in a transaction, of which it can only
   * be one, it goes on behind what was written, so that no batch may be left whose answer is not known.
   */
  renew(): void {
    this.#sequences.clear();
    this.#numbered.clear();
    if (this.#transaction) for (const [name, sequence] of this.#written) this.#sequences.set(name, sequence);
    else this.#identity = undefined;
  }

  /**
   * Sends batches, those of one partition in their order, and resolves when all have been answered.
   * @throws MillraceError `kafka_transaction_lost` where the brokers have given up the transaction
   */
  async send(builders: readonly BatchBuilder[]): Promise<readonly Outcome[]> {
    await this.identify();
    if (this.#transaction) await this.#join(builders, this.#transaction.id);
    const timeMs = Date.now();
    const numbered = builders.map((builder) => this.#number(builder, timeMs));
    const outcomes = new Map<BatchBuilder, Outcome>();
    const sent = this.#rounds(numbered).map((round) => this.#sendRound(round, outcomes));
    await Promise.all(sent);
    return this.#settle(builders, outcomes);
  }

  /** Gets its number from the brokers, where it has none. A transaction that the same id had open is given up by that. */
  async identify(): Promise<void> {
    if (this.#identity) return;
    type Answer = { readonly producerId: bigint; readonly producerEpoch: number };
    const { id = null, timeoutMs = 0 } = this.#transaction ?? {};
    const asked = [id, timeoutMs, -1n, -1];
    const answer = await whileConcurrent(() =>
      id === null
        ? this.#client.call<Answer>(undefined, 'InitProducerId', asked)
        : this.#client.coordinated<Answer>(TRANSACTION, id, 'InitProducerId', asked),
    );
    this.#identity = { id: Number(answer.producerId), epoch: answer.producerEpoch };
  }

  /** Tells the coordinator which partitions become part of the transaction. */
  async #join(builders: readonly BatchBuilder[], id: string): Promise<void> {
    const fresh = new Map<string, TopicPartition>();
    for (const one of builders) if (!this.#joined.has(nameOf(one))) fresh.set(nameOf(one), one);
    if (fresh.size === 0) return;
    const ask = (): Promise<void> => {
      const request = addPartitionsRequest(id, this.#identity!, [...fresh.values()]);
      return whileConcurrent(() => this.#client.coordinatedSend(TRANSACTION, id, request));
    };
    try {
      await ask().catch(async (error) => {
        // Brokers forget an id that nobody has used for a week.
        if (this.#joined.size > 0 || !isCausedBy(error, 'INVALID_PRODUCER_ID_MAPPING')) throw error;
        this.#identity = undefined;
        this.#written.clear();
        this.renew();
        await this.identify();
        await ask();
      });
    } catch (error) {
      throw lostTransaction(error) ?? error;
    }
    for (const name of fresh.keys()) this.#joined.add(name);
  }

  /** A batch that was refused because the one before it is missing comes again with that. */
  #settle(builders: readonly BatchBuilder[], outcomes: ReadonlyMap<BatchBuilder, Outcome>): Outcome[] {
    const missing = new Map<string, Outcome>();
    const settled = builders.map((builder) => {
      const outcome = outcomes.get(builder)!;
      const name = nameOf(builder);
      if (outcome.kind === 'again') missing.set(name, outcome);
      return outcome.kind === 'anew' ? (missing.get(name) ?? outcome) : outcome;
    });
    for (const [i, { kind }] of settled.entries()) {
      const numbered = this.#numbered.get(builders[i]!);
      if (kind === 'again' || !numbered) continue;
      this.#numbered.delete(numbered.builder);
      if (kind === 'written') this.#written.set(nameOf(numbered.builder), numbered.nextSequence);
    }
    const isRefused = settled.some(({ kind }) => kind === 'too_large' || kind === 'refused');
    if (this.#transaction && !isRefused && settled.some(({ kind }) => kind === 'anew')) {
      const why = 'a batch is missing in a partition: was the topic deleted meanwhile?';
      throw lostTransaction(undefined, why)!;
    }
    return settled;
  }

  #number(builder: BatchBuilder, timeMs: number): Numbered {
    const known = this.#numbered.get(builder);
    if (known) return known;
    const name = nameOf(builder);
    const sequence = this.#sequences.get(name) ?? 0;
    const nextSequence = (sequence + builder.count) % SEQUENCES;
    this.#sequences.set(name, nextSequence);
    const isTransactional = this.#transaction !== undefined;
    const bytes = builder.finish(timeMs, this.#identity!, sequence, this.#compression, isTransactional);
    const numbered = { builder, bytes, nextSequence };
    this.#numbered.set(builder, numbered);
    return numbered;
  }

  /** Requests, each for one broker and with one batch of a partition at most. They go out one behind another. */
  #rounds(numbered: readonly Numbered[]): { readonly node: number; readonly batches: readonly Numbered[] }[] {
    const rounds: { node: number; batches: Numbered[]; taken: Set<string> }[] = [];
    for (const one of numbered) {
      const { topic, partition } = one.builder;
      const node = this.topics.get(topic)?.partitions[partition]?.leader ?? -1;
      const name = nameOf(one.builder);
      let place = rounds.findLastIndex((round) => round.node === node && round.taken.has(name)) + 1;
      while (place < rounds.length && rounds[place]!.node !== node) place++;
      rounds[place] ??= { node, batches: [], taken: new Set() };
      rounds[place]!.batches.push(one);
      rounds[place]!.taken.add(name);
    }
    return rounds;
  }

  async #sendRound(
    { node, batches }: { readonly node: number; readonly batches: readonly Numbered[] },
    outcomes: Map<BatchBuilder, Outcome>,
  ): Promise<void> {
    const sent = batches.map(
      ({ builder: { topic, partition }, bytes }): Batch => ({ topic, partition, bytes }),
    );
    const request = produceRequest(sent, TIMEOUT_MS, this.#transaction?.id ?? null);
    let answers: readonly Produced[];
    try {
      answers = await this.#client.send(node, 'produce', request);
    } catch (thrown) {
      const error = kafkaError('cannot write to Kafka', thrown);
      if (!error.retryable) throw error;
      for (const { builder } of batches) outcomes.set(builder, { kind: 'again', message: error.message });
      return;
    }
    const byName = new Map(answers.map((answer) => [nameOf(answer), answer]));
    for (const { builder } of batches) {
      const answer = byName.get(nameOf(builder));
      if (this.#transaction && answer && FENCED.has(answer.errorCode))
        throw lostTransaction(undefined, answer.message ?? `error ${answer.errorCode} of Kafka's protocol`)!;
      outcomes.set(builder, outcomeOf(answer));
    }
  }
}

async function whileConcurrent<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= CONCURRENT_ATTEMPTS || !isCausedBy(error, 'CONCURRENT_TRANSACTIONS')) throw error;
      await sleep(CONCURRENT_PAUSE_MS);
    }
  }
}

function outcomeOf(answer: Produced | undefined): Outcome {
  if (!answer) return { kind: 'again', message: 'the broker did not answer for a partition' };
  const { topic, errorCode, recordErrors } = answer;
  if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE) return { kind: 'written' };
  const message = answer.message ?? `${nameOf(answer)}: error ${errorCode} of Kafka's protocol`;
  if (LOST_IDENTITY.has(errorCode)) return { kind: 'anew' };
  if (TRANSIENT.has(errorCode)) return { kind: 'again', message };
  if (errorCode === ErrorCode.TOO_LARGE || errorCode === ErrorCode.LIST_TOO_LARGE) {
    const limit = `larger than the topic ${topic} takes (its max.message.bytes)`;
    return { kind: 'too_large', message: limit };
  }
  const records = new Map(recordErrors.map(({ index, message: said }) => [index, said ?? message]));
  return { kind: 'refused', message, records };
}
