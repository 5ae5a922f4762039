import { beforeAll, describe, expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import type { ChainPlan, NodePlan } from '../../src/plan/index.js';
import { Chain } from '../../src/workers/chain.js';
import { InputParts } from '../../src/workers/input-parts.js';
import {
  COUNTERS,
  Counter,
  DEAD_LETTERS,
  type TripRequest,
  type TripResult,
} from '../../src/workers/trip.js';
import { TripFailed } from '../../src/workers/trip-failed.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const partition = { source: 'in', name: 'in.log' };
let arena: Arena;
beforeAll(() => {
  arena = new Arena(64 * 1024 * 1024);
});

const node = (
  kind: NodePlan['kind'],
  stage: string,
  type: string,
  rest: Partial<NodePlan> = {},
): NodePlan => ({
  kind,
  stage,
  type,
  config: {},
  inputs: [],
  onError: 'dead_letter',
  ...rest,
});
const jsonIn = (rest: Partial<NodePlan> = {}) =>
  node('decode', 'in', 'file', {
    format: { type: 'json' },
    framing: 'lines',
    wantedNames: [],
    wantsAll: true,
    ...rest,
  });
const jsonOut = (inputs: number[], stage = 'out') =>
  node('encode', stage, 'file', { inputs, format: { type: 'json' }, shape: { fields: [], open: true } });

function chainOf(nodes: NodePlan[], maxRecords = 65536): Promise<Chain> {
  const plan: ChainPlan = { id: 'in', nodes, maxRecords, copiesLines: false };
  return Chain.create(plan, 'test', arena);
}

function request(text: string, spares: ArrayBuffer[] = []): TripRequest {
  const bytes = encoder.encode(text);
  const buffer = new ArrayBuffer(Math.max(4096, 2 ** Math.ceil(Math.log2(bytes.length + 1))));
  new Uint8Array(buffer).set(bytes);
  const input = { buffer, byteOffset: 0, length: bytes.length, partition, offset: 1000, readAtMs: 0 };
  return { chain: 0, input: { kind: 'bytes', ...input }, spares };
}

function textOf(result: TripResult, at: number): string {
  const outputs = result.outputs.filter((output) => output.node === at);
  expect(outputs.length).toBeLessThanOrEqual(1);
  const output = outputs[0];
  if (output?.kind !== 'bytes') return '';
  return decoder.decode(new Uint8Array(output.buffer, output.byteOffset, output.length));
}

const count = (result: TripResult, at: number, counter: number) => result.counts[at * COUNTERS + counter];

describe('a trip', () => {
  it('sends an untouched chunk back in its own buffer', async () => {
    const chain = await chainOf([jsonIn(), jsonOut([0])]);
    const trip = request('{"a":1}\n{"a": 2.50}\n'.repeat(200));
    const result = chain.run(trip, 0);
    expect(result.outputs).toHaveLength(1);
    const [output] = result.outputs;
    expect(output?.kind === 'bytes' && output.buffer === (trip.input as { buffer: ArrayBuffer }).buffer).toBe(
      true,
    );
    expect(textOf(result, 1)).toBe('{"a":1}\n{"a": 2.50}\n'.repeat(200));
    expect(output?.records).toBe(400);
  });

  it('gives a last line its newline and keeps what follows the chunk out', async () => {
    const chain = await chainOf([jsonIn(), jsonOut([0])]);
    chain.run(request('{"stale":1}\n'.repeat(50)), 0);
    expect(textOf(chain.run(request('{"a":1}\n{"a":2}'), 0), 1)).toBe('{"a":1}\n{"a":2}\n');
  });

  it('runs some of the records that are joined of parts, and gives up one of them', async () => {
    const of = { type: 'cri' };
    const framing = { kind: 'multiline', of, maxLines: 9, maxBytes: 999, flushAfterMs: 1 } as const;
    const nodes = [jsonIn({ format: { type: 'lines' }, framing }), jsonOut([0])];
    const trip = request('1 stdout P a\n2 stderr F b\n3 stdout F c\n4 stdout F d\n');
    const plan: ChainPlan = { id: 'in', nodes, maxRecords: 1, copiesLines: false };
    const chain = await Chain.create(plan, 'test', arena);
    const message = (text: string): string => `{"message":"${text}"}\n`;
    expect(textOf(chain.run(trip, 0), 1)).toBe(
      message('2 stderr F b') + message('1 stdout F ac') + message('4 stdout F d'),
    );
    const parts = new InputParts(new Arena(1 << 20), plan, 'test', trip.input);
    expect(parts.count).toBe(3);
    const part = parts.part(1, 3);
    expect(textOf(chain.run({ ...trip, input: part }, 0), 1)).toBe(
      message('1 stdout F ac') + message('4 stdout F d'),
    );
    const letter = textOf(parts.refuse(1, new TripFailed('timeout', 'slow', true), 1), DEAD_LETTERS);
    expect(JSON.parse(letter)).toMatchObject({ offset: 1000, code: 'timeout', record: '1 stdout F ac' });
  });

  it('counts every record in, out or among the dead letters, and keeps the neighbours', async () => {
    const chain = await chainOf([jsonIn(), jsonOut([0])]);
    const result = chain.run(request('{"a":1}\nbroken\n{"a":2}\n'), Date.UTC(2026, 0, 1));
    expect(textOf(result, 1)).toBe('{"a":1}\n{"a":2}\n');
    expect([Counter.IN, Counter.OUT, Counter.DEAD].map((counter) => count(result, 0, counter))).toEqual([
      3, 2, 1,
    ]);
    const letter = JSON.parse(textOf(result, DEAD_LETTERS));
    expect(letter).toMatchObject({
      pipeline: 'test',
      source: 'in',
      partition: 'in.log',
      offset: 1008,
      stage: 'in',
      code: 'decode_failed',
      attempts: 1,
      time: '2026-01-01T00:00:00.000Z',
      record: 'broken',
    });
    expect(letter.message).not.toBe('');
    expect(result.errors).toEqual({ 'in:decode_failed': 1 });
  });

  it('keeps original bytes that are not UTF-8 as base64', async () => {
    const chain = await chainOf([jsonIn(), jsonOut([0])]);
    const trip = request('xyz\n');
    new Uint8Array((trip.input as { buffer: ArrayBuffer }).buffer).set([0xff, 0xfe, 0x78]);
    const letter = JSON.parse(textOf(chain.run(trip, 0), DEAD_LETTERS));
    expect(letter.record_base64).toBe(Buffer.from([0xff, 0xfe, 0x78]).toString('base64'));
  });

  it('drops a failing record where the stage says so, and stops where it says that', async () => {
    const dropping = await chainOf([jsonIn({ onError: 'drop' }), jsonOut([0])]);
    const dropped = dropping.run(request('broken\n{"a":1}\n'), 0);
    expect([count(dropped, 0, Counter.DROPPED), count(dropped, 0, Counter.DEAD)]).toEqual([1, 0]);
    const stopping = await chainOf([jsonIn({ onError: 'stop' }), jsonOut([0])]);
    const stopped = stopping.run(request('{"a":1}\nbroken\n'), 0);
    expect(stopped.stoppedBy).toMatchObject({
      stage: 'in',
      offset: 1008,
      partition: 'in.log',
      code: 'decode_failed',
    });
  });

  it('gives the same output whatever the number of records a batch may have', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => (i % 7 === 3 ? 'broken' : `{"n":${i}}`));
    const text = `${lines.join('\r\n')}\n`;
    const whole = (await chainOf([jsonIn(), jsonOut([0])])).run(request(text), 0);
    for (const maxRecords of [1, 2, 13, 99, 100, 101]) {
      const parts = (await chainOf([jsonIn(), jsonOut([0])], maxRecords)).run(request(text), 0);
      expect(textOf(parts, 1)).toBe(textOf(whole, 1));
      expect(textOf(parts, DEAD_LETTERS)).toBe(textOf(whole, DEAD_LETTERS));
      const records = ({ counts }: TripResult) =>
        [...counts].filter((_, i) => i % COUNTERS !== Counter.WORKED_US);
      expect(records(parts)).toEqual(records(whole));
    }
  });

  it('tries again in halves what does not fit the arena, and refuses only what never fits', async () => {
    const small = new Arena(4 * 1024 * 1024);
    const rows = Array.from({ length: 3000 }, (_, i) => `{"n":${i},"text":"${'x'.repeat(100)}"}`);
    const nodes = [
      jsonIn(),
      node('transform', 'm', 'map', { inputs: [0], config: { drop: ['n'] } }),
      jsonOut([1]),
    ];
    const plan: ChainPlan = { id: 'in', nodes, maxRecords: 65536, copiesLines: false };
    const text = `${rows.join('\n')}\n`;
    const result = (await Chain.create(plan, 'test', small)).run(request(text), 0);
    expect(textOf(result, 2)).toBe(`{"text":"${'x'.repeat(100)}"}\n`.repeat(3000));
    expect([Counter.IN, Counter.OUT, Counter.DEAD].map((counter) => count(result, 0, counter))).toEqual([
      3000, 3000, 0,
    ]);
  });

  it('decodes once for branches and gives each its own output', async () => {
    const where = (text: string) => ({ inputs: [0], config: { where: text } });
    const chain = await chainOf([
      jsonIn({ wantedNames: ['a'] }),
      node('transform', 'small', 'filter', where('a < 3')),
      node('transform', 'large', 'filter', where('a >= 3')),
      jsonOut([1], 'k1'),
      jsonOut([2], 'k2'),
      jsonOut([1, 2], 'k3'),
    ]);
    const result = chain.run(request('{"a":1}\n{"a":5}\n{"a":2}\n'), 0);
    expect(textOf(result, 3)).toBe('{"a":1}\n{"a":2}\n');
    expect(textOf(result, 4)).toBe('{"a":5}\n');
    expect(textOf(result, 5)).toBe('{"a":1}\n{"a":2}\n{"a":5}\n');
    expect(count(result, 1, Counter.DROPPED)).toBe(1);
  });

  it('puts outputs into the buffers that came along and gives the others back', async () => {
    const spare = new ArrayBuffer(4096);
    const useless = new ArrayBuffer(1024 * 1024);
    const nodes = [
      jsonIn(),
      node('transform', 'm', 'map', { inputs: [0], config: { drop: ['b'] } }),
      jsonOut([1]),
    ];
    const chain = await chainOf(nodes);
    const trip = request('{"a":1,"b":"and this is dropped, so that the output is short"}\n'.repeat(300), [
      spare,
      useless,
    ]);
    const result = chain.run(trip, 0);
    const [output] = result.outputs;
    expect(output?.kind === 'bytes' && output.buffer === spare).toBe(true);
    expect(result.returned).toContain(useless);
    expect(result.returned).toContain((trip.input as { buffer: ArrayBuffer }).buffer);
  });
});
