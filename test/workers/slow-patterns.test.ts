import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SafeLanes } from '../../src/workers/safe-lanes.js';
import type { TripResult } from '../../src/workers/trip.js';
import { type BundledThread, bundleThread } from '../support/bundle-thread.js';
import { HOSTILE_PAIRS } from '../support/hostile-patterns.js';
import { chunk, lanesOf, lettersOf, linesOf, node, OFFSET, out, plan, wanted } from './hostile-lanes.js';

/** What keeps engines from going over to linear time, and takes part in each match. */
const needsBacktracking = (pattern: string): string => `(?![^\\u0000-\\uffff])${pattern}`;
const grok = (pattern: string) => ({ type: 'grok', pattern, ecs: false, timeout: 100 });
const LETTERS = 64 * 1024;

/** By pair: a chain that decodes by its pattern, and one that parses a field by it. */
const plans = HOSTILE_PAIRS.flatMap(({ pattern }) => {
  const format = grok(`(?:ok (?<f>\\d+)$|${needsBacktracking(pattern)})`);
  const lines = { format: { type: 'lines' }, framing: 'lines', ...wanted } as const;
  return [
    plan([node('decode', { format, framing: 'lines', ...wanted }), out([0])]),
    plan([
      node('decode', lines),
      node('transform', {
        type: 'parse',
        config: { field: 'message', format, keep_source: false },
        inputs: [0],
        ...wanted,
      }),
      out([1]),
    ]),
  ];
});

let thread: BundledThread;
let lanes: SafeLanes;
beforeAll(async () => {
  thread = await bundleThread('src/workers/thread.ts');
  const data = { pipeline: 'test', arenaBytes: 32 * 2 ** 20, chains: plans };
  lanes = lanesOf(data, thread.url, { timeoutMs: 60_000 });
});
afterAll(async () => {
  await lanes.close();
  thread.remove();
});

const GOOD = Array.from({ length: 8 }, (_, i) => `ok ${i}`);

/** Expects the good records once, in order, and the hostile ones as dead letters, and gives these. */
function expectNeighboursOnce(result: TripResult, records: readonly string[], leaf: number): Letter[] {
  const delivered = linesOf(result, leaf).map((line) => JSON.parse(line).f);
  expect(delivered).toEqual(GOOD.map((record) => record.slice('ok '.length)));
  let offset = OFFSET;
  const expected: object[] = [];
  for (const record of records) {
    if (!GOOD.includes(record)) expected.push({ record, offset });
    offset += record.length + 1;
  }
  const letters = lettersOf(result);
  expect(letters).toMatchObject(expected);
  return letters;
}

interface Letter {
  readonly code: string;
  readonly attempts: number;
  readonly message: string;
}

it('ends the matching of a record and blames it alone, at once, while the main thread goes on', {
  timeout: 120_000,
}, async () => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const timeouts = new Set<string>();
  /** Of the event loop, for each pair; another process may hold it up now and then. */
  const slowestMs: number[] = [];
  for (const [at, { name, text }] of HOSTILE_PAIRS.entries()) {
    const chain = at * 2 + (at % 2);
    const hostile = text(LETTERS);
    const records = [...GOOD.slice(0, 3), hostile, ...GOOD.slice(3, 6), hostile, ...GOOD.slice(6)];
    delay.reset();
    const result = await lanes.run({ chain, input: chunk(records), spares: [] });
    slowestMs.push(delay.percentile(99) / 1e6);
    const letters = expectNeighboursOnce(result, records, plans[chain]!.nodes.length - 1);
    for (const { code, attempts, message } of letters) {
      // A text may be soon found not to match.
      if (code === 'decode_failed' || code === 'parse_failed') continue;
      expect(code).toBe('timeout');
      expect(message).toBe('matching its pattern took longer than 100 ms');
      expect(attempts, name).toBeLessThanOrEqual(4);
      timeouts.add(name);
    }
  }
  delay.disable();
  expect(timeouts.size).toBeGreaterThan(HOSTILE_PAIRS.length / 2);
  expect(slowestMs.sort((a, b) => a - b)[slowestMs.length >> 1]).toBeLessThanOrEqual(20);
});
