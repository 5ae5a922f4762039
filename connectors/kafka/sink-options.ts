import * as zlib from 'node:zlib';
import {
  type Config,
  type EnvelopeOfRecords,
  type EnvelopeValue,
  expressionField,
  type Field,
  type StageContext,
  TEMPLATE,
  templateField,
} from '#component';
import type { Compression } from './compressions.js';
import { connectionOf } from './connection.js';
import type { KafkaSinkOptions } from './sink.js';

/** Before the names of headers among the values of an envelope. */
export const HEADER = 'header ';

export const COMPRESSION_FIELD: Field = {
  name: 'compression',
  summary: 'How batches are compressed; zstd where Node can (22.15 or newer).',
  type: { kind: 'enum', values: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] },
  default: 'none',
};

export const TRANSACTION_TIMEOUT_FIELD: Field = {
  name: 'transaction_timeout',
  summary:
    'With `transactional`: after so long the brokers give up a transaction that was not committed. Longer than `runtime.checkpoint`, than any stop of the brokers, and than it takes to start the pipeline again; no longer than their `transaction.max.timeout.ms`.',
  type: { kind: 'duration', min: 1000 },
  default: 900_000,
  example: '10m',
};

const TRANSACTIONAL_FIELD: Field = {
  name: 'transactional',
  summary:
    'Writes in transactions, one for each checkpoint: readers with `isolation.level=read_committed` see each record once, also after a crash, and not before its checkpoint.',
  type: { kind: 'boolean' },
  default: false,
};

export const SINK_FIELDS: readonly Field[] = [
  templateField(
    'topic',
    'The topic of each message. It is made by the first message where the brokers allow it.',
    {
      required: true,
      example: 'logs-{service}',
    },
  ),
  templateField(
    'key',
    'The key of each message, by which its partition is chosen as all Kafka producers choose it. Without it, partitions take turns.',
    { example: '{customer}' },
  ),
  expressionField('partition', 'The number of the partition; where it is null, the key decides.', {
    example: 'meta.partition',
  }),
  {
    name: 'headers',
    summary: 'Headers of each message. One whose value is a single expression that is null is left out.',
    type: { kind: 'map', values: TEMPLATE },
    default: {},
    example: { 'message-id': '{meta.id}' },
  },
  COMPRESSION_FIELD,
  {
    name: 'max_batch_bytes',
    summary:
      'The largest batch for one partition, before it is compressed. A message that is larger goes alone. How long records are gathered is `runtime.batch.linger`.',
    type: { kind: 'size', min: 1024 },
    default: 1_000_000,
    example: '512KiB',
  },
  TRANSACTIONAL_FIELD,
  TRANSACTION_TIMEOUT_FIELD,
];

/** What the threads evaluate for each message. */
export function envelopeOf(config: Config): EnvelopeOfRecords {
  const { topic, key, partition } = config as Readonly<Record<string, string | undefined>>;
  const headers = Object.entries((config.headers ?? {}) as Readonly<Record<string, string>>);
  const values: Record<string, EnvelopeValue> = {
    topic: { template: topic! },
    ...(key !== undefined && { key: { template: key } }),
    ...(partition !== undefined && { partition: { template: `{${partition}}` } }),
    ...Object.fromEntries(headers.map(([name, template]) => [`${HEADER}${name}`, { template }])),
  };
  return { values };
}

export function checkCompression({ compression }: Config): { field: string; message: string }[] {
  if (compression !== 'zstd' || 'zstdCompressSync' in zlib) return [];
  return [
    {
      field: 'compression',
      message: 'this version of Node has no zstd: use 22.15 or newer, or another compression',
    },
  ];
}

export async function sinkOptionsOf(
  config: Config,
  { pipeline, stage }: Pick<StageContext, 'pipeline' | 'stage'>,
): Promise<KafkaSinkOptions> {
  const timeoutMs = config.transaction_timeout as number;
  return {
    ...(config.transactional === true && { transactions: { prefix: `${pipeline}.${stage}`, timeoutMs } }),
    connection: await connectionOf(config),
    headers: Object.keys((config.headers ?? {}) as object),
    compression: config.compression as Compression,
    maxBatchBytes: config.max_batch_bytes as number,
  };
}
