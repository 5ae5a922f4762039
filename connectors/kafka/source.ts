import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue, Outlet, Positions, Source, StageContext } from '#component';
import { KafkaClient, type TopicPartition } from './client.js';
import type { ConnectionOptions } from './connection.js';
import type { FetchedPartition } from './fetch.js';
import { Fetcher } from './fetcher.js';
import { GroupMember } from './group.js';
import { nameOf, type Offsets, offsetsAt } from './offsets.js';
import type { PartitionOptions, PartitionProgress } from './partition-progress.js';
import { persist } from './persist.js';
import { type Start, startOf } from './start.js';

export interface KafkaSourceOptions {
  readonly connection: ConnectionOptions;
  readonly topics: readonly string[];
  /** All topics whose names it matches, beside those named. */
  readonly pattern: RegExp | undefined;
  readonly group: string;
  readonly start: Start;
  /** Whether to wait for more at the end. */
  readonly follow: boolean;
  readonly committedOnly: boolean;
  /** Where the end is that it ends at: behind transactions that are open, which are waited for, or before them. */
  readonly end: 'written' | 'committed';
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** What the group keeps beside an offset that was committed by a durable checkpoint. */
const COMMITTED_BY = 'millrace';
const LOOK_FOR_TOPICS_MS = 30_000;
const LOOK_AGAIN_MS = 1000;
/** Of the time that the group waits for its members, so much may be spent on what was read before. */
const DRAIN_SHARE = 0.8;
const COMMIT_AGAIN_MS = 200;

/** Reads one partition. */
export interface Reader<C> extends PartitionProgress {
  /** What a broker has sent, to be passed on. Ends early when the signal aborts; what was not passed on is forgotten. */
  chunks(fetched: FetchedPartition, outlet: Outlet, signal: AbortSignal): AsyncGenerator<C>;
}

/** What a source is told of its surroundings. */
export type KafkaSourceContext = Pick<StageContext, 'stage' | 'log' | 'requestCheckpoint'>;

/** Reads topics as a member of a consumer group. */
export class KafkaSource<C> implements Source<C> {
  readonly #options: KafkaSourceOptions;
  readonly #context: KafkaSourceContext;
  readonly #makeReader: (options: PartitionOptions) => Reader<C>;
  /** Nothing more will come: what is there is read to its end. */
  #isEnding = false;
  #rebalance: AbortController | undefined;
  readonly #client: KafkaClient;
  readonly #member: GroupMember;
  /** Of the present generation, by their names. */
  #readers: ReadonlyMap<string, Reader<C>> = new Map();
  /** Of the last checkpoint, by the partitions' names. */
  #checkpoint: Positions = new Map();
  #lapses = 0;
  #onCommitted: (() => void) | undefined;

  constructor(
    options: KafkaSourceOptions,
    context: KafkaSourceContext,
    makeReader: (options: PartitionOptions) => Reader<C>,
  ) {
    this.#makeReader = makeReader;
    this.#options = options;
    this.#context = context;
    this.#client = new KafkaClient(options.connection);
    const { group, sessionTimeoutMs, rebalanceTimeoutMs } = options;
    this.#member = new GroupMember(this.#client, {
      group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      log: context.log,
    });
  }

  async *read(outlet: Outlet, signal: AbortSignal, from: Positions): AsyncGenerator<C> {
    this.#checkpoint = from;
    try {
      while (!signal.aborted) {
        const topics = await this.#findTopics(signal);
        const rebalance = new AbortController();
        this.#rebalance = rebalance;
        const own = await this.#member.join(topics, signal, () => rebalance.abort());
        // As whoever shared the partitions out saw it, where that is this member: what it did not see is still to come.
        const known = this.#shape(topics);
        const generation = AbortSignal.any([signal, rebalance.signal]);
        await this.#begin(own, signal);
        const lookout = this.#watchTopics(known, rebalance, generation);
        const isAtEnd = yield* this.#readGeneration(outlet, generation);
        rebalance.abort();
        await lookout;
        if (isAtEnd) return;
        if (!signal.aborted) await this.#drain(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Ends where the partitions end now, as without `follow`. */
  endSoon(): void {
    this.#isEnding = true;
    this.#rebalance?.abort();
  }

  get #follows(): boolean {
    return this.#options.follow && !this.#isEnding;
  }

  /** Offsets that a durable checkpoint holds are committed, of the partitions that are ours. */
  async commit(positions: Positions): Promise<void> {
    this.#checkpoint = positions;
    const advanced = [...this.#readers.values()].filter((reader) => reader.isBehind(positions));
    try {
      const offsets = advanced.map((reader) => reader.offsetIn(positions));
      if (offsets.length > 0) await this.#member.commit(offsets, COMMITTED_BY);
      for (const reader of advanced) reader.committed(positions);
    } catch {
      // The checkpoint is what counts; the group learns of it with the next one, or from whoever starts there.
    }
    this.#onCommitted?.();
  }

  async close(): Promise<void> {
    try {
      await this.#member.leave();
    } catch {
      // The group will miss it soon.
    }
    await this.#client.close();
  }

  /** The names of those topics that there are; waits for the first. */
  async #findTopics(signal: AbortSignal): Promise<readonly string[]> {
    for (let isFirst = true; ; isFirst = false) {
      const found = await persist('cannot ask Kafka for topics', signal, () => this.#topics(), this.#warn);
      if (found.length > 0) return found;
      const { topics, pattern } = this.#options;
      const wanted = [...topics, ...(pattern ? [String(pattern)] : [])].join(', ');
      if (isFirst)
        this.#context.log.warn({ topics: wanted }, `there is no topic ${wanted} yet; waiting for it`);
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  }

  async #topics(): Promise<readonly string[]> {
    const { topics, pattern } = this.#options;
    const cluster = await this.#client.refresh(pattern ? undefined : topics);
    return [...cluster.topics.keys()].filter((name) => topics.includes(name) || pattern?.test(name)).sort();
  }

  /** Joins anew when there are other topics or partitions than before. */
  async #watchTopics(known: string, rebalance: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleep(LOOK_FOR_TOPICS_MS, undefined, { signal });
        if (this.#shape(await this.#topics()) !== known) rebalance.abort();
      } catch {
        // It is looked at again; what is wrong with the cluster is said by whoever reads.
      }
    }
  }

  #shape(topics: readonly string[]): string {
    const { topics: found } = this.#client.cluster;
    return topics.map((name) => `${name}/${found.get(name)?.partitions.length}`).join();
  }

  async #begin(own: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    const former = this.#member.lapses === this.#lapses ? this.#readers : new Map<string, Reader<C>>();
    this.#lapses = this.#member.lapses;
    const fresh = own.filter((one) => !former.has(nameOf(one)));
    const offsets = await persist(
      'cannot find where to start',
      signal,
      () => this.#startOf(fresh),
      this.#warn,
    );
    const ends = await this.#ends(own, signal);
    const readers = own.map((one) => {
      const name = nameOf(one);
      const reader =
        former.get(name) ??
        this.#makeReader({
          source: this.#context.stage,
          ...one,
          topicId: this.#client.cluster.topics.get(one.topic)!.id,
          offset: offsets.get(name)!,
          committedOnly: this.#options.committedOnly,
        });
      reader.begin(ends.get(name));
      return [name, reader] as const;
    });
    this.#readers = new Map(readers);
    const { group } = this.#options;
    this.#context.log.info(
      { group, partitions: own.map(nameOf) },
      `reads ${own.length} partitions in the group ${group}`,
    );
  }

  async #startOf(partitions: readonly TopicPartition[]): Promise<Offsets> {
    if (partitions.length === 0) return new Map();
    const { start, committedOnly } = this.#options;
    await this.#client.refresh([...new Set(partitions.map(({ topic }) => topic))]);
    const committed = await this.#member.committed(partitions);
    return startOf(this.#client, partitions, {
      start,
      committedOnly,
      checkpoint: this.#checkpoint as ReadonlyMap<string, JsonValue>,
      committed: new Map(
        committed.map((one) => [nameOf(one), { ...one, isOurs: one.metadata === COMMITTED_BY }]),
      ),
    });
  }

  async #ends(own: readonly TopicPartition[], signal: AbortSignal): Promise<Offsets> {
    if (this.#follows || own.length === 0) return new Map();
    const { committedOnly, end } = this.#options;
    const find = () => offsetsAt(this.#client, own, 'latest', committedOnly && end === 'committed');
    return persist('cannot find the ends of the topics', signal, find, this.#warn);
  }

  /** @returns whether all has been read that was there at the start, where no more is waited for */
  async *#readGeneration(outlet: Outlet, signal: AbortSignal): AsyncGenerator<C, boolean> {
    const readers = [...this.#readers.values()];
    const { committedOnly } = this.#options;
    const isAtEnd = (): boolean => !this.#follows && readers.every((reader) => reader.isAtEnd);
    if (isAtEnd()) return true;
    const fetcher = new Fetcher({
      client: this.#client,
      partitions: readers,
      maxBytes: outlet.batchBytes,
      committedOnly,
      log: this.#context.log,
      onOutOfRange: (reading) => this.#outOfRange(reading as Reader<C>),
    });
    for await (const { reading, fetched } of fetcher.partitions(signal)) {
      const reader = reading as Reader<C>;
      yield* reader.chunks(fetched, outlet, signal);
      if (signal.aborted) return false;
      if (isAtEnd()) return true;
    }
    return false;
  }

  async #outOfRange(reader: PartitionProgress): Promise<number> {
    const name = nameOf(reader);
    const [start, end] = await Promise.all(
      (['earliest', 'latest'] as const).map(
        async (when) => (await offsetsAt(this.#client, [reader], when, false)).get(name)!,
      ),
    );
    const asked = reader.fetchOffset;
    const from = asked < start! ? start! : end!;
    const why =
      asked < start! ? "have been removed by the topic's retention" : 'are not there: the topic was cut off';
    const message = `the records of ${name} from offset ${asked} on ${why}; reading on at ${from}`;
    this.#context.log.warn({ partition: name, asked, from }, message);
    reader.skipTo(from);
    return from;
  }

  /** Before others take over: waits until what was read is in a checkpoint and committed, so that they do not read it again. */
  async #drain(signal: AbortSignal): Promise<void> {
    const endMs = performance.now() + this.#options.rebalanceTimeoutMs * DRAIN_SHARE;
    const hasUncommitted = () => [...this.#readers.values()].some((reader) => reader.hasUncommitted);
    while (!signal.aborted && performance.now() < endMs && hasUncommitted()) {
      this.#context.requestCheckpoint?.();
      const committed = new Promise<void>((resolve) => {
        this.#onCommitted = resolve;
      });
      await Promise.race([committed, sleep(COMMIT_AGAIN_MS, undefined, { signal }).catch(() => {})]);
      // The group may have refused the offsets of a checkpoint that no other follows, as nothing more was read.
      await this.commit(this.#checkpoint);
    }
    this.#onCommitted = undefined;
  }

  readonly #warn = (error: Error): void => {
    this.#context.log.warn({ code: 'kafka_failed' }, `${error.message}; trying again`);
  };
}
