import type { KafkaClient, TopicPartition } from './client.js';

/** Offsets by names such as `topic/3`. */
export type Offsets = ReadonlyMap<string, number>;

const EARLIEST = -2n;
const LATEST = -1n;

export type When = 'earliest' | 'latest' | { readonly timestampMs: number };

interface ListResponse {
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number; readonly offset: bigint }[];
  }[];
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/**
 * The offset of each partition's first record, of the next that will be written, or of the first since a time (where there is
 * none, of the next).
 */
export async function offsetsAt(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
  when: When,
  committedOnly: boolean,
): Promise<Offsets> {
  const found = await listOffsets(client, partitions, timestampOf(when), committedOnly);
  const without = partitions.filter((one) => (found.get(nameOf(one)) ?? -1) < 0);
  if (typeof when === 'string' || without.length === 0) return found;
  return new Map([...found, ...(await listOffsets(client, without, LATEST, committedOnly))]);
}

function timestampOf(when: When): bigint {
  if (when === 'earliest') return EARLIEST;
  return when === 'latest' ? LATEST : BigInt(when.timestampMs);
}

async function listOffsets(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
  timestamp: bigint,
  committedOnly: boolean,
): Promise<Offsets> {
  const byLeader = new Map<number, Map<string, object[]>>();
  for (const { topic, partition } of partitions) {
    const place = client.cluster.topics.get(topic)?.partitions[partition];
    if (!place) throw new Error(`the partition ${topic}/${partition} is not there (any more)`);
    const topics = byLeader.get(place.leader) ?? new Map<string, object[]>();
    byLeader.set(place.leader, topics);
    const asked = { partitionIndex: partition, currentLeaderEpoch: -1, timestamp };
    topics.set(topic, [...(topics.get(topic) ?? []), asked]);
  }
  const found = new Map<string, number>();
  const isolation = committedOnly ? 1 : 0;
  for (const [leader, topics] of byLeader) {
    const asked = [...topics].map(([name, of]) => ({ name, partitions: of }));
    const response = await client.call<ListResponse>(leader, 'ListOffsets', [-1, isolation, asked]);
    for (const { name: topic, partitions: listed } of response.topics)
      for (const { partitionIndex: partition, offset } of listed)
        found.set(nameOf({ topic, partition }), Number(offset));
  }
  return found;
}
