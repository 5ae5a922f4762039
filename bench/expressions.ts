import { parse } from '@marcbachmann/cel-js';
import { Arena, type Batch, constantNumber, Tag, textVector, type Vector } from '../src/batch/index.js';
import { compileExpression, parseExpression } from '../src/expression/index.js';
import { Random } from './random.js';

const ROWS = 16_384;
const ROUNDS = 9;
const ROUND_MS = 60;

const LEVELS = ['info', 'info', 'info', 'debug', 'warn', 'warning', 'error', 'info'];
const PATHS = [
  '/api/v1/users/',
  '/index.html?page=',
  '/static/css/site.css?v=',
  '/admin/login/',
  '/api/orders/',
];

interface Row {
  readonly status: number;
  readonly level: string;
  readonly path: string;
}

/** The same rows in every run. */
function makeRows(): Row[] {
  const random = new Random(42);
  return Array.from({ length: ROWS }, () => ({
    status: random.onceIn(10) ? 500 + random.below(5) : 200 + random.below(5),
    level: random.pick(LEVELS),
    path: `${random.pick(PATHS)}${random.below(100_000)}`,
  }));
}

function textColumn(arena: Arena, texts: readonly string[], tag: typeof Tag.TEXT | typeof Tag.JSON): Vector {
  const starts = arena.int32(ROWS);
  const lengths = arena.int32(ROWS);
  texts.forEach((text, row) => {
    const bytes = new TextEncoder().encode(text);
    starts[row] = arena.place(bytes);
    lengths[row] = bytes.length;
  });
  return textVector(arena, starts, lengths, ROWS, tag);
}

function makeBatch(arena: Arena, rows: readonly Row[]): Batch {
  const status = constantNumber(arena, Tag.INT, 0, ROWS);
  status.numbers!.set(rows.map((row) => row.status));
  const json = (values: readonly unknown[]) =>
    textColumn(
      arena,
      values.map((value) => JSON.stringify(value)),
      Tag.JSON,
    );
  const columns = new Map<string, Vector>([
    ['status', status],
    [
      'path',
      textColumn(
        arena,
        rows.map((row) => row.path),
        Tag.TEXT,
      ),
    ],
    ['level', json(rows.map((row) => row.level))],
    ['code', json(rows.map((row) => row.status))],
    [
      'request',
      json(rows.map(({ path, status: code }) => ({ id: 'a1b2c3d4', method: 'GET', path, status: code }))),
    ],
  ]);
  const none = arena.int32(ROWS);
  return {
    rows: ROWS,
    columns,
    document: undefined,
    origin: { count: ROWS, starts: none, lengths: none, offsets: arena.float64(ROWS) },
    untouched: undefined,
    partition: { source: 'bench', name: 'bench' },
    readAtMs: 0,
  };
}

/** The median over some rounds, in million rows a second. */
function measure(run: () => void): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let batches = 0;
    while (performance.now() - start < ROUND_MS) {
      run();
      batches++;
    }
    rates.push((batches * ROWS) / (performance.now() - start) / 1000);
  }
  return rates.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

/** Conditions as filters have them: over numbers and texts that are decoded, then over JSON that nobody has looked into. */
const EXPRESSIONS = [
  'status >= 500',
  'status >= 500 && path.startsWith("/api")',
  'status >= 400 && status < 503 && !path.endsWith("0")',
  'path == "/index.html?page=77"',
  'path.contains("admin")',
  'path.matches("^/api/v[0-9]+/")',
  'level == "error"',
  'level in ["error", "warn"]',
  'code >= 500',
  'request.status >= 500',
];

/** An expression's speed: ours over columns, and that of cel-js' own evaluator over an object a row. */
export interface ExpressionFigure {
  readonly text: string;
  readonly millionsPerSecond: number;
  readonly celJsMillionsPerSecond: number;
}

/** Measures one expression after the other, in one thread. Throws when the two do not find the same rows. */
export function* measureExpressions(): Generator<ExpressionFigure> {
  const rows = makeRows();
  const objects = rows.map((row) => ({
    status: BigInt(row.status),
    level: row.level,
    path: row.path,
    code: BigInt(row.status),
    request: { id: 'a1b2c3d4', method: 'GET', path: row.path, status: BigInt(row.status) },
  }));
  const arena = new Arena(64 * 1024 * 1024);
  const batch = makeBatch(arena, rows);
  const top = arena.top;
  for (const text of EXPRESSIONS) {
    const program = compileExpression(parseExpression(text));
    let count = 0;
    const select = () => {
      count = program.select(arena, batch).count;
      arena.reset(top);
    };
    const evaluate = parse(text);
    let expected = 0;
    const evaluateAll = () => {
      expected = 0;
      for (const object of objects) if (evaluate(object) === true) expected++;
    };
    const figures = { millionsPerSecond: measure(select), celJsMillionsPerSecond: measure(evaluateAll) };
    if (expected !== count) throw new Error(`${text}: ${count} rows match, cel-js finds ${expected}`);
    yield { text, ...figures };
  }
}
