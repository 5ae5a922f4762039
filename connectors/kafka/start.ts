import type { JsonValue } from '#component';
import type { KafkaClient, TopicPartition } from './client.js';
import { nameOf, type Offsets, offsetsAt, type When } from './offsets.js';

/** Where to begin with a partition of which neither a checkpoint nor the group knows anything. */
export type Start = When | { readonly offsets: ReadonlyMap<string, number> };

/** How far a partition has been read, as checkpoints have it. Plain JSON data. */
export interface Position {
  readonly offset: number;
  /** The topic's id: a topic that was deleted and made again begins anew. */
  readonly topic: string;
}

export interface Known {
  readonly start: Start;
  readonly committedOnly: boolean;
  /** By the partitions' names. */
  readonly checkpoint: ReadonlyMap<string, JsonValue>;
  /** What the group has committed, and whether that was a checkpoint of ours. */
  readonly committed: ReadonlyMap<string, { readonly offset: number; readonly isOurs: boolean }>;
}

/**
 * Where to read on. A checkpoint that is newer than what it has committed counts: the process ended between the two. An offset
 * that somebody else has committed counts always: other members have gone on, or a person has set the group back.
 */
export async function startOf(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
  { start, committedOnly, checkpoint, committed }: Known,
): Promise<Offsets> {
  const offsets = new Map<string, number>();
  for (const one of partitions) {
    const name = nameOf(one);
    const position = checkpoint.get(name) as unknown as Position | undefined;
    const known = position?.topic === client.cluster.topics.get(one.topic)?.id ? position?.offset : undefined;
    const group = committed.get(name);
    if (group && known !== undefined)
      offsets.set(name, group.isOurs ? Math.max(known, group.offset) : group.offset);
    else if (group || known !== undefined) offsets.set(name, group?.offset ?? known!);
  }
  const unknown = partitions.filter((one) => !offsets.has(nameOf(one)));
  if (unknown.length === 0) return offsets;
  const when: When = typeof start === 'object' && 'offsets' in start ? 'earliest' : start;
  const found = await offsetsAt(client, unknown, when, committedOnly);
  const given = typeof start === 'object' && 'offsets' in start ? start.offsets : new Map<string, number>();
  for (const one of unknown) offsets.set(nameOf(one), given.get(nameOf(one)) ?? found.get(nameOf(one))!);
  return offsets;
}
