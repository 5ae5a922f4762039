import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ChainPlan, NodePlan } from '../../src/plan/index.js';
import { InlineLanes, type ThreadData } from '../../src/workers/lanes.js';
import { SafeLanes } from '../../src/workers/safe-lanes.js';
import { ThreadLanes, type ThreadLimits } from '../../src/workers/thread-lanes.js';
import { COUNTERS, Counter, DEAD_LETTERS, type TripInput, type TripResult } from '../../src/workers/trip.js';
import { type BundledThread, bundleThread } from '../support/bundle-thread.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const OFFSET = 5000;
const TIMEOUT_MS = 400;

const node = (kind: NodePlan['kind'], rest: Partial<NodePlan> = {}): NodePlan => ({
  kind,
  stage: kind,
  type: kind,
  config: {},
  inputs: [],
  onError: 'dead_letter',
  ...rest,
});
const wanted = { wantedNames: ['text'], wantsAll: true };
const csv = { type: 'csv', header: false, columns: ['text'], quotes: 'strict', delimiter: ',' };
const linesIn = node('decode', { format: { type: 'lines' }, framing: 'lines', ...wanted });
const csvIn = node('decode', { format: csv, framing: 'csv', ...wanted });
const hostile = node('transform', { type: 'hostile', inputs: [0], ...wanted });
const out = (inputs: number[]) =>
  node('encode', { inputs, format: { type: 'json' }, shape: { fields: [], open: true } });
const plan = (nodes: NodePlan[]): ChainPlan => ({ id: 'c', nodes, maxRecords: 300, copiesLines: false });

/** The chains of every test, by the place that `data` gives them. */
const LINES = 0;
const CSV = 1;
const BATCH = 2;
const STOPPING = 3;
const data: ThreadData = {
  pipeline: 'test',
  arenaBytes: 32 * 2 ** 20,
  chains: [
    plan([linesIn, hostile, out([1])]),
    plan([csvIn, hostile, out([1])]),
    plan([node('receive'), hostile, out([1])]),
    plan([{ ...linesIn, onError: 'stop' }, hostile, out([1])]),
  ],
};

let thread: BundledThread;
beforeAll(async () => {
  thread = await bundleThread('test/workers/hostile-thread.ts');
});
afterAll(() => thread.remove());

let opened: SafeLanes[] = [];
afterEach(async () => {
  for (const lanes of opened) await lanes.close();
  opened = [];
});

function open(limits: Partial<ThreadLimits> = {}): SafeLanes {
  const all = { timeoutMs: TIMEOUT_MS, memoryBytes: 2 ** 34, heapMb: 48, ...limits };
  const { timeoutMs } = all;
  const lanes = new ThreadLanes(data, 2, all, { threadUrl: thread.url });
  const createQuarantine = async () =>
    new ThreadLanes(data, 2, all, { tripsPerThread: 1, threadUrl: thread.url });
  const safe = new SafeLanes({ data, lanes, createQuarantine, timeoutMs });
  opened.push(safe);
  return safe;
}

function chunk(records: readonly string[]): TripInput & { kind: 'bytes' } {
  const bytes = encoder.encode(`\0\0\0${records.map((record) => `${record}\n`).join('')}`);
  const partition = { source: 'in', name: 'in.log' };
  // The records do not lie at the beginning of their buffer.
  const where = { buffer: bytes.buffer, byteOffset: 3, length: bytes.length - 3 };
  return { kind: 'bytes', ...where, partition, offset: OFFSET, readAtMs: 0 };
}

/** The records as a batch that another chain sent. */
async function batch(records: readonly string[]): Promise<TripInput> {
  const sending = plan([linesIn, node('send', { inputs: [0] })]);
  const lanes = await InlineLanes.create({ ...data, chains: [{ ...sending, maxRecords: 65536 }] });
  const { outputs } = await lanes.run({ chain: 0, input: chunk(records), spares: [] });
  const [output] = outputs;
  if (output?.kind !== 'batch') throw new Error('no batch was sent');
  return { kind: 'batch', batch: output.batch };
}

async function inputOf(chain: number, records: readonly string[]): Promise<TripInput> {
  return chain === BATCH ? await batch(records) : chunk(records);
}

function linesOf(result: TripResult, leaf: number): string[] {
  return result.outputs
    .filter((output) => output.node === leaf)
    .flatMap((output) => {
      if (output.kind !== 'bytes') throw new Error('expected bytes');
      const text = decoder.decode(new Uint8Array(output.buffer, output.byteOffset, output.length));
      const lines = text.split('\n').slice(0, -1);
      expect(lines).toHaveLength(output.records);
      return lines;
    });
}

const lettersOf = (result: TripResult) => linesOf(result, DEAD_LETTERS).map((line) => JSON.parse(line));
const deliveredBy = (result: TripResult): string[] =>
  linesOf(result, 2).map((line) => Object.values(JSON.parse(line))[0] as string);

/** What must come of records of which those that hold "poison" are poison, in any case. */
function expectOnlyPoisonLost(result: TripResult, records: readonly string[], code: string, root = 0): void {
  const isPoison = (record: string) => record.includes('poison');
  expect(deliveredBy(result)).toEqual(records.filter((record) => !isPoison(record)));
  const letters = lettersOf(result);
  let offset = OFFSET;
  const expected: object[] = [];
  for (const record of records) {
    if (isPoison(record)) expected.push({ record, offset, code, source: 'in', partition: 'in.log' });
    offset += record.length + 1;
  }
  expect(letters).toMatchObject(expected);
  for (const { attempts, message } of letters) {
    expect(attempts).toBeGreaterThanOrEqual(2);
    expect(attempts).toBeLessThanOrEqual(Math.ceil(Math.log2(records.length)) + 3);
    expect(message).not.toBe('');
  }
  const counted = (at: number, counter: number) => result.counts[at * COUNTERS + counter];
  expect(counted(root, Counter.IN)).toBe(records.length);
  expect(counted(root, Counter.DEAD)).toBe(letters.length);
  expect(counted(2 - 1, Counter.OUT)).toBe(records.length - letters.length);
}

const recordsWith = (count: number, poison: (i: number) => boolean, deed: string): string[] =>
  Array.from({ length: count }, (_, i) => (poison(i) ? `r${i} poison-${deed}` : `r${i}`));

describe('a record that is poison', () => {
  const MIB = 2 ** 20;
  it.each([
    ['throw', 'worker_failed', /poisoned/],
    ['loop', 'timeout', /longer than 400 ms/],
    ['heap', 'out_of_memory', /memory/],
    ['hog', 'out_of_memory', /grew to/],
    ['exit', 'worker_failed', /exited with code: 3/],
    ['reject', 'worker_failed', /nobody handles this/],
    ['recurse', 'worker_failed', /call stack/],
    ['nonsense', 'worker_failed', /./],
  ])('that does "%s" is lost alone, among trips that shared its thread', async (deed, code, message) => {
    const isSlow = deed === 'heap' || deed === 'hog';
    const rss = process.memoryUsage.rss();
    const lanes = open(isSlow ? { timeoutMs: 20_000, memoryBytes: rss + 256 * MIB } : {});
    const trips = Array.from({ length: 6 }, (_, trip) => recordsWith(12, (i) => trip === 2 && i === 7, deed));
    const results = await Promise.all(
      trips.map((records) => lanes.run({ chain: LINES, input: chunk(records), spares: [] })),
    );
    for (const [trip, result] of results.entries()) expectOnlyPoisonLost(result, trips[trip]!, code);
    expect(lettersOf(results[2]!)[0].message).toMatch(message);
    expect(results[2]!.errors).toEqual({ [`decode:${code}`]: 1 });
    const after = await lanes.run({ chain: LINES, input: chunk(['well']), spares: [] });
    expect(deliveredBy(after)).toEqual(['well']);
  });

  const chains: [string, number][] = [
    ['lines', LINES],
    ['csv', CSV],
    ['a batch from a queue', BATCH],
  ];
  const shares: [string, number, (i: number) => boolean][] = [
    ['one among 1000', 1000, (i) => i === 618],
    ['1 %', 1000, (i) => i % 100 === 42],
    ['all of a small batch', 5, () => true],
    ['the only one', 1, () => true],
  ];
  it.each(chains.flatMap(([name, chain]) => shares.map((share) => [share[0], name, chain, share] as const)))(
    'is lost alone: %s, %s',
    async (_share, _name, chain, [, count, isPoison]) => {
      const lanes = open();
      const records = recordsWith(count, isPoison, 'throw');
      const input = await inputOf(chain, records);
      const result = await lanes.run({ chain, input, spares: [] });
      expectOnlyPoisonLost(result, records, 'worker_failed', chain === BATCH ? 1 : 0);
    },
  );

  it('is lost alone when it ends its thread, from a batch from a queue and a chunk of csv', async () => {
    const lanes = open();
    const records = recordsWith(9, (i) => i === 0 || i === 8, 'exit');
    for (const chain of [BATCH, CSV]) {
      const result = await lanes.run({ chain, input: await inputOf(chain, records), spares: [] });
      expectOnlyPoisonLost(result, records, 'worker_failed', chain === BATCH ? 1 : 0);
    }
  });

  it('is one record of csv, quoted newline or not', async () => {
    const records = ['a', '"b\nb"', '"c\npoison-throw\nc"', '"d\nd"', 'e'];
    const result = await open().run({ chain: CSV, input: chunk(records), spares: [] });
    expect(deliveredBy(result)).toEqual(['a', 'b\nb', 'd\nd', 'e']);
    expect(lettersOf(result)).toMatchObject([{ record: records[2], offset: OFFSET + 2 + 6 }]);
  });

  it('stops the run where the chain says so, with its place', async () => {
    const records = recordsWith(10, (i) => i === 4, 'throw');
    const result = await open().run({ chain: STOPPING, input: chunk(records), spares: [] });
    const place = { source: 'in', partition: 'in.log', offset: OFFSET + 12, stage: 'decode' };
    expect(result.stoppedBy).toMatchObject({ ...place, code: 'worker_failed', message: 'poisoned' });
  });

  it('gives each buffer back once, and the input of a trip that was made in parts unharmed', async () => {
    const records = recordsWith(100, (i) => i === 50, 'throw');
    const input = chunk(records);
    const before = new Uint8Array(input.buffer).slice();
    const result = await open().run({ chain: LINES, input, spares: [] });
    const held = [
      ...result.returned,
      ...result.outputs.map((output) => (output.kind === 'bytes' ? output.buffer : output.batch.buffer)),
    ];
    expect(new Set(held).size).toBe(held.length);
    expect(result.returned).toContain(input.buffer);
    expect(new Uint8Array(input.buffer)).toEqual(before);
  });
});

describe('the time limit', () => {
  it('ends a trip within 50 ms of it', async () => {
    const limits = { timeoutMs: 150, memoryBytes: 2 ** 34 };
    const lanes = new ThreadLanes(data, 1, limits, { threadUrl: thread.url });
    const lateMs: number[] = [];
    try {
      // The best of some: the machine may be busy with something else.
      for (let i = 0; i < 4; i++) {
        await lanes.ready();
        const startedMs = performance.now();
        const trip = lanes.run({ chain: LINES, input: chunk(['poison-loop']), spares: [] });
        await expect(trip).rejects.toMatchObject({ code: 'timeout', isCertain: true });
        lateMs.push(performance.now() - startedMs - limits.timeoutMs);
      }
    } finally {
      await lanes.close();
    }
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...lateMs)).toBeLessThan(50);
  });

  it('does not count the wait behind another trip, and leaves the input of both as it was', async () => {
    const lanes = new ThreadLanes(
      data,
      1,
      { timeoutMs: 150, memoryBytes: 2 ** 34 },
      { threadUrl: thread.url },
    );
    try {
      const waiting = chunk(['well']);
      const loops = lanes.run({ chain: LINES, input: chunk(['poison-loop']), spares: [] });
      const waits = lanes.run({ chain: LINES, input: waiting, spares: [] });
      await expect(loops).rejects.toMatchObject({ code: 'timeout', isCertain: true });
      await expect(waits).rejects.toMatchObject({ code: 'worker_failed', isCertain: false });
      expect(decoder.decode(waiting.buffer)).toBe('\0\0\0well\n');
    } finally {
      await lanes.close();
    }
  });
});

it('fails the run, not the records, when no thread can be started', async () => {
  const broken: ThreadData = { ...data, arenaBytes: 2 ** 40 };
  const limits = { timeoutMs: TIMEOUT_MS, memoryBytes: 2 ** 34 };
  const create = () => new ThreadLanes(broken, 1, limits, { threadUrl: thread.url });
  const lanes = new SafeLanes({
    data: broken,
    lanes: create(),
    createQuarantine: async () => create(),
    timeoutMs: TIMEOUT_MS,
  });
  opened.push(lanes);
  await expect(lanes.run({ chain: LINES, input: chunk(['well']), spares: [] })).rejects.toThrow();
});
