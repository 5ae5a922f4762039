import { MillraceError, type StageLog } from '#component';
import type { KafkaClient } from './client.js';
import { kafkaError } from './errors.js';
import { type FetchAt, type FetchedPartition, fetchRequest } from './fetch.js';
import { Pauses } from './persist.js';
import { batchesIn } from './record-batch.js';

/** A partition that is being read. */
export interface Reading {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** From where the next request asks; ahead of what has been passed on. */
  fetchOffset: number;
}

export interface FetcherOptions {
  readonly client: KafkaClient;
  readonly partitions: readonly Reading[];
  readonly maxBytes: number;
  readonly committedOnly: boolean;
  readonly log: StageLog;
  /** An offset is not there (any more): where to go on. */
  readonly onOutOfRange: (reading: Reading) => Promise<number>;
}

/** What one broker has sent, partition by partition. */
interface Arrived {
  readonly node: number;
  readonly fetched: readonly FetchedPartition[];
  readonly error?: unknown;
}

const MOST_WAIT_MS = 500;
const OFFSET_OUT_OF_RANGE = 1;
const TOPIC_AUTHORIZATION_FAILED = 29;

/**
 * Reads partitions from their leaders: one request at a time of each broker, the next one while the answer of the last is
 * worked on. What has arrived is not paid for with credit: two answers a broker at most, each about as large as a batch.
 */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #byName: ReadonlyMap<string, Reading>;
  /** Brokers that have been asked. */
  readonly #pending = new Set<number>();
  readonly #arrived: Arrived[] = [];
  #wake: (() => void) | undefined;
  readonly #pauses = new Pauses();
  #turn = 0;
  #isStale = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#byName = new Map(
      options.partitions.map((reading) => [`${reading.topicId}/${reading.partition}`, reading]),
    );
  }

  /** Partitions with records in them, in turn, until the signal aborts. */
  async *partitions(signal: AbortSignal): AsyncGenerator<{ reading: Reading; fetched: FetchedPartition }> {
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
    while (!signal.aborted) {
      this.#askIdle();
      const arrived = await this.#next(signal);
      if (!arrived) return;
      this.#pending.delete(arrived.node);
      if (arrived.error !== undefined) {
        await this.#recover(arrived.error, signal);
        continue;
      }
      const filled = await this.#advance(arrived.fetched);
      if (this.#isStale) await this.#renew(signal);
      this.#askIdle();
      yield* filled;
    }
  }

  /** The next answer; undefined when the signal aborts before. */
  async #next(signal: AbortSignal): Promise<Arrived | undefined> {
    while (this.#arrived.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return signal.aborted ? undefined : this.#arrived.shift();
  }

  #send(node: number, answer: Promise<Arrived>): void {
    this.#pending.add(node);
    void answer.then((arrived) => {
      this.#arrived.push(arrived);
      this.#wake?.();
    });
  }

  /** Asks each broker from which nothing is on its way. */
  #askIdle(): void {
    const byNode = new Map<number, Reading[]>();
    for (const reading of this.#options.partitions) {
      const node = this.#leaderOf(reading);
      if (node === undefined || this.#pending.has(node)) continue;
      const readings = byNode.get(node) ?? [];
      byNode.set(node, readings);
      readings.push(reading);
    }
    for (const [node, readings] of byNode) this.#send(node, this.#ask(node, readings));
    if (this.#pending.size === 0) this.#send(-1, this.#withoutLeader());
  }

  async #ask(node: number, readings: readonly Reading[]): Promise<Arrived> {
    const { client, maxBytes, committedOnly } = this.#options;
    // A broker fills its answer in the order of the request: each partition is the first now and then.
    const turn = this.#turn++ % readings.length;
    const topics = new Map<string, FetchAt[]>();
    for (const reading of [...readings.slice(turn), ...readings.slice(0, turn)]) {
      const { topicId: id, partition, fetchOffset: offset } = reading;
      const leaderEpoch = client.cluster.topics.get(reading.topic)!.partitions[partition]!.leaderEpoch;
      topics.set(id, [...(topics.get(id) ?? []), { partition, leaderEpoch, offset }]);
    }
    const asked = {
      maxBytes,
      maxWaitMs: MOST_WAIT_MS,
      committedOnly,
      topics: [...topics].map(([id, partitions]) => ({ id, partitions })),
    };
    try {
      const { errorCode, partitions } = await client.send(node, 'fetch', fetchRequest(asked));
      return errorCode === 0
        ? { node, fetched: partitions }
        : { node, fetched: [], error: new Error(`the broker answers with the error ${errorCode}`) };
    } catch (error) {
      return { node, fetched: [], error };
    }
  }

  async #withoutLeader(): Promise<Arrived> {
    return { node: -1, fetched: [], error: new Error('the partitions have no leader') };
  }

  #leaderOf({ topic, topicId, partition }: Reading): number | undefined {
    const found = this.#options.client.cluster.topics.get(topic);
    const leader = found?.id === topicId ? found.partitions[partition]?.leader : undefined;
    return leader === -1 ? undefined : leader;
  }

  /** Moves the offsets behind what has come, so that the next request may go out. */
  async #advance(
    fetched: readonly FetchedPartition[],
  ): Promise<readonly { reading: Reading; fetched: FetchedPartition }[]> {
    const filled: { reading: Reading; fetched: FetchedPartition }[] = [];
    for (const one of fetched) {
      const reading = this.#byName.get(`${one.topicId}/${one.partition}`);
      if (!reading) continue;
      if (one.errorCode !== 0) await this.#partitionFailed(reading, one);
      // A partition that goes on elsewhere is told of, although nothing has come of it.
      let hasMoved = one.errorCode === OFFSET_OUT_OF_RANGE;
      for (const { lastOffset } of batchesIn(one.records)) {
        reading.fetchOffset = Math.max(reading.fetchOffset, lastOffset + 1);
        hasMoved = true;
      }
      if (hasMoved) filled.push({ reading, fetched: one });
    }
    if (filled.length > 0) this.#pauses.reset();
    return filled;
  }

  async #partitionFailed(reading: Reading, { errorCode }: FetchedPartition): Promise<void> {
    if (errorCode === OFFSET_OUT_OF_RANGE) {
      reading.fetchOffset = await this.#options.onOutOfRange(reading);
    } else if (errorCode === TOPIC_AUTHORIZATION_FAILED) {
      const message = `cannot read the topic ${reading.topic}: the user may not use it; grant the rights, or name another user`;
      throw new MillraceError('kafka_refused', message, { blame: 'config' });
    } else {
      // Its leader has changed, or is about to.
      this.#isStale = true;
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const failed = kafkaError('cannot read from Kafka', error);
    if (!failed.retryable) throw failed;
    this.#options.log.warn({ code: failed.code }, `${failed.message}; trying again`);
    await this.#renew(signal);
  }

  async #renew(signal: AbortSignal): Promise<void> {
    try {
      await this.#pauses.wait(signal);
      await this.#options.client.refresh([...new Set(this.#options.partitions.map(({ topic }) => topic))]);
      this.#isStale = false;
    } catch (error) {
      if (signal.aborted) return;
      if (!kafkaError('', error).retryable) throw error;
      this.#isStale = true;
    }
  }
}
