import { finishHash, mixWord } from '../base/hash.js';
import { type Arena, ArenaWriter, type Batch, gatherRows, Tag, type Vector } from '../batch/index.js';
import {
  type Config,
  type Emit,
  expressionField,
  type Transform,
  type TransformDefinition,
} from '../component/index.js';
import { compileExpression, type Program, parseExpression } from '../expression/index.js';
import { hashOfPartition, hashOfValue } from './hash.js';
import { EXPRESSION_FAILED, errorAt } from './record.js';

const HASHES = 2 ** 32;

/** A record is kept when its hash is below the share of all hashes that the rate asks for. */
class Sample implements Transform {
  readonly #bound: number;
  readonly #seed: number;
  readonly #key: Program | undefined;

  constructor(config: Config) {
    const rate = (config.rate as number | undefined) ?? 1 / (config.one_in as number);
    const key = config.key as string | undefined;
    this.#bound = rate * HASHES;
    this.#seed = config.seed as number;
    this.#key = key === undefined ? undefined : compileExpression(parseExpression(key));
  }

  apply(batch: Batch, emit: Emit): void {
    const { arena } = emit;
    const rows = arena.int32(batch.rows);
    const vector = this.#key?.evaluate(arena, batch);
    let failed = 0;
    if (vector && (vector.uniform === undefined || vector.uniform === Tag.ERROR)) {
      failed = failErrors(batch, vector, emit);
    }
    const kept = vector ? this.#chooseByKey(arena, vector, rows) : this.#chooseByPosition(batch, rows);
    emit.drop(batch.rows - failed - kept);
    if (kept === batch.rows) emit.batch(batch);
    else if (kept > 0) emit.batch(gatherRows(arena, batch, rows, kept));
  }

  #chooseByPosition({ partition, origin: { offsets, count } }: Batch, rows: Int32Array): number {
    const start = hashOfPartition(partition, this.#seed);
    let kept = 0;
    for (let row = 0; row < count; row++) {
      const offset = offsets[row]!;
      const state = mixWord(mixWord(start, offset | 0), Math.floor(offset / HASHES));
      if (finishHash(state, 8) < this.#bound) rows[kept++] = row;
    }
    return kept;
  }

  #chooseByKey(arena: Arena, vector: Vector, rows: Int32Array): number {
    const writer = new ArenaWriter(arena);
    let kept = 0;
    for (let row = 0; row < vector.length; row++) {
      const tag = vector.uniform ?? vector.tags[row];
      if (tag !== Tag.ERROR && hashOfValue(writer, vector, row, this.#seed) < this.#bound) rows[kept++] = row;
    }
    return kept;
  }
}

function failErrors(batch: Batch, key: Vector, emit: Emit): number {
  let failed = 0;
  for (let row = 0; row < batch.rows; row++) {
    if ((key.uniform ?? key.tags[row]) !== Tag.ERROR) continue;
    emit.fail(batch, row, EXPRESSION_FAILED, `cannot find its key: ${errorAt(key, row)}`);
    failed++;
  }
  return failed;
}

function checkSample(config: Config): { field: string; message: string }[] {
  const given = ['rate', 'one_in'].filter((name) => config[name] !== undefined);
  if (given.length === 1) return [];
  const message = given.length === 0 ? 'expected rate or one_in' : 'expected only one of rate and one_in';
  return [{ field: given.length === 0 ? '' : 'one_in', message }];
}

/**
 * Keeps a share of the records. Whether a record is kept depends only on its key, or without one on its place in its
 * source, and on the seed: a second run keeps the same records, and the shares of all threads add up.
 */
export const SAMPLE: TransformDefinition = {
  kind: 'transform',
  keepsRecords: true,
  name: 'sample',
  summary: 'Keeps a share of the records and drops the others. A second run keeps the same ones.',
  fields: [
    {
      name: 'rate',
      summary: 'The share that is kept, from 0 to 1. Give this or one_in.',
      type: { kind: 'number', min: 0, max: 1 },
      example: 0.1,
    },
    {
      name: 'one_in',
      summary: 'Keeps one record in so many, on average.',
      type: { kind: 'integer', min: 1 },
      example: 100,
    },
    expressionField(
      'key',
      'Records with the same value are kept or dropped together. Without it each counts for itself.',
      {
        example: 'host',
      },
    ),
    {
      name: 'seed',
      summary: 'Another number makes another choice.',
      type: { kind: 'integer', min: 0, max: HASHES - 1 },
      default: 0,
    },
  ],
  example: 'type: sample\ninputs: [web]\nrate: 0.5\nkey: host\n',
  sample: {
    input:
      '{"host":"a","n":1}\n{"host":"b","n":2}\n{"host":"c","n":3}\n{"host":"a","n":4}\n{"host":"b","n":5}',
    output: '{"host":"a","n":1}\n{"host":"a","n":4}',
  },
  check: checkSample,
  needs: (config, wanted) => {
    const key = config.key as string | undefined;
    const names = key === undefined ? [] : parseExpression(key).names;
    return { names: new Set([...wanted.names, ...names]), all: wanted.all };
  },
  mayRunAway: ({ key }) => key !== undefined && parseExpression(key as string).hasMacros,
  shape: (_config, input) => input,
  create: (config) => new Sample(config),
};
