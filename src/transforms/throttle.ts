import type { Batch } from '../batch/index.js';
import {
  type Config,
  type Emit,
  expressionField,
  type KeyMemory,
  type TransformDefinition,
} from '../component/index.js';
import { ANSWERED, MAX_KEYS_FIELD, passAnswered, TIME_FIELD } from './answered.js';

/** Fractions of a rate that make a difference. */
const RATE_PARTS = 1000;

/**
 * The generic cell rate algorithm (ITU-T I.371, annex A): of each key is known when its bucket will be empty again, and a record
 * passes where it comes no earlier than a burst before. It counts in parts of a millisecond of which the interval between two
 * records is a whole number, so that nothing is lost to rounding with rates such as 1000 a minute or a million a second.
 */
function decider(config: Config): KeyMemory['decide'] {
  const rate = config.rate as number;
  const perMs = config.per as number;
  const burst = (config.burst as number | undefined) ?? Math.max(1, Math.floor(rate));
  const records = Math.round(rate * RATE_PARTS);
  const divisor = greatestCommonDivisor(records, perMs * RATE_PARTS);
  const partsPerMs = records / divisor;
  const interval = (perMs * RATE_PARTS) / divisor;
  const full = burst * interval;
  const longest = full + perMs * partsPerMs;
  return (untilMs, nowMs) => {
    const now = Math.round(nowMs * partsPerMs);
    const until = Math.round(untilMs * partsPerMs);
    // No bucket can be fuller than full: if it is by far, time has been set back.
    const start = until > now && until <= now + longest ? until : now;
    return start - now > full - interval ? Number.NaN : (start + interval) / partsPerMs;
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function memoryOf(config: Config): KeyMemory {
  const key = (config.key as string | undefined) ?? 'null';
  const time = config.time as string | undefined;
  return {
    key,
    ...(time !== undefined && { time }),
    maxKeys: config.max_keys as number,
    rule: `throttle by ${key}`,
    decide: decider(config),
  };
}

function refuse(batch: Batch, emit: Emit, config: Config): void {
  const { rate, per } = config;
  const message = `more than ${rate} records in ${Number(per) / 1000} s`;
  for (let row = 0; row < batch.rows; row++) {
    if (emit.answers![row] === 0) emit.fail(batch, row, 'rate_exceeded', message);
  }
}

/** Passes on so many records of each key in so much time, and leaves out what exceeds this. */
export const THROTTLE: TransformDefinition = {
  kind: 'transform',
  keepsRecords: true,
  name: 'throttle',
  summary: 'Passes on so many records of each key in so much time, and drops what exceeds this.',
  fields: [
    {
      name: 'rate',
      summary: 'How many records of one key may pass in the time `per`, on average.',
      type: { kind: 'number', min: 1 / RATE_PARTS, max: 1e9 },
      required: true,
      example: 100,
    },
    {
      name: 'per',
      summary: 'The time for which the rate is given.',
      type: { kind: 'duration', min: 1 },
      default: 1000,
      example: '1m',
    },
    {
      name: 'burst',
      summary: 'How many records of one key may pass at once. Without it, as many as in the time `per`.',
      type: { kind: 'integer', min: 1 },
      example: 20,
    },
    expressionField('key', 'Records with the same value share a rate. Without it all records do.', {
      example: 'host',
    }),
    {
      name: 'exceeding',
      summary:
        'What becomes of a record beyond the rate: it is dropped and counted, or it fails as rate_exceeded and follows on_error.',
      type: { kind: 'enum', values: ['drop', 'fail'] },
      default: 'drop',
    },
    MAX_KEYS_FIELD,
    TIME_FIELD,
  ],
  example: 'type: throttle\ninputs: [web]\nrate: 2\nper: 1m\nkey: host\n',
  sample: {
    input: '{"host":"a","n":1}\n{"host":"a","n":2}\n{"host":"a","n":3}\n{"host":"b","n":4}',
    output: '{"host":"a","n":1}\n{"host":"a","n":2}\n{"host":"b","n":4}',
  },
  ...ANSWERED,
  memory: memoryOf,
  create: (config) => ({
    apply: (batch, emit) => {
      const passed = passAnswered(batch, emit);
      if (config.exceeding === 'drop') emit.drop(batch.rows - passed);
      else refuse(batch, emit, config);
    },
  }),
};
