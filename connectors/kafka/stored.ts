import {
  type JsonValue,
  MillraceError,
  type StoredBatch,
  type StoredPartition,
  type StoredQueue,
  type StoredQueueContext,
} from '#component';
import { readArrowPayload } from '../arrow.js';
import { type QueuedPayload, RecordBatchReader } from '../json.js';
import { AbortedProducers } from './aborted-producers.js';
import { KafkaClient, type TopicPartition } from './client.js';
import { isCausedBy, kafkaError } from './errors.js';
import { type FetchedPartition, fetchRequest } from './fetch.js';
import { GroupMember } from './group.js';
import { nameOf, offsetsAt } from './offsets.js';
import type { KafkaQueueOptions } from './queue.js';
import { batchesIn, RecordCursor, recordsOf } from './record-batch.js';
import { recordMessageAt } from './record-message.js';

const FETCH_BYTES = 2 ** 20;
const MOST_WAIT_MS = 500;
const OFFSET_OUT_OF_RANGE = 1;
/** What the group keeps beside an offset that a person has set: not that of a checkpoint, which the next run would rather believe. */
const RESET = 'millrace queue reset';

interface LogDirs {
  readonly results: readonly {
    readonly topics: readonly {
      readonly partitions: readonly { readonly partitionIndex: number; readonly partitionSize: bigint }[];
    }[];
  }[];
}

/** What a queue's topic holds, and how far its group has come. */
export async function storedQueue(
  options: KafkaQueueOptions,
  { log }: StoredQueueContext,
): Promise<StoredQueue> {
  const client = new KafkaClient(options.connection);
  const member = new GroupMember(client, { ...options, log });
  const queue = new StoredTopic(client, options.topic);
  try {
    const partitions = await queue.partitions();
    const committed = await member.committed(await queue.names());
    return {
      partitions,
      committed: new Map(committed.map((one) => [nameOf(one), one.offset as JsonValue])),
      moveTo: (offsets) => setGroup(member, options, offsets),
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw kafkaError(`cannot look at the topic ${options.topic}`, error);
  }
}

async function setGroup(
  member: GroupMember,
  { topic, group }: KafkaQueueOptions,
  offsets: ReadonlyMap<string, number>,
): Promise<void> {
  const asked = [...offsets].map(([name, offset]) => {
    return { topic, partition: Number(name.slice(topic.length + 1)), offset };
  });
  try {
    await member.commit(asked, RESET);
  } catch (error) {
    if (!isCausedBy(error, 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'))
      throw kafkaError(`cannot set the group ${group}`, error);
    const message = `the group ${group} is in use: stop all processes that take records out of the queue, on all machines (after a crash wait for session_timeout)`;
    throw new MillraceError('kafka_group_in_use', message, { blame: 'external', cause: error });
  }
}

class StoredTopic {
  readonly #client: KafkaClient;
  readonly #topic: string;

  constructor(client: KafkaClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  async names(): Promise<TopicPartition[]> {
    const cluster = await this.#client.refresh([this.#topic]);
    const found = cluster.topics.get(this.#topic)?.partitions ?? [];
    return found.map((_, partition) => ({ topic: this.#topic, partition }));
  }

  async partitions(): Promise<StoredPartition[]> {
    const names = await this.names();
    const first = await offsetsAt(this.#client, names, 'earliest', true);
    const next = await offsetsAt(this.#client, names, 'latest', true);
    const sizes = await this.#sizes(names);
    const stored: StoredPartition[] = [];
    for (const one of names) {
      const key = nameOf(one);
      const [firstOffset, nextOffset] = [first.get(key)!, next.get(key)!];
      stored.push({
        ...{ key, firstOffset, nextOffset, bytes: sizes.get(one.partition) ?? 0 },
        countsBatches: true,
        oldestMs: firstOffset < nextOffset ? await this.#oldest(one, firstOffset) : undefined,
        offsetAtTime: async (timeMs) => {
          const at = await offsetsAt(this.#client, [one], { timestampMs: Math.ceil(timeMs) }, true);
          return Math.min(at.get(key)!, nextOffset);
        },
        read: (from, to) => this.#read(one, from, to),
      });
    }
    return stored;
  }

  /** On the disks of the leaders; of none where the user may not ask for it. */
  async #sizes(names: readonly TopicPartition[]): Promise<ReadonlyMap<number, number>> {
    const sizes = new Map<number, number>();
    for (const leader of new Set(names.map((one) => this.#leaderOf(one).leader))) {
      const own = names.filter((one) => this.#leaderOf(one).leader === leader);
      const asked = [{ name: this.#topic, partitions: own.map(({ partition }) => partition) }];
      try {
        const { results } = await this.#client.call<LogDirs>(leader, 'DescribeLogDirs', [asked]);
        const found = results.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions));
        for (const { partitionIndex, partitionSize } of found)
          sizes.set(partitionIndex, Number(partitionSize));
      } catch (error) {
        if (!isCausedBy(error, 'CLUSTER_AUTHORIZATION_FAILED')) throw error;
      }
    }
    return sizes;
  }

  #leaderOf({ partition }: TopicPartition): { readonly leader: number; readonly leaderEpoch: number } {
    return this.#client.cluster.topics.get(this.#topic)!.partitions[partition]!;
  }

  async #oldest(one: TopicPartition, offset: number): Promise<number | undefined> {
    const { records } = await this.#fetch(one, offset, 1);
    for (const { firstTimeMs } of batchesIn(records)) return firstTimeMs;
    return undefined;
  }

  async *#read(one: TopicPartition, from: number, to: number): AsyncGenerator<StoredBatch> {
    for (let offset = from; offset < to; ) {
      const fetched = await this.#fetch(one, offset, FETCH_BYTES);
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE) {
        // Retention has gone on meanwhile.
        const first = await offsetsAt(this.#client, [one], 'earliest', true);
        offset = Math.max(offset + 1, first.get(nameOf(one))!);
        continue;
      }
      for (const message of messagesOf(fetched, offset)) {
        if (message.offset >= to) return;
        yield message;
      }
      for (const { lastOffset } of batchesIn(fetched.records)) offset = Math.max(offset, lastOffset + 1);
    }
  }

  async #fetch(one: TopicPartition, offset: number, maxBytes: number): Promise<FetchedPartition> {
    const { leader, leaderEpoch } = this.#leaderOf(one);
    const { id } = this.#client.cluster.topics.get(this.#topic)!;
    const at = { partition: one.partition, leaderEpoch, offset };
    const topics = [{ id, partitions: [at] }];
    const request = fetchRequest({ maxBytes, maxWaitMs: MOST_WAIT_MS, committedOnly: true, topics });
    const { errorCode, partitions } = await this.#client.send(leader, 'fetch', request);
    const [fetched] = partitions;
    const code = errorCode !== 0 ? errorCode : (fetched?.errorCode ?? 0);
    if (fetched && (code === 0 || code === OFFSET_OUT_OF_RANGE)) return fetched;
    const message = `cannot read ${nameOf(one)}: error ${code} of Kafka's protocol`;
    throw new MillraceError('kafka_failed', message, { blame: 'external' });
  }
}

/** Its batches from an offset on; messages of others are passed over. */
function* messagesOf(fetched: FetchedPartition, from: number): Generator<StoredBatch> {
  const aborted = new AbortedProducers(fetched, true);
  const cursor = new RecordCursor();
  for (const batch of batchesIn(fetched.records)) {
    if (batch.lastOffset < from || aborted.skips(batch)) continue;
    cursor.begin(recordsOf(fetched.records, batch), batch);
    while (cursor.next()) {
      const { offset, timeMs } = cursor;
      const payload = offset < from ? undefined : payloadAt(cursor);
      if (!payload) continue;
      const { meta, bytes } = payload;
      const copyTo = (buffer: ArrayBuffer) => {
        new Uint8Array(buffer).set(bytes);
        return { buffer, meta };
      };
      yield { offset, nextOffset: offset + 1, records: meta.rows, timeMs, bytes: bytes.length, copyTo };
    }
  }
}

/** What a message holds, which may be a single record; undefined where no pipeline has put it in. */
function payloadAt(cursor: RecordCursor): QueuedPayload | undefined {
  const payload = readArrowPayload(cursor.bytes.subarray(cursor.valueStart, cursor.valueEnd));
  if (payload) return payload;
  const message = recordMessageAt(cursor);
  if (!message) return undefined;
  const rows = new RecordBatchReader();
  rows.add(message);
  return rows.finish();
}
