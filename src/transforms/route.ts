import { type Arena, type Batch, gatherRows } from '../batch/index.js';
import {
  type Config,
  type Emit,
  EXPRESSION,
  type Readers,
  type Transform,
  type TransformDefinition,
} from '../component/index.js';
import { compileExpression, type Program, parseExpression } from '../expression/index.js';

/** The output of the records for which no condition is true. */
const UNMATCHED = 'unmatched';
const NAME = /^[A-Za-z_][\w-]{0,63}$/;

interface Rows {
  readonly list: Int32Array;
  readonly count: number;
}

const routesOf = (config: Config) => Object.entries(config.routes as Readonly<Record<string, string>>);

const expressionsOf = (config: Config) => routesOf(config).map(([, where]) => parseExpression(where));

/** Passes records on by conditions. A reader of several outputs gets each record once. */
class Route implements Transform {
  readonly #routes: readonly (readonly [string, Program])[];
  readonly #firstOnly: boolean;
  readonly #readers: readonly (readonly [string, ReadonlySet<string>])[];

  constructor(config: Config) {
    this.#routes = routesOf(config).map(([name, where]) => [name, compileExpression(parseExpression(where))]);
    this.#firstOnly = config.match === 'first';
    const readers = Object.entries((config.readers ?? {}) as Readers);
    this.#readers = readers.map(([id, outputs]) => [id, new Set(outputs as readonly string[])]);
  }

  apply(batch: Batch, emit: Emit): void {
    const outputs = this.#outputs(batch, emit);
    const passed = emit.arena.uint8(batch.rows).fill(0);
    for (const [reader, names] of this.#readers) {
      const rows = union(
        emit.arena,
        batch.rows,
        [...names].map((name) => outputs.get(name)!),
      );
      for (let i = 0; i < rows.count; i++) passed[rows.list[i]!] = 1;
      if (rows.count === 0) continue;
      const all = rows.count === batch.rows;
      emit.batch(all ? batch : gatherRows(emit.arena, batch, rows.list, rows.count), reader);
    }
    const count = passed.reduce((sum, one) => sum + one, 0);
    emit.passed(count);
    emit.drop(batch.rows - count);
  }

  /** The rows of each output. */
  #outputs(batch: Batch, emit: Emit): Map<string, Rows> {
    const outputs = new Map<string, Rows>();
    const everything = emit.arena.int32(batch.rows);
    emit.arena.kernels.countUp(everything.byteOffset, batch.rows);
    const all: Rows = { list: everything, count: batch.rows };
    let unmatched = all;
    for (const [name, program] of this.#routes) {
      const { rows, count, failed } = program.select(emit.arena, batch, this.#firstOnly ? unmatched : all);
      emit.count('condition_failed', failed);
      outputs.set(name, { list: rows, count });
      unmatched = without(emit.arena, unmatched, { list: rows, count });
    }
    return outputs.set(UNMATCHED, unmatched);
  }
}

/** The rows that are in one of the lists, ascending. */
function union(arena: Arena, rows: number, lists: readonly Rows[]): Rows {
  if (lists.length === 1) return lists[0]!;
  const marks = arena.uint8(rows).fill(0);
  for (const { list, count } of lists) for (let i = 0; i < count; i++) marks[list[i]!] = 1;
  const list = arena.int32(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (marks[row] === 1) list[count++] = row;
  return { list, count };
}

/** The rows of `a` that are not in `b`; both are ascending. */
function without(arena: Arena, a: Rows, b: Rows): Rows {
  const list = arena.int32(a.count);
  let count = 0;
  let other = 0;
  for (let i = 0; i < a.count; i++) {
    const row = a.list[i]!;
    while (other < b.count && b.list[other]! < row) other++;
    if (other === b.count || b.list[other] !== row) list[count++] = row;
  }
  return { list, count };
}

function checkRoute(config: Config): { field: string; message: string }[] {
  const names = routesOf(config).map(([name]) => name);
  const wrong = names.flatMap((name) => {
    const field = `routes.${name}`;
    if (name === UNMATCHED) return [{ field, message: '"unmatched" is the output of all other records' }];
    const message = 'the name of a route begins with a letter or _, and holds letters, digits, _ and -';
    return NAME.test(name) ? [] : [{ field, message }];
  });
  return names.length > 0 ? wrong : [{ field: 'routes', message: 'expected at least one condition' }];
}

/** Has an output for each of several conditions, and one for the records for which none is true. */
export const ROUTE: TransformDefinition = {
  kind: 'transform',
  keepsRecords: true,
  name: 'route',
  summary:
    'Passes each record on by named conditions. Other stages read its outputs: `id.name` for each condition, and `id.unmatched` for the records for which none is true.',
  fields: [
    {
      name: 'routes',
      summary:
        'Conditions by name, in the order in which they are tried. One that cannot be evaluated does not match and is counted as condition_failed.',
      type: { kind: 'map', values: EXPRESSION },
      required: true,
      example: { slow: 'duration > 1', failed: 'status >= 500' },
    },
    {
      name: 'match',
      summary:
        'With `first` a record goes to the output of the first condition that is true, with `all` to those of all that are; a stage that reads several of them gets it once.',
      type: { kind: 'enum', values: ['first', 'all'] },
      default: 'first',
    },
  ],
  example: "type: route\ninputs: [web]\nroutes: { slow: 'duration > 1', failed: status >= 500 }\n",
  check: checkRoute,
  needs: (config, wanted) => ({
    names: new Set([...wanted.names, ...expressionsOf(config).flatMap(({ names }) => [...names])]),
    all: wanted.all,
  }),
  mayRunAway: (config) => expressionsOf(config).some(({ hasMacros }) => hasMacros),
  shape: (_config, input) => input,
  outputs: (config) => [...routesOf(config).map(([name]) => name), UNMATCHED],
  create: (config) => new Route(config),
};
