import type { Config, QueueDefinition } from '#component';
import { expressionField } from '#component';
import type { DiskQueueOptions } from './logs.js';
import { DiskQueue } from './queue.js';
import { storedPartitions } from './stored.js';

/** An inbox on the disk of this machine. */
export const diskQueue: QueueDefinition = {
  kind: 'queue',
  name: 'disk',
  summary:
    'In the state folder, in order and in partitions: what is in it outlives the run, and the stages before it need not wait for those behind it until it is full.',
  fields: [
    {
      name: 'max_bytes',
      summary: 'About how much may wait in it; when it is full, the stages before it wait.',
      type: { kind: 'size', min: 2 ** 20 },
      default: 2 ** 30,
    },
    {
      name: 'partitions',
      summary: 'How many parts it has. Each keeps its order; of all, what was put in first is read first.',
      type: { kind: 'integer', min: 1, max: 256 },
      default: 1,
    },
    expressionField(
      'key',
      'Records with the same value are in the same partition and stay in order. Without it, those of the same part of a source (a file) do.',
      { example: 'host' },
    ),
    {
      name: 'retain',
      summary:
        'What of the records that have been consumed is kept, to be read again by `replay`; without it nothing. Whole segments of 64 MiB go when either limit allows it.',
      type: {
        kind: 'object',
        fields: [
          { name: 'age', summary: 'Older records go.', type: { kind: 'duration', min: 1000 }, example: '7d' },
          {
            name: 'bytes',
            summary: 'The oldest records go while the rest is as large as this.',
            type: { kind: 'size', min: 2 ** 20 },
            example: '100GiB',
          },
        ],
      },
      example: { age: '7d' },
    },
    {
      name: 'sync',
      summary:
        'When records are made durable: at each checkpoint, before the source is told; or always, each batch as it comes.',
      type: { kind: 'enum', values: ['checkpoint', 'always'] },
      default: 'checkpoint',
    },
  ],
  example: 'type: disk\nmax_bytes: 10GiB\npartitions: 4\nkey: host\nretain: { age: 7d }\n',
  check: checkRetain,
  partitioning: ({ partitions, key }) => ({
    partitions: partitions as number,
    ...(key !== undefined && { key: key as string }),
  }),
  stored: async (_, context) => ({ partitions: await storedPartitions(context), close: async () => {} }),
  create: (config, context) => new DiskQueue(optionsOf(config), context),
};

function optionsOf({ max_bytes, partitions, retain, sync }: Config): DiskQueueOptions {
  const { age, bytes } = (retain ?? {}) as { readonly age?: number; readonly bytes?: number };
  return {
    maxBytes: max_bytes as number,
    partitions: partitions as number,
    sync: sync as DiskQueueOptions['sync'],
    ...(retain !== undefined && {
      retain: { ...(age !== undefined && { ageMs: age }), ...(bytes !== undefined && { bytes }) },
    }),
  };
}

function checkRetain({ retain }: Config): { field: string; message: string }[] {
  if (retain === undefined || Object.keys(retain as object).length > 0) return [];
  return [
    { field: 'retain', message: 'expected age or bytes, or both: without a limit the disk would fill' },
  ];
}
