import { type Batch, gatherRows } from '../batch/index.js';
import { type Config, type Emit, expressionField, type TransformDefinition } from '../component/index.js';
import { parseExpression } from '../expression/index.js';

/** Passes on the rows that the stage's memory lets pass. Returns how many. */
export function passAnswered(batch: Batch, emit: Emit): number {
  const answers = emit.answers!;
  const rows = emit.arena.int32(batch.rows);
  let count = 0;
  for (let row = 0; row < batch.rows; row++) if (answers[row] === 1) rows[count++] = row;
  emit.batch(count === batch.rows ? batch : gatherRows(emit.arena, batch, rows, count));
  return count;
}

/** The expressions of a stage with a memory that are there. */
function askedBy({ key, time }: Config): ReturnType<typeof parseExpression>[] {
  return [key, time].flatMap((text) => (text === undefined ? [] : [parseExpression(text as string)]));
}

/** What is the same for all transforms whose records are answered by a memory. */
export const ANSWERED = {
  needs: (config, wanted) => ({
    names: new Set([...wanted.names, ...askedBy(config).flatMap(({ names }) => [...names])]),
    all: wanted.all,
  }),
  mayRunAway: (config) => askedBy(config).some(({ hasMacros }) => hasMacros),
  shape: (_config, input) => input,
} satisfies Pick<TransformDefinition, 'needs' | 'mayRunAway' | 'shape'>;

export const TIME_FIELD = expressionField(
  'time',
  'The time of a record. Without it, and where it is null, the time at which the record was read.',
  { example: 'timestamp' },
);

export const MAX_KEYS_FIELD = {
  name: 'max_keys',
  summary:
    'How many keys are remembered, in about 40 bytes each. Beyond, those are forgotten of which nothing has passed for the longest.',
  type: { kind: 'integer', min: 1, max: 10_000_000 },
  default: 1_000_000,
} as const;
