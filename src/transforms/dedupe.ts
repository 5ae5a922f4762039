import {
  type Config,
  expressionField,
  type KeyMemory,
  type TransformDefinition,
} from '../component/index.js';
import { ANSWERED, MAX_KEYS_FIELD, passAnswered, TIME_FIELD } from './answered.js';

function memoryOf(config: Config): KeyMemory {
  const key = config.key as string;
  const time = config.time as string | undefined;
  const windowMs = (config.window as number | undefined) ?? Number.POSITIVE_INFINITY;
  return {
    key,
    nullPasses: true,
    ...(time !== undefined && { time }),
    maxKeys: config.max_keys as number,
    rule: `dedupe by ${key}`,
    decide: (untilMs, nowMs) => (untilMs > nowMs ? Number.NaN : nowMs + windowMs),
  };
}

/** Passes on the first record of each key, and drops those that repeat it. */
export const DEDUPE: TransformDefinition = {
  kind: 'transform',
  keepsRecords: true,
  name: 'dedupe',
  summary: 'Passes on the first record of each key, and drops those that repeat it, also after a crash.',
  fields: [
    expressionField('key', 'Records with the same value are the same. One whose key is null always passes.', {
      default: 'meta.id',
      example: 'order.id',
    }),
    {
      name: 'window',
      summary:
        'For how long after a record that has passed others with its key are dropped. Without it, as long as the key is remembered.',
      type: { kind: 'duration', min: 1 },
      example: '10m',
    },
    MAX_KEYS_FIELD,
    TIME_FIELD,
  ],
  example: 'type: dedupe\ninputs: [orders]\nkey: order\nwindow: 10m\n',
  sample: {
    input: '{"order":7,"n":1}\n{"order":8,"n":2}\n{"order":7,"n":3}\n{"n":4}\n{"n":5}',
    output: '{"order":7,"n":1}\n{"order":8,"n":2}\n{"n":4}\n{"n":5}',
  },
  ...ANSWERED,
  memory: memoryOf,
  create: () => ({
    apply: (batch, emit) => emit.drop(batch.rows - passAnswered(batch, emit)),
  }),
};
