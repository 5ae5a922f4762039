import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureDecoders, unmeasuredDecoders } from './decoders.js';
import { measureEncoders, unmeasuredEncoders } from './encoders.js';
import { measureExpressions } from './expressions.js';
import { writeIntoReadme } from './report.js';

// How fast is one thread, without files and processes: expressions, decoders, encoders? With --write-readme the tables are
// put into bench/README.md. Names as arguments: only these tables; formats behind --only: only these decoders.

type Row = readonly (string | number)[];

/** Prints a table as Markdown while it grows, and gives its lines. */
function table(header: readonly string[], rows: Iterable<Row>): string[] {
  const lines: string[] = [];
  const add = (cells: Row): void => {
    const line = `| ${cells.join(' | ')} |`;
    lines.push(line);
    process.stdout.write(`${line}\n`);
  };
  add(header);
  add(header.map((_, column) => (column === 0 ? '---' : '---:')));
  for (const row of rows) add(row);
  return lines;
}

/** Two digits that count, or all before the point. */
const rounded = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toPrecision(2));

function* expressionRows(): Generator<Row> {
  for (const { text, millionsPerSecond, celJsMillionsPerSecond } of measureExpressions()) {
    const ratio = millionsPerSecond / celJsMillionsPerSecond;
    yield [`\`${text}\``, rounded(millionsPerSecond), rounded(celJsMillionsPerSecond), rounded(ratio)];
  }
}

function* decoderRows(only: readonly string[]): Generator<Row> {
  for (const { format, all, some } of measureDecoders(only))
    yield [`\`${format}\``, rounded(all), rounded(some)];
  if (only.length === 0) for (const format of unmeasuredDecoders()) yield [`\`${format}\``, '–', '–'];
}

function* encoderRows(): Generator<Row> {
  for (const { format, megabytesPerSecond, millionsPerSecond, bytesPerRecord } of measureEncoders()) {
    yield [
      `\`${format}\``,
      rounded(megabytesPerSecond),
      rounded(millionsPerSecond),
      bytesPerRecord.toFixed(0),
    ];
  }
  for (const format of unmeasuredEncoders()) yield [`\`${format}\``, '–', '–', '–'];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, 'write-readme': { type: 'boolean', default: false } },
});
const only = values.only?.split(',') ?? [];
const TABLES: Readonly<Record<string, () => string[]>> = {
  expressions: () =>
    table(['expression', 'millions of records a second', 'cel-js', 'times'], expressionRows()),
  decoders: () => table(['decoder', 'MB/s, all fields', 'MB/s, a few'], decoderRows(only)),
  encoders: () =>
    table(['encoder', 'MB/s of the log', 'millions of records a second', 'bytes a record'], encoderRows()),
};

const wanted = positionals.length > 0 ? positionals : Object.keys(TABLES);
const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]!.model}), Node ${process.versions.node}`;
for (const name of wanted) {
  const make = TABLES[name];
  if (!make) throw new Error(`there is no table "${name}", only ${Object.keys(TABLES).join(', ')}`);
  const lines = make();
  process.stdout.write('\n');
  if (values['write-readme']) writeIntoReadme(name, [`Measured ${machine}.`, '', ...lines].join('\n'));
}
