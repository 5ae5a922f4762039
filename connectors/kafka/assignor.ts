import { Reader, Writer } from '@platformatic/kafka';
import type { TopicPartition } from './client.js';

/** A member of a group, and the topics that it wants to read. */
export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

export type Assignments = ReadonlyMap<string, readonly TopicPartition[]>;

type Assign = (subscribers: readonly Subscriber[], partitionsOf: (topic: string) => number) => Assignments;

/**
 * How a group's partitions are shared out, by the names that all clients know, those that we prefer first. A group agrees on
 * one that each of its members offers, and the broker makes one of them its leader, which does it.
 */
export const ASSIGNORS: ReadonlyMap<string, Assign> = new Map<string, Assign>([
  ['roundrobin', roundRobin],
  ['range', range],
]);

/** All partitions in turn to all members that want their topic: each gets as many as the others, or one more. */
function roundRobin(
  subscribers: readonly Subscriber[],
  partitionsOf: (topic: string) => number,
): Assignments {
  const sorted = byId(subscribers);
  const assigned = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]));
  let turn = 0;
  for (const topic of topicsOf(sorted)) {
    for (let partition = 0; partition < partitionsOf(topic); partition++) {
      while (!sorted[turn % sorted.length]!.topics.includes(topic)) turn++;
      assigned.get(sorted[turn++ % sorted.length]!.memberId)!.push({ topic, partition });
    }
  }
  return assigned;
}

/** Of each topic a range of its partitions to each member: the same numbers of several topics are together. */
function range(subscribers: readonly Subscriber[], partitionsOf: (topic: string) => number): Assignments {
  const sorted = byId(subscribers);
  const assigned = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]));
  for (const topic of topicsOf(sorted)) {
    const takers = sorted.filter(({ topics }) => topics.includes(topic));
    const count = partitionsOf(topic);
    for (const [i, { memberId }] of takers.entries()) {
      const end = Math.floor((count * (i + 1)) / takers.length);
      for (let partition = Math.floor((count * i) / takers.length); partition < end; partition++)
        assigned.get(memberId)!.push({ topic, partition });
    }
  }
  return assigned;
}

function byId(subscribers: readonly Subscriber[]): readonly Subscriber[] {
  return [...subscribers].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
}

function topicsOf(subscribers: readonly Subscriber[]): readonly string[] {
  return [...new Set(subscribers.flatMap(({ topics }) => topics))].sort();
}

/** The message in which a member says what it wants (ConsumerProtocolSubscription, version 0). */
export function encodeSubscription(topics: readonly string[]): Buffer {
  return Writer.create()
    .appendInt16(0)
    .appendArray([...topics], (writer, topic) => writer.appendString(topic, false), false, false)
    .appendBytes(null, false).buffer;
}

export function decodeSubscription(memberId: string, bytes: Buffer): Subscriber {
  const reader = Reader.from(bytes);
  reader.skip(2);
  return { memberId, topics: reader.readArray((item) => item.readString(false), false, false) };
}

/** The message in which a leader says what a member gets (ConsumerProtocolAssignment, version 0). */
export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return Writer.create()
    .appendInt16(0)
    .appendArray(
      [...topics],
      (writer, [topic, numbers]) =>
        writer
          .appendString(topic, false)
          .appendArray(numbers, (to, number) => to.appendInt32(number), false, false),
      false,
      false,
    )
    .appendBytes(null, false).buffer;
}

export function decodeAssignment(bytes: Buffer): readonly TopicPartition[] {
  // A member that is to read nothing may get an empty message.
  if (bytes.length === 0) return [];
  const reader = Reader.from(bytes);
  reader.skip(2);
  const topics = reader.readArray(
    (item) => ({
      topic: item.readString(false),
      partitions: item.readArray((one) => one.readInt32(), false, false),
    }),
    false,
    false,
  );
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
