import { gatherRows } from '../batch/index.js';
import {
  type Config,
  expressionField,
  type Transform,
  type TransformDefinition,
} from '../component/index.js';
import { compileExpression, parseExpression } from '../expression/index.js';

const whereOf = (config: Config) => parseExpression(config.where as string);

function createFilter(config: Config): Transform {
  const program = compileExpression(whereOf(config));
  return {
    apply(batch, emit) {
      const { rows, count, failed } = program.select(emit.arena, batch);
      emit.count('where_failed', failed);
      emit.drop(batch.rows - count);
      if (count === batch.rows) emit.batch(batch);
      else if (count > 0) emit.batch(gatherRows(emit.arena, batch, rows, count));
    },
  };
}

/** Passes on the records for which an expression is true, unchanged. */
export const FILTER: TransformDefinition = {
  kind: 'transform',
  keepsRecords: true,
  name: 'filter',
  summary: 'Passes on the records for which an expression is true, and drops the others.',
  fields: [
    expressionField(
      'where',
      'Records for which this is true pass. One that cannot be evaluated does not match and is counted as where_failed.',
      { required: true, example: 'status >= 500' },
    ),
  ],
  example: 'type: filter\ninputs: [web]\nwhere: status >= 500 && method != "HEAD"\n',
  sample: {
    input:
      '{"method":"GET","status":200}\n{"method":"GET","status":502}\n{"method":"HEAD","status":502}\n{"method":"GET"}',
    output: '{"method":"GET","status":502}',
  },
  needs: (config, wanted) => ({
    names: new Set([...wanted.names, ...whereOf(config).names]),
    all: wanted.all,
  }),
  mayRunAway: (config) => whereOf(config).hasMacros,
  shape: (_config, input) => input,
  create: createFilter,
};
