import { type Arena, type Batch, gatherRows, type Records } from '../../batch/index.js';
import type { Config, Emit, Transform, TransformDefinition } from '../../component/index.js';
import type { Wanted } from '../../formats/index.js';
import { RecordObjects } from './records.js';
import { checkModule, describeThrown, loadFunction, type UserFunction, unsupported } from './user-module.js';

const FAILED = 'javascript_failed';
const MOST_MODULE_BYTES = 16 * 2 ** 20;
const EVERYTHING: Wanted = { names: new Set(), all: true };

interface Options {
  readonly module: string;
  readonly function: string;
  readonly per: 'record' | 'batch';
}

function optionsOf(config: Config): Options {
  return {
    module: config.module as string,
    function: config.function as string,
    per: config.per as Options['per'],
  };
}

/** A record that comes out: from which row and, of those in an array, from which place; as JSON text. */
interface Made {
  readonly row: number;
  readonly place: number;
  readonly document: string;
}

/** Calls a function of the user's with plain objects. It is loaded with the first batch, in a thread that can be ended. */
class JavaScript implements Transform {
  readonly #options: Options;
  readonly #objects: RecordObjects;
  #function: UserFunction | undefined;

  constructor(options: Options, wanted: Wanted) {
    this.#options = options;
    this.#objects = new RecordObjects({ names: wanted.names, all: true });
  }

  apply(batch: Batch, emit: Emit): void {
    const { arena } = emit;
    const records = this.#objects.read(arena, batch);
    const results = this.#options.per === 'batch' ? this.#callOnce(records, batch, emit) : undefined;
    const made: Made[] = [];
    let dropped = 0;
    let added = 0;
    for (let row = 0; row < batch.rows; row++) {
      const result = results ? results[row] : this.#call(records[row], batch, row, emit);
      if (result === FAILED_ROW) continue;
      const documents = this.#documentsOf(result, batch, row, emit);
      if (!documents) continue;
      if (documents.length === 0) dropped++;
      else added += documents.length - 1;
      for (const [i, document] of documents.entries()) {
        made.push({ row, place: Array.isArray(result) ? i : -1, document });
      }
    }
    emit.drop(dropped);
    emit.added(added);
    if (made.length > 0) emit.batch(this.#batchOf(made, batch, emit));
  }

  #call(record: unknown, batch: Batch, row: number, emit: Emit): unknown {
    try {
      return this.#loaded()(record, this.#objects.metaOf(emit.arena, batch, row));
    } catch (thrown) {
      emit.fail(batch, row, FAILED, describeThrown(thrown, this.#options.module));
      return FAILED_ROW;
    }
  }

  /** Where it fails as a whole, all its records do. */
  #callOnce(records: readonly unknown[], batch: Batch, emit: Emit): readonly unknown[] {
    const metas = records.map((_, row) => this.#objects.metaOf(emit.arena, batch, row));
    try {
      const results = this.#loaded()(records, metas);
      if (Array.isArray(results) && results.length === records.length) return results;
      const found = Array.isArray(results) ? `${results.length} items` : kindOf(results);
      throw new TypeError(
        `expected an array with an item for each of ${records.length} records, got ${found}`,
      );
    } catch (thrown) {
      const message = describeThrown(thrown, this.#options.module);
      return records.map((_, row) => {
        emit.fail(batch, row, FAILED, message);
        return FAILED_ROW;
      });
    }
  }

  #loaded(): UserFunction {
    this.#function ??= loadFunction(this.#options.module, this.#options.function);
    return this.#function;
  }

  /** What the function gave for a row, as JSON texts; undefined where that is no record, which then has failed. */
  #documentsOf(result: unknown, batch: Batch, row: number, emit: Emit): readonly string[] | undefined {
    if (result === undefined || result === null) return [];
    const records: readonly unknown[] = Array.isArray(result) ? result : [result];
    try {
      return records.map(documentOf);
    } catch (thrown) {
      emit.fail(batch, row, FAILED, thrown instanceof Error ? thrown.message : String(thrown));
      return undefined;
    }
  }

  #batchOf(made: readonly Made[], batch: Batch, emit: Emit): Batch {
    const { arena } = emit;
    const rows = Int32Array.from(made, ({ row }) => row);
    const bare: Batch = { ...batch, columns: new Map(), document: undefined, untouched: undefined };
    const gathered = gatherRows(arena, bare, rows, rows.length);
    const documents = made.map(({ document }) => document);
    const decoded = this.#objects.write(arena, documents, gathered.origin.offsets, batch);
    // What JSON.stringify writes is JSON; only what nests too deeply is refused, and then the trip finds the record.
    if (decoded.refused.length > 0) throw new Error(decoded.refused[0]!.message);
    return {
      ...gathered,
      columns: decoded.columns,
      document: decoded.document,
      origin: withPlaces(arena, gathered.origin, made),
    };
  }
}

/** Records that were made of one have ids of their own, as items of lists have. */
function withPlaces(arena: Arena, origin: Records, made: readonly Made[]): Records {
  if (made.every(({ place }) => place < 0)) return origin;
  const places = arena.int32(made.length);
  places.set(made.map(({ place }) => place));
  return { ...origin, places: [...(origin.places ?? []), places] };
}

/** Stands for the result of a row that has failed already. */
const FAILED_ROW = Symbol('failed');

/** @throws Error where it is no record */
function documentOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Promise)
    throw new Error(
      `expected an object, an array of objects, or nothing; the function gave ${kindOf(value)}`,
    );
  return JSON.stringify(value);
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) return 'a promise: it must not be async';
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : `a value of type ${typeof value}`;
}

/** A function of the user's, for what expressions cannot do. */
export const JAVASCRIPT: TransformDefinition = {
  kind: 'transform',
  name: 'javascript',
  summary:
    'Calls a function of a module of yours with each record, or with each batch, as plain objects. It gives a record, several in an array, or nothing to leave the record out. Slower than map by far: for what expressions cannot do.',
  fields: [
    {
      name: 'module',
      summary:
        'A JavaScript module (.js, .mjs, .cjs), or where Node can (22.18 and later) a TypeScript module. It is loaded when the run starts.',
      type: { kind: 'string' },
      required: true,
      example: 'total.mjs',
    },
    {
      name: 'function',
      summary: 'The function that it exports.',
      type: { kind: 'string' },
      default: 'default',
      example: 'total',
    },
    {
      name: 'per',
      summary:
        'Whether the function gets (record, meta), or (records, metas) and gives an array with as many items, each what it would have given for one record.',
      type: { kind: 'enum', values: ['record', 'batch'] },
      default: 'record',
    },
  ],
  example: 'type: javascript\ninputs: [orders]\nmodule: total.mjs\n',
  sample: {
    input: '{"order":7,"items":[{"price":5},{"price":2.5}]}',
    output: '{"order":7,"total":7.5}',
    files: {
      'total.mjs':
        'export default ({ items, ...order }) => ({ ...order, total: items.reduce((sum, { price }) => sum + price, 0) });',
    },
  },
  check: ({ module }) => {
    const problem = unsupported(module as string);
    return problem === undefined ? [] : [{ field: 'module', message: problem }];
  },
  needs: () => EVERYTHING,
  mayRunAway: () => true,
  shape: () => ({ fields: new Map(), open: true }),
  resource: (config) => {
    const { module, function: name } = optionsOf(config);
    return { path: module, maxBytes: MOST_MODULE_BYTES, build: () => checkModule(module, name) };
  },
  create: (config, _, wanted = EVERYTHING) => new JavaScript(optionsOf(config), wanted),
};
