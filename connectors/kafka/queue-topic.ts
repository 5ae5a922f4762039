import { MillraceError } from '#component';
import type { KafkaClient } from './client.js';
import { isCausedBy } from './errors.js';

export interface QueueTopic {
  readonly topic: string;
  readonly partitions: number;
}

/** A message is a batch, which may be larger than topics usually take. */
const MOST_MESSAGE_BYTES = 64 * 2 ** 20;
const CREATE_TIMEOUT_MS = 10_000;

/** Makes the topic where it is not there yet. */
export async function openTopic(client: KafkaClient, { topic, partitions }: QueueTopic): Promise<void> {
  const find = async () => (await client.refresh([topic])).topics.get(topic);
  let found = await find();
  if (!found) {
    await createTopic(client, topic, partitions);
    found = await find();
  }
  if (!found) throw new Error(`the topic ${topic} was made, and is not known yet`);
  if (found.partitions.length >= partitions) return;
  const message = `the topic ${topic} has ${found.partitions.length} partitions, and the queue wants ${partitions}: set partitions to that, or add some to the topic`;
  throw new MillraceError('kafka_partitions', message, { blame: 'config' });
}

async function createTopic(client: KafkaClient, name: string, partitions: number): Promise<void> {
  // As many replicas as the brokers make by default.
  const replicationFactor = -1;
  const configs = [{ name: 'max.message.bytes', value: String(MOST_MESSAGE_BYTES) }];
  const asked = [{ name, numPartitions: partitions, replicationFactor, assignments: [], configs }];
  try {
    await client.call(undefined, 'CreateTopics', [asked, CREATE_TIMEOUT_MS, false]);
  } catch (error) {
    if (!isCausedBy(error, 'TOPIC_ALREADY_EXISTS')) throw error;
  }
}
