import { type Config, type Field, FieldError, type StageContext } from '#component';
import { connectionOf } from './connection.js';
import type { KafkaSourceOptions } from './source.js';
import type { Start } from './start.js';

/** The options of everything that is a member of a group. */
export const GROUP_TIMEOUT_FIELDS: readonly Field[] = [
  {
    name: 'session_timeout',
    summary:
      'After so long without a sign of life a process loses its partitions to the others of its group.',
    type: { kind: 'duration', min: 1000 },
    default: 45_000,
    example: '10s',
  },
  {
    name: 'rebalance_timeout',
    summary:
      'How long the group waits, when members come or go, for what they have read to be written and committed. What takes longer may be read again by others.',
    type: { kind: 'duration', min: 1000 },
    default: 60_000,
    example: '5m',
  },
];

export const SOURCE_FIELDS: readonly Field[] = [
  {
    name: 'topics',
    summary: 'The topics. Those that do not exist yet are waited for.',
    type: { kind: 'list', items: { kind: 'string' } },
    default: [],
    example: ['orders', 'returns'],
  },
  {
    name: 'pattern',
    summary: 'A regular expression: all topics whose whole name it matches, also those that come later.',
    type: { kind: 'string', parse: parsePattern },
    example: 'shop\\..*',
  },
  {
    name: 'group',
    summary:
      'The consumer group. Processes with the same group share the partitions; it also keeps how far they have come. `<pipeline>.<stage>` by default.',
    type: { kind: 'string' },
    example: 'billing',
  },
  {
    name: 'start',
    summary:
      'Where to begin with a partition of which neither the state folder nor the group knows anything: at its beginning, its end, at a time, or at given offsets (others then at their beginning).',
    type: {
      kind: 'either',
      types: [
        { kind: 'enum', values: ['earliest', 'latest'] },
        {
          kind: 'object',
          fields: [
            {
              name: 'timestamp',
              summary: 'The first message of this time or later.',
              type: { kind: 'string', parse: parseTime },
              example: '2026-11-25T08:00:00Z',
            },
            {
              name: 'offsets',
              summary: 'Offsets by topic/partition.',
              type: { kind: 'map', values: { kind: 'integer', min: 0 } },
              example: { 'orders/0': 1200 },
            },
          ],
        },
      ],
    },
    default: 'earliest',
    example: 'latest',
  },
  {
    name: 'follow',
    summary:
      'Whether to wait for more messages at the end, or to end where the partitions ended at the start.',
    type: { kind: 'boolean' },
    default: true,
  },
  {
    name: 'isolation',
    summary: 'Whether messages of transactions that are still open, or were given up, are left out.',
    type: { kind: 'enum', values: ['read_committed', 'read_uncommitted'] },
    default: 'read_committed',
  },
  ...GROUP_TIMEOUT_FIELDS,
];

export function checkSource({ topics, pattern, start }: Config): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  if ((topics as readonly string[]).length === 0 && pattern === undefined)
    problems.push({ field: 'topics', message: 'expected topics, or a pattern of their names' });
  if (typeof start === 'object' && Object.keys(start as object).length !== 1)
    problems.push({ field: 'start', message: 'expected either timestamp or offsets' });
  return problems;
}

export async function sourceOptionsOf(
  config: Config,
  { pipeline, stage }: StageContext,
): Promise<KafkaSourceOptions> {
  const { topics, pattern, group, start, follow, isolation, session_timeout, rebalance_timeout } = config;
  return {
    connection: await connectionOf(config),
    topics: topics as readonly string[],
    pattern: pattern === undefined ? undefined : new RegExp(`^(?:${pattern as string})$`, 'u'),
    group: (group as string | undefined) ?? `${pipeline}.${stage}`,
    start: startIn(start),
    follow: follow as boolean,
    committedOnly: isolation === 'read_committed',
    end: 'committed',
    sessionTimeoutMs: session_timeout as number,
    rebalanceTimeoutMs: rebalance_timeout as number,
  };
}

function startIn(start: unknown): Start {
  if (typeof start === 'string') return start as 'earliest' | 'latest';
  const { timestamp, offsets } = start as { timestamp?: string; offsets?: Record<string, number> };
  return timestamp === undefined
    ? { offsets: new Map(Object.entries(offsets!)) }
    : { timestampMs: Date.parse(timestamp) };
}

function parsePattern(text: string): string {
  try {
    new RegExp(`^(?:${text})$`, 'u');
    return text;
  } catch {
    throw new FieldError(`expected a regular expression, found "${text}"`);
  }
}

function parseTime(text: string): string {
  if (Number.isNaN(Date.parse(text)))
    throw new FieldError(`expected a time such as 2026-11-25T08:00:00Z, found "${text}"`);
  return text;
}
