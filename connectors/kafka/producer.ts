import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchBuilder, ProducerIdentity } from './batch-builder.js';
import type { KafkaClient, Topic } from './client.js';
import type { Compression } from './compressions.js';
import { kafkaError } from './errors.js';
import { nameOf } from './offsets.js';
import { type Batch, type Produced, produceRequest } from './produce.js';

/** Sequences of a producer begin anew behind it. */
const SEQUENCES = 2 ** 31;
const TIMEOUT_MS = 10_000;
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 800;

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
}

export interface ProducerOptions {
  readonly client: KafkaClient;
  readonly compression: Compression;
}

/**
 * An idempotent producer (KIP-98): each batch has a number in its partition, so that one that comes twice, because an answer was
 * lost, is written once.
 */
export class Producer {
  readonly #client: KafkaClient;
  readonly #compression: Compression;
  #identity: ProducerIdentity | undefined;
  readonly #sequences = new Map<string, number>();
  /** Those that were numbered and not yet answered for good. */
  readonly #numbered = new Map<BatchBuilder, Numbered>();

  constructor({ client, compression }: ProducerOptions) {
    this.#client = client;
    this.#compression = compression;
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

  /** It begins anew as another: what was numbered is not. */
  renew(): void {
    this.#identity = undefined;
    this.#sequences.clear();
    this.#numbered.clear();
  }

  /** Sends batches, those of one partition in their order, and resolves when all have been answered. */
  async send(builders: readonly BatchBuilder[]): Promise<readonly Outcome[]> {
    this.#identity ??= await this.#identify();
    const timeMs = Date.now();
    const numbered = builders.map((builder) => this.#number(builder, timeMs));
    const outcomes = new Map<BatchBuilder, Outcome>();
    const sent = this.#rounds(numbered).map((round) => this.#sendRound(round, outcomes));
    await Promise.all(sent);
    return builders.map((builder) => outcomes.get(builder)!);
  }

  #number(builder: BatchBuilder, timeMs: number): Numbered {
    const known = this.#numbered.get(builder);
    if (known) return known;
    const name = nameOf(builder);
    const sequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, (sequence + builder.count) % SEQUENCES);
    const bytes = builder.finish(timeMs, this.#identity!, sequence, this.#compression, false);
    const numbered = { builder, bytes };
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
    let answers: readonly Produced[];
    try {
      answers = await this.#client.send(node, 'produce', produceRequest(sent, TIMEOUT_MS, null));
    } catch (thrown) {
      const error = kafkaError('cannot write to Kafka', thrown);
      if (!error.retryable) throw error;
      for (const { builder } of batches) outcomes.set(builder, { kind: 'again', message: error.message });
      return;
    }
    const byName = new Map(answers.map((answer) => [nameOf(answer), answer]));
    for (const { builder } of batches) {
      const outcome = outcomeOf(byName.get(nameOf(builder)));
      if (outcome.kind !== 'again') this.#numbered.delete(builder);
      outcomes.set(builder, outcome);
    }
  }

  async #identify(): Promise<ProducerIdentity> {
    type Answer = { readonly producerId: bigint; readonly producerEpoch: number };
    const answer = await this.#client.call<Answer>(undefined, 'InitProducerId', [null, 0, -1n, -1]);
    return { id: Number(answer.producerId), epoch: answer.producerEpoch };
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
