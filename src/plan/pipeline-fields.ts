import type { QueueDefinition } from '../component/index.js';
import { type Field, FieldError, type Variant } from '../config/index.js';
import { HEADER_MATCHES } from '../routing/index.js';
import { TESTS_FIELD } from './tests/fields.js';

const NAME = /^[A-Za-z0-9_][\w.-]{0,63}$/;
const ID = /^[A-Za-z_][\w-]{0,63}$/;

/** What is wrong with a stage's id, or undefined. */
export function wrongId(id: string): string | undefined {
  if (ID.test(id)) return undefined;
  if (id.length > 64) return 'the name of a stage has at most 64 characters';
  return 'the name of a stage begins with a letter or _, and holds letters, digits, _ and -';
}

function parseName(text: string): string {
  if (!NAME.test(text))
    throw new FieldError('expected up to 64 letters, digits, _, - and ., a letter or digit first');
  return text;
}

const BATCH_FIELDS: readonly Field[] = [
  {
    name: 'max_bytes',
    summary:
      'About how many bytes of records travel together. Larger batches cost less work and more memory.',
    type: { kind: 'size', min: 4096, max: 64 * 2 ** 20 },
    default: 2 * 2 ** 20,
  },
  {
    name: 'max_records',
    summary: 'The most records that travel together.',
    type: { kind: 'integer', min: 1, max: 2 ** 20 },
    default: 65536,
  },
  {
    name: 'linger',
    summary: 'How long a batch that is not full waits for more records.',
    type: { kind: 'duration' },
    default: 20,
  },
];

export const RUNTIME_FIELDS: readonly Field[] = [
  {
    name: 'workers',
    summary: 'How many threads decode, transform and encode; `auto` is one for each processor.',
    type: {
      kind: 'either',
      types: [
        { kind: 'integer', min: 1, max: 256 },
        { kind: 'enum', values: ['auto'] },
      ],
    },
    default: 'auto',
  },
  {
    name: 'memory',
    summary: 'The most bytes that may be in flight, all queues together.',
    type: { kind: 'size', min: 2 ** 20 },
    default: 256 * 2 ** 20,
  },
  {
    name: 'checkpoint',
    summary: 'How often a checkpoint is made.',
    type: { kind: 'duration', min: 10 },
    default: 1000,
  },
  {
    name: 'trip_timeout',
    summary:
      'How long one trip of a batch to a worker may take before the worker is ended and the batch is tried again in halves.',
    type: { kind: 'duration', min: 100 },
    default: 10_000,
  },
  {
    name: 'state',
    summary: 'The folder of everything that outlives a run: checkpoints, dead letters.',
    type: { kind: 'string' },
    default: '.millrace',
  },
  {
    name: 'batch',
    summary: 'How records are put together into batches.',
    type: { kind: 'object', fields: BATCH_FIELDS },
    default: {},
  },
];

export const DEAD_LETTER_FIELDS: readonly Field[] = [
  {
    name: 'max_share',
    summary: 'The run stops when more than this share of the last records failed.',
    type: { kind: 'number', min: 0, max: 1 },
    example: 0.2,
  },
  {
    name: 'max_bytes',
    summary: 'How large the dead letters may grow. When they are full, the sources wait until there is room.',
    type: { kind: 'size', min: 64 * 2 ** 10 },
    default: 2 ** 30,
  },
];

const MEMORY_QUEUE: Variant = {
  name: 'memory',
  summary: 'In the memory of the process.',
  fields: [
    {
      name: 'max_bytes',
      summary: 'How many bytes wait in it at most; four batches when it is not set.',
      type: { kind: 'size', min: 4096 },
      example: '16MiB',
    },
    {
      name: 'when_full',
      summary:
        'Whether the stages before it wait, what has no room waits on the disk for as long as the run lasts, or which batches are dropped and counted.',
      type: { kind: 'enum', values: ['block', 'spill', 'drop_newest', 'drop_oldest'] },
      default: 'block',
    },
  ],
};

/** The inbox of a stage, of one of the kinds that there are. */
export function queueField(queues: ReadonlyMap<string, QueueDefinition>): Field {
  return {
    name: 'queue',
    summary: 'The inbox of the stage; without one, it is as large as a few batches and blocks.',
    type: { kind: 'variant', variants: () => [MEMORY_QUEUE, ...queues.values()] },
    example: { type: 'memory', max_bytes: '16MiB' },
  };
}

const ACTIONS = { kind: 'enum', values: ['dead_letter', 'drop', 'stop', 'reject'] } as const;

/** The `on_error` of sources, which read again where they are and have nothing to retry. */
export const ON_ERROR_FIELD: Field = {
  name: 'on_error',
  summary:
    'What becomes of a record on which the stage fails: kept as a dead letter, dropped, or the run stops; or it is rejected, which a broker (source `amqp`) answers by what it does with dead messages.',
  type: ACTIONS,
  default: 'dead_letter',
};

export const RETRY_FIELDS: readonly Field[] = [
  {
    name: 'attempts',
    summary: 'How often it is tried in all, the first time included.',
    type: { kind: 'integer', min: 1 },
    default: 5,
  },
  {
    name: 'backoff',
    summary:
      'The longest wait after the first failure; it doubles with each further one. How much of it is waited is random.',
    type: { kind: 'duration', min: 1 },
    default: 200,
  },
  {
    name: 'max_backoff',
    summary: 'What no wait exceeds, however often it has failed.',
    type: { kind: 'duration', min: 1 },
    default: 30_000,
  },
  {
    name: 'max_elapsed',
    summary: 'No attempt begins later than this after the first.',
    type: { kind: 'duration', min: 1 },
    example: '5m',
  },
];

/** The `on_error` of transforms and sinks. */
export const ON_ERROR_OR_RETRY_FIELD: Field = {
  name: 'on_error',
  summary: `${ON_ERROR_FIELD.summary} With \`retry\`, a sink first tries several times, and \`then\` says what comes after that; without it, a sink that is down is tried until it is back. What a transform fails on once it fails on again, so there \`then\` applies at once.`,
  type: {
    kind: 'either',
    types: [
      ACTIONS,
      {
        kind: 'object',
        fields: [
          {
            name: 'retry',
            summary: 'How often and how long a write is tried.',
            type: { kind: 'object', fields: RETRY_FIELDS },
            required: true,
          },
          {
            name: 'then',
            summary: 'What becomes of the records after the last attempt.',
            type: ACTIONS,
            default: 'dead_letter',
          },
        ],
      },
    ],
  },
  default: 'dead_letter',
};

/** What a stage asks of an exchange, among its inputs. */
export const FROM_FIELDS: readonly Field[] = [
  { name: 'from', summary: 'An exchange.', type: { kind: 'string' }, required: true },
  {
    name: 'binding',
    summary:
      'Of a direct or topic exchange: the routing key, or its pattern, of the records that it gets; or a list of them.',
    type: {
      kind: 'either',
      types: [{ kind: 'string' }, { kind: 'list', items: { kind: 'string' }, minItems: 1 }],
    },
    example: 'web.checkout.#',
  },
  {
    name: 'match',
    summary:
      'Of a headers exchange: whether all of the headers must match or any. Headers that begin with `x-` count only `with-x`.',
    type: { kind: 'enum', values: HEADER_MATCHES },
    default: 'all',
  },
  {
    name: 'headers',
    summary:
      'Of a headers exchange: the headers of the records that it gets; null where one need only be there.',
    type: { kind: 'map', values: { kind: 'any' } },
    example: { status: 500 },
  },
];

const INPUT = {
  kind: 'either',
  types: [{ kind: 'string' }, { kind: 'object', fields: FROM_FIELDS }],
} as const;

export const INPUTS_FIELD: Field = {
  name: 'inputs',
  summary:
    'The stages whose records it gets: a source or a transform by name, an output of a transform as `id.output`, an exchange with a binding.',
  type: { kind: 'either', types: [{ kind: 'list', items: INPUT, minItems: 1 }, { kind: 'string' }] },
  required: true,
  example: ['web'],
};

const STAGES: Field['type'] = { kind: 'map', values: { kind: 'any' } };

/** The keys of a pipeline's file. */
export const TOP_LEVEL: readonly Field[] = [
  {
    name: 'name',
    summary: 'Names state, queues and metrics; by default that of the file, or of its folder.',
    type: { kind: 'string', format: 'name', parse: parseName },
  },
  { name: 'sources', summary: 'Where records come from, by name.', type: STAGES, required: true },
  { name: 'transforms', summary: 'What is done with records, by name.', type: STAGES },
  {
    name: 'exchanges',
    summary: 'Which records go to which stages by routing keys or headers, by name.',
    type: STAGES,
  },
  { name: 'sinks', summary: 'Where records go, by name.', type: STAGES, required: true },
  {
    name: 'dead_letter',
    summary: 'What becomes of records that fail.',
    type: { kind: 'object', fields: DEAD_LETTER_FIELDS },
  },
  {
    name: 'runtime',
    summary: 'Threads, memory and batches.',
    type: { kind: 'object', fields: RUNTIME_FIELDS },
  },
  TESTS_FIELD,
];
