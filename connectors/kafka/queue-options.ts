import { type Config, expressionField, type Field, type QueueContext } from '#component';
import { PAYLOAD_FIELD } from '../json.js';
import type { Compression } from './compressions.js';
import { connectionOf } from './connection.js';
import type { KafkaQueueOptions } from './queue.js';
import { COMPRESSION_FIELD, TRANSACTION_TIMEOUT_FIELD } from './sink-options.js';
import { GROUP_TIMEOUT_FIELDS } from './source-options.js';

export const QUEUE_FIELDS: readonly Field[] = [
  {
    name: 'topic',
    summary: 'The topic, which is made where it does not exist. `<pipeline>.<stage>` by default.',
    type: { kind: 'string' },
    example: 'shop-logs.parsed',
  },
  {
    name: 'partitions',
    summary:
      'How many partitions of the topic are used, so how many processes at most may take records out. Each keeps its order.',
    type: { kind: 'integer', min: 1, max: 10_000 },
    default: 4,
  },
  expressionField(
    'key',
    'Records with the same value are in the same partition and stay in order. Without it, those of the same part of a source (a file) do.',
    { example: 'host' },
  ),
  {
    name: 'group',
    summary: 'The consumer group of the processes that take records out. `<pipeline>.<stage>` by default.',
    type: { kind: 'string' },
    example: 'parsers',
  },
  PAYLOAD_FIELD,
  COMPRESSION_FIELD,
  {
    name: 'transactional',
    summary:
      'Puts batches in by transactions, one for each checkpoint: they come out when the checkpoint holds them, and once, also after a crash. Without it they come out at once, and those since the last checkpoint come twice after a crash.',
    type: { kind: 'boolean' },
    default: false,
  },
  TRANSACTION_TIMEOUT_FIELD,
  ...GROUP_TIMEOUT_FIELDS,
];

export async function queueOptionsOf(
  config: Config,
  { pipeline, stage }: Pick<QueueContext, 'pipeline' | 'stage'>,
): Promise<KafkaQueueOptions> {
  const { topic, group, partitions, compression, session_timeout, rebalance_timeout } = config;
  const name = `${pipeline}.${stage}`;
  const timeoutMs = config.transaction_timeout as number;
  return {
    ...(config.transactional === true && { transactions: { prefix: name, timeoutMs } }),
    connection: await connectionOf(config),
    topic: (topic as string | undefined) ?? name,
    group: (group as string | undefined) ?? name,
    partitions: partitions as number,
    compression: compression as Compression,
    sessionTimeoutMs: session_timeout as number,
    rebalanceTimeoutMs: rebalance_timeout as number,
  };
}
