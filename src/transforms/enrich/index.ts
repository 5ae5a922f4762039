import { type Batch, fieldOf, gatherRows, type Shape, Tag, type Vector } from '../../batch/index.js';
import {
  type Config,
  type Emit,
  expressionField,
  formatField,
  type Transform,
  type TransformDefinition,
} from '../../component/index.js';
import { compileExpression, type Program, parseExpression } from '../../expression/index.js';
import { type FormatConfig, formatNamed, type Wanted } from '../../formats/index.js';
import { coalesce, EXPRESSION_FAILED, errorAt, withField } from '../record.js';
import { buildTable } from './build-table.js';
import { TableJoin } from './join.js';
import type { SharedTable } from './table.js';

const NAME = /^[A-Za-z_]\w*$/;

interface Options {
  readonly file: string;
  readonly format: FormatConfig;
  readonly key: string;
  readonly tableKey: string;
  readonly fields: readonly string[];
  readonly prefix: string;
  readonly whenUnknown: 'keep' | 'drop' | 'fail';
}

function optionsOf(config: Config): Options {
  const key = config.key as string;
  return {
    file: config.file as string,
    format: config.format as FormatConfig,
    key,
    tableKey: (config.table_key as string | undefined) ?? key,
    fields: config.fields as readonly string[],
    prefix: config.prefix as string,
    whenUnknown: config.when_unknown as Options['whenUnknown'],
  };
}

class Enrich implements Transform {
  readonly #options: Options;
  readonly #key: Program;
  #join: { readonly version: number; readonly table: TableJoin } | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#key = compileExpression(parseExpression(options.key));
  }

  apply(input: Batch, emit: Emit): void {
    const { arena } = emit;
    const table = this.#tableOf(emit);
    const keys = this.#key.evaluate(arena, input);
    const found = arena.int32(input.rows);
    const known = table.find(arena, keys, found);
    const batch = known === input.rows ? input : this.#withoutUnknown(input, keys, found, emit);
    if (batch.rows === 0) return;
    const rows = found.subarray(0, batch.rows);
    table.copyTexts(arena, rows);
    let enriched = batch;
    for (const [column, name] of this.#options.fields.entries()) {
      const target = this.#options.prefix + name;
      const cells = table.column(arena, column, rows);
      enriched = withField(enriched, target, coalesce(arena, cells, fieldOf(batch, target)));
    }
    emit.batch(enriched);
  }

  #tableOf({ resource }: Emit): TableJoin {
    const { version, content } = resource!;
    if (this.#join?.version !== version) {
      this.#join = { version, table: new TableJoin(content as SharedTable) };
    }
    return this.#join.table;
  }

  /** The records that go on; `found` is then that of these. */
  #withoutUnknown(batch: Batch, keys: Vector, found: Int32Array, emit: Emit): Batch {
    const { whenUnknown, file } = this.#options;
    const rows = emit.arena.int32(batch.rows);
    let count = 0;
    let dropped = 0;
    for (let row = 0; row < batch.rows; row++) {
      if ((keys.uniform ?? keys.tags[row]) === Tag.ERROR) {
        emit.fail(batch, row, EXPRESSION_FAILED, `cannot find its key: ${errorAt(keys, row)}`);
      } else if (found[row]! >= 0 || whenUnknown === 'keep') {
        found[count] = found[row]!;
        rows[count++] = row;
      } else if (whenUnknown === 'drop') {
        dropped++;
      } else {
        emit.fail(batch, row, 'unknown_key', `its key is not in the table ${file}`);
      }
    }
    emit.drop(dropped);
    return count === batch.rows ? batch : gatherRows(emit.arena, batch, rows, count);
  }
}

function needsOf({ key, fields, prefix }: Options, wanted: Wanted): Wanted {
  const names = new Set([...wanted.names, ...parseExpression(key).names]);
  // Where the table has no value the record keeps its own, so that has to be known by its name.
  if (wanted.all) for (const name of fields) names.add(prefix + name);
  return { names, all: wanted.all };
}

function shapeOf({ fields, prefix, format }: Options, input: Shape): Shape {
  const table = formatNamed(format.type)!.decoder!.shape(format);
  const isText = format.type === 'csv' || format.type === 'tsv';
  const kinds = new Map(input.fields);
  for (const name of fields) {
    const kind = isText ? 'text' : (table.fields.get(name) ?? 'any');
    const own = input.fields.get(prefix + name) ?? (input.open ? 'any' : kind);
    kinds.set(prefix + name, own === kind ? kind : 'any');
  }
  return { ...input, fields: kinds };
}

function checkEnrich(config: Config): { field: string; message: string }[] {
  const { fields } = optionsOf(config);
  const problems: { field: string; message: string }[] = [];
  if (config.table_key === undefined && !NAME.test(config.key as string)) {
    const message = 'the key is an expression: say with table_key which column of the table it is found in';
    problems.push({ field: 'key', message });
  }
  const twice = fields.find((name, i) => fields.indexOf(name) !== i);
  if (twice !== undefined) problems.push({ field: 'fields', message: `"${twice}" stands twice` });
  return problems;
}

/**
 * Adds fields of a table's row to each record, by a hash join. The main thread loads the table, and again when its file
 * changes; the threads share its bytes.
 */
export const ENRICH: TransformDefinition = {
  kind: 'transform',
  name: 'enrich',
  summary:
    'Adds fields from a table in a file to the records, by a key. The table is held in memory and read again when its file changes.',
  fields: [
    {
      name: 'file',
      summary: 'The file that holds the table. A change is noticed within about two seconds.',
      type: { kind: 'string' },
      required: true,
      example: 'countries.csv',
    },
    formatField('decoder', 'csv'),
    expressionField(
      'key',
      "What is looked for in the table. Values are compared as texts: 7 finds '7'. Null and missing keys are in no table.",
      { required: true, example: 'country' },
    ),
    {
      name: 'table_key',
      summary:
        'The column in which it is found. Without it, the one that is called as the key. Of rows with the same key the last one counts.',
      type: { kind: 'string' },
      example: 'code',
    },
    {
      name: 'fields',
      summary: "The columns that become fields. They replace the record's own of the same names.",
      type: { kind: 'list', items: { kind: 'string' }, minItems: 1 },
      required: true,
      example: ['name', 'continent'],
    },
    {
      name: 'prefix',
      summary: 'Stands before the names of these fields.',
      type: { kind: 'string' },
      default: '',
      example: 'country_',
    },
    {
      name: 'when_unknown',
      summary:
        'What becomes of a record whose key is not in the table: it passes on as it is, is dropped, or fails as unknown_key and follows on_error.',
      type: { kind: 'enum', values: ['keep', 'drop', 'fail'] },
      default: 'keep',
    },
    {
      name: 'max_bytes',
      summary: 'How large the file may be. In memory a table takes up to a few times as much.',
      type: { kind: 'size', min: 1 },
      default: '64MiB',
    },
  ],
  example:
    'type: enrich\ninputs: [orders]\nfile: countries.csv\nkey: country\ntable_key: code\nfields: [name, continent]\nprefix: country_\n',
  sample: {
    files: { 'countries.csv': 'code,name,continent\nNO,Norway,Europe\nPE,Peru,South America' },
    input: '{"order":7,"country":"NO"}\n{"order":8,"country":"XX"}\n{"order":9,"country":"PE"}',
    output:
      '{"order":7,"country":"NO","country_name":"Norway","country_continent":"Europe"}\n{"order":8,"country":"XX"}\n{"order":9,"country":"PE","country_name":"Peru","country_continent":"South America"}',
  },
  check: checkEnrich,
  needs: (config, wanted) => needsOf(optionsOf(config), wanted),
  mayRunAway: ({ key }) => parseExpression(key as string).hasMacros,
  shape: (config, input) => shapeOf(optionsOf(config), input),
  resource: (config) => {
    const { file, format, tableKey, fields } = optionsOf(config);
    const build = (content: Uint8Array) => buildTable(content, { name: file, format, key: tableKey, fields });
    return { path: file, maxBytes: config.max_bytes as number, build };
  },
  create: (config) => new Enrich(optionsOf(config)),
};
