import { expect } from 'vitest';
import type { ChainPlan, NodePlan } from '../../src/plan/index.js';
import { copyInput } from '../../src/workers/kept-inputs.js';
import { InlineLanes, type ThreadData } from '../../src/workers/lanes.js';
import { SafeLanes } from '../../src/workers/safe-lanes.js';
import { ThreadLanes, type ThreadLimits } from '../../src/workers/thread-lanes.js';
import { COUNTERS, Counter, DEAD_LETTERS, type TripInput, type TripResult } from '../../src/workers/trip.js';

export const encoder = new TextEncoder();
export const decoder = new TextDecoder();
export const OFFSET = 5000;
export const TIMEOUT_MS = 400;

export const node = (kind: NodePlan['kind'], rest: Partial<NodePlan> = {}): NodePlan => ({
  kind,
  stage: kind,
  type: kind,
  config: {},
  inputs: [],
  onError: 'dead_letter',
  ...rest,
});
export const wanted = { wantedNames: ['text'], wantsAll: true };
export const csv = { type: 'csv', header: false, columns: ['text'], quotes: 'strict', delimiter: ',' };
export const linesIn = node('decode', { format: { type: 'lines' }, framing: 'lines', ...wanted });
export const csvIn = node('decode', { format: csv, framing: 'csv', ...wanted });
export const hostile = node('transform', { type: 'hostile', inputs: [0], ...wanted });
export const out = (inputs: number[]) =>
  node('encode', { inputs, format: { type: 'json' }, shape: { fields: [], open: true } });
export const plan = (nodes: NodePlan[]): ChainPlan => ({
  id: 'c',
  nodes,
  maxRecords: 300,
  copiesLines: false,
});

/** The chains of every test, by the place that `data` gives them. */
export const LINES = 0;
export const CSV = 1;
export const BATCH = 2;
export const STOPPING = 3;
export const data: ThreadData = {
  pipeline: 'test',
  arenaBytes: 32 * 2 ** 20,
  chains: [
    plan([linesIn, hostile, out([1])]),
    plan([csvIn, hostile, out([1])]),
    plan([node('receive'), hostile, out([1])]),
    plan([{ ...linesIn, onError: 'stop' }, hostile, out([1])]),
  ],
};

/** Lanes whose threads have the transform `hostile`. */
export function openLanes(threadUrl: URL, limits: Partial<ThreadLimits> = {}): SafeLanes {
  return lanesOf(data, threadUrl, limits);
}

export function lanesOf(data: ThreadData, threadUrl: URL, limits: Partial<ThreadLimits>): SafeLanes {
  const all = { timeoutMs: TIMEOUT_MS, memoryBytes: 2 ** 34, heapMb: 24, ...limits };
  const { timeoutMs } = all;
  const lanes = new ThreadLanes(data, 2, all, { threadUrl });
  const createQuarantine = async () => new ThreadLanes(data, 2, all, { tripsPerThread: 1, threadUrl });
  return new SafeLanes({ data, lanes, createQuarantine, timeoutMs });
}

export function chunk(records: readonly string[]): TripInput & { kind: 'bytes' } {
  const bytes = encoder.encode(`\0\0\0${records.map((record) => `${record}\n`).join('')}`);
  const partition = { source: 'in', name: 'in.log' };
  // The records do not lie at the beginning of their buffer.
  const where = { buffer: bytes.buffer, byteOffset: 3, length: bytes.length - 3 };
  return { kind: 'bytes', ...where, partition, offset: OFFSET, readAtMs: 0 };
}

/** The records as a batch that another chain sent. */
export function batch(records: readonly string[]): Promise<TripInput & { kind: 'batch' }> {
  return batchOfInput(chunk(records));
}

export async function batchOfInput(input: TripInput): Promise<TripInput & { kind: 'batch' }> {
  const sending = plan([linesIn, node('send', { inputs: [0] })]);
  const lanes = await InlineLanes.create({ ...data, chains: [{ ...sending, maxRecords: 65536 }] });
  const { outputs } = await lanes.run({ chain: 0, input: copyInput(input), spares: [] });
  const [output] = outputs;
  if (output?.kind !== 'batch') throw new Error('no batch was sent');
  return { kind: 'batch', batch: output.batch };
}

export async function inputOf(chain: number, records: readonly string[]): Promise<TripInput> {
  return chain === BATCH ? await batch(records) : chunk(records);
}

export function linesOf(result: TripResult, leaf: number): string[] {
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

export const lettersOf = (result: TripResult) =>
  linesOf(result, DEAD_LETTERS).map((line) => JSON.parse(line));
export const deliveredBy = (result: TripResult): string[] =>
  linesOf(result, 2).map((line) => Object.values(JSON.parse(line))[0] as string);

/** What must come of records of which those that hold "poison" are poison, in any case. */
export function expectOnlyPoisonLost(
  result: TripResult,
  records: readonly string[],
  code: string,
  root = 0,
): void {
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

export const recordsWith = (count: number, poison: (i: number) => boolean, deed: string): string[] =>
  Array.from({ length: count }, (_, i) => (poison(i) ? `r${i} poison-${deed}` : `r${i}`));
