import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { deadLettersIn } from '../support/letters-in.js';
import { runs } from '../support/property.js';
import { runInThread } from '../support/run-pipeline.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Item {
  readonly k?: unknown;
  /** Seconds since the day began. */
  readonly t: number;
}

const START_MS = Date.UTC(2026, 0, 1);
const MILLISECONDS = 1000;
const timeOf = ({ t }: Item) => START_MS + t * MILLISECONDS;

/** Runs items through one stage, in batches of a few. Gives the numbers of those that passed. */
async function passing(stage: string, items: readonly Item[]) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-memory-'));
  folders.push(folder);
  const lines = items.map((item, n) =>
    JSON.stringify({ n, ...item, at: new Date(timeOf(item)).toISOString() }),
  );
  writeFileSync(join(folder, 'in.ndjson'), lines.map((line) => `${line}\n`).join(''));
  const yaml = `
name: test
sources: { in: { type: file, paths: ["${join(folder, 'in.ndjson')}"], format: json } }
transforms: { it: { inputs: [in], ${stage} } }
sinks: { out: { type: file, inputs: [it], path: "${join(folder, 'out')}", format: json } }
runtime: { state: "${join(folder, 'state')}" }
`;
  const metrics = await runInThread(yaml, join(folder, 'pipeline.yaml'), { batchBytes: 300 });
  const out = readFileSync(join(folder, 'out'), 'utf8').split('\n').slice(0, -1);
  const letters = await deadLettersIn(join(folder, 'state/test'));
  return {
    passed: out.map((line) => (JSON.parse(line) as { n: number }).n),
    letters,
    it: metrics.stage('it'),
  };
}

const KEYS = fc.constantFrom<unknown>(
  ...[1, 2, '2', 3.5, 'b', true, null, undefined, 'a key of more than twelve bytes', 'a key \n with "marks"'],
);
const ITEMS = fc.array(fc.record({ k: KEYS, t: fc.nat(100) }), { maxLength: 120 });

/** As documented, with a plain map in the order of passing. */
function model(items: readonly Item[], windowMs: number, maxKeys: number): number[] {
  const known = new Map<string, number>();
  return items.flatMap((item, n) => {
    if (item.k === undefined || item.k === null) return [n];
    const key = String(item.k);
    if ((known.get(key) ?? Number.NEGATIVE_INFINITY) > timeOf(item)) return [];
    known.delete(key);
    if (known.size === maxKeys) known.delete([...known.keys()][0]!);
    known.set(key, timeOf(item) + windowMs);
    return [n];
  });
}

describe('dedupe', () => {
  it('passes the records that a plain map would, whatever their keys and times', async () => {
    const property = fc.asyncProperty(
      ITEMS,
      fc.option(fc.integer({ min: 1, max: 60 })),
      fc.integer({ min: 1, max: 9 }),
      async (items, window, maxKeys) => {
        // Times in order, so that what is over may be forgotten at any time.
        const sorted = items.map((item, i) => ({ ...item, t: item.t / 100 + i }));
        const options = `max_keys: ${maxKeys}, time: timestamp(at)${window === null ? '' : `, window: ${window}s`}`;
        const { passed, it: counts } = await passing(`type: dedupe, key: k, ${options}`, sorted);
        const windowMs = window === null ? Number.POSITIVE_INFINITY : window * MILLISECONDS;
        expect(passed).toEqual(model(sorted, windowMs, maxKeys));
        expect(counts.dropped).toBe(items.length - passed.length);
        expect(counts.recordsOut).toBe(passed.length);
      },
    );
    await fc.assert(property, { numRuns: runs(60) });
  });

  it('takes a record that comes late for a repetition of one with a later time', async () => {
    const items = [
      { k: 1, t: 50 },
      { k: 1, t: 45 },
      { k: 1, t: 59 },
      { k: 1, t: 60 },
    ];
    const { passed } = await passing('type: dedupe, key: k, window: 10s, time: timestamp(at)', items);
    expect(passed).toEqual([0, 3]);
  });

  it('passes all by default, as no two records have the same id', async () => {
    const items = Array.from({ length: 50 }, () => ({ t: 0 }));
    expect((await passing('type: dedupe', items)).passed).toHaveLength(50);
  });

  it('lets a record fail whose key or time cannot be evaluated', async () => {
    const items = [
      { k: 1, t: 1 },
      { k: 'no number', t: 2 },
      { k: 3, t: 3 },
    ];
    const { passed, letters, it: counts } = await passing('type: dedupe, key: k + 1', items);
    expect(passed).toEqual([0, 2]);
    expect(letters.map(({ stage, code, message }) => [stage, code, message])).toEqual([
      ['it', 'expression_failed', expect.stringContaining('cannot find its key')],
    ]);
    expect([counts.recordsIn, counts.recordsOut, counts.deadLettered]).toEqual([3, 2, 1]);
    const untimed = await passing('type: dedupe, key: n, time: k', items);
    expect(untimed.letters.map(({ message }) => message)).toEqual(
      items.map(() => 'cannot find its time: it is no timestamp'),
    );
  });

  it('says how many keys were forgotten before their time', async () => {
    const items = Array.from({ length: 10 }, (_, k) => ({ k, t: 0 }));
    const { it: counts } = await passing('type: dedupe, key: k, window: 1h, max_keys: 4', items);
    expect(counts.errors.get('key_forgotten')).toBe(6);
  });
});

describe('throttle', () => {
  const ITEMS = [
    { k: 'a', t: 0 },
    { k: 'a', t: 1 },
    { k: 'b', t: 1 },
    { k: 'a', t: 2 },
    { t: 2 },
    { k: null, t: 3 },
    { k: 'a', t: 61 },
  ];
  const STAGE = 'type: throttle, rate: 1, per: 1m, key: k, time: timestamp(at)';

  it('drops what exceeds the rate of its key, null being one', async () => {
    const { passed, it: counts } = await passing(STAGE, ITEMS);
    expect(passed).toEqual([0, 2, 4, 6]);
    expect([counts.dropped, counts.deadLettered]).toEqual([3, 0]);
  });

  it('lets it fail where the file says so', async () => {
    const { passed, letters, it: counts } = await passing(`${STAGE}, exceeding: fail`, ITEMS);
    expect(passed).toEqual([0, 2, 4, 6]);
    expect([counts.dropped, counts.deadLettered]).toEqual([0, 3]);
    expect(letters.map(({ code, message }) => [code, message])).toEqual(
      Array(3).fill(['rate_exceeded', 'more than 1 records in 60 s']),
    );
  });

  it('has one rate for all records without a key, whatever batches they come in', async () => {
    const items = Array.from({ length: 40 }, (_, i) => ({ t: i }));
    const { passed } = await passing('type: throttle, rate: 1, per: 10s, time: timestamp(at)', items);
    expect(passed).toEqual([0, 10, 20, 30]);
  });
});
