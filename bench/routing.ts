/**
 * What does routing by 1,000 bindings cost beside routing by 10, and how many records a second is it? Keys that repeat
 * are those of a log; keys that do not are all different. Run: npm run build && node dist/bench/routing.js
 */
import { Arena, Tag, textVector, type Vector } from '../src/batch/index.js';
import { HeadersRouter, KeyRouter, rowsByConsumer } from '../src/routing/index.js';
import { Random } from './random.js';

const ROWS = 8192;
const ROUNDS = 9;
const ROUND_MS = 60;
/** The same for all numbers of bindings, so that as much is delivered. */
const CONSUMERS = 10;
const FEW = 10;
const MANY = 1000;

const arena = new Arena(64 * 1024 * 1024);

function textColumn(texts: readonly string[]): Vector {
  const starts = arena.int32(ROWS);
  const lengths = arena.int32(ROWS);
  for (const [row, text] of texts.entries()) {
    const bytes = Buffer.from(text);
    starts[row] = arena.place(bytes);
    lengths[row] = bytes.length;
  }
  return textVector(arena, starts, lengths, ROWS);
}

/** Rows a second in millions: the median of the rounds. */
function measure(route: () => void): number {
  const rates: number[] = [];
  const top = arena.top;
  for (let round = 0; round <= ROUNDS; round++) {
    const startMs = performance.now();
    let batches = 0;
    for (; performance.now() - startMs < ROUND_MS; batches++) {
      arena.reset(top);
      route();
    }
    rates.push((batches * ROWS) / (performance.now() - startMs) / 1000);
  }
  return rates.slice(1).sort((a, b) => a - b)[ROUNDS >> 1]!;
}

function report(name: string, few: number, many: number): void {
  const cost = (few / many).toFixed(2);
  process.stdout.write(
    `${name.padEnd(42)}${few.toFixed(1).padStart(8)}${many.toFixed(1).padStart(8)}${cost.padStart(8)}\n`,
  );
}

function keyRate(
  type: 'direct' | 'topic',
  count: number,
  pattern: (n: number) => string,
  keys: Vector,
): number {
  const bindings = Array.from({ length: count }, (_, n) => ({ consumer: n % CONSUMERS, key: pattern(n) }));
  const router = new KeyRouter(type, bindings);
  return measure(() => rowsByConsumer(arena, router.route(arena, keys), router.consumers));
}

function headersRate(count: number, columns: readonly Vector[]): number {
  const bindings = Array.from({ length: count }, (_, n) => ({
    consumer: n % CONSUMERS,
    match: 'all' as const,
    headers: { service: `service-${n}`, level: n % 8 },
  }));
  const router = new HeadersRouter(['service', 'level'], bindings);
  return measure(() => rowsByConsumer(arena, router.route(arena, columns, ROWS), router.consumers));
}

function main(): void {
  const random = new Random(42);
  const rows = Array.from({ length: ROWS }, () => random.below(MANY));
  const known = textColumn(rows.map((n) => `web.service-${n}.${200 + (n % 4) * 100}`));
  const different = textColumn(rows.map((n, row) => `web.service-${n}.${row}`));
  process.stdout.write(
    `million records/s by`.padEnd(42) +
      `${FEW}`.padStart(8) +
      `${MANY}`.padStart(8) +
      'cost'.padStart(8) +
      '\n',
  );
  const exact = (n: number) => `web.service-${n}.${200 + (n % 4) * 100}`;
  const middle = (n: number) => `*.service-${n}.#`;
  const anywhere = (n: number) => `#.service-${n}.#`;
  const of = (type: 'direct' | 'topic', pattern: (n: number) => string, keys: Vector): [number, number] => [
    keyRate(type, FEW, pattern, keys),
    keyRate(type, MANY, pattern, keys),
  ];
  report('direct', ...of('direct', exact, known));
  report('topic *.service-n.#, keys repeat', ...of('topic', middle, known));
  report('topic *.service-n.#, keys differ', ...of('topic', middle, different));
  report('topic #.service-n.#, keys repeat', ...of('topic', anywhere, known));
  report('topic #.service-n.#, keys differ', ...of('topic', anywhere, different));
  const level = { ...textColumn(rows.map(() => '')), uniform: Tag.INT, views: undefined };
  const columns = [
    textColumn(rows.map((n) => `service-${n}`)),
    { ...level, numbers: Float64Array.from(rows, (n) => n % 8) },
  ];
  report('headers, all of two', headersRate(FEW, columns), headersRate(MANY, columns));
}

main();
