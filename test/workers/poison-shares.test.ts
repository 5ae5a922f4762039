import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MessageWriter } from '../../src/component/index.js';
import { inputOfChunk } from '../../src/workers/cutter.js';
import { InlineLanes } from '../../src/workers/lanes.js';
import { SafeLanes } from '../../src/workers/safe-lanes.js';
import { COUNTERS, Counter } from '../../src/workers/trip.js';
import { type BundledThread, bundleThread } from '../support/bundle-thread.js';
import {
  BATCH,
  batch,
  batchOfInput,
  CSV,
  chunk,
  data,
  deliveredBy,
  encoder,
  expectOnlyPoisonLost,
  inputOf,
  LINES,
  lettersOf,
  node,
  OFFSET,
  openLanes,
  out,
  plan,
  recordsWith,
  STOPPING,
  wanted,
} from './hostile-lanes.js';

let thread: BundledThread;
let lanes: SafeLanes;
beforeAll(async () => {
  thread = await bundleThread('test/workers/hostile-thread.ts');
  lanes = openLanes(thread.url);
});
afterAll(async () => {
  await lanes.close();
  thread.remove();
});

describe('poison among other records', () => {
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
      const records = recordsWith(count, isPoison, 'throw');
      const input = await inputOf(chain, records);
      const result = await lanes.run({ chain, input, spares: [] });
      expectOnlyPoisonLost(result, records, 'worker_failed', chain === BATCH ? 1 : 0);
    },
  );

  it('is lost alone when it ends its thread, from a batch from a queue and a chunk of csv', async () => {
    const records = recordsWith(9, (i) => i === 0 || i === 8, 'exit');
    for (const chain of [BATCH, CSV]) {
      const result = await lanes.run({ chain, input: await inputOf(chain, records), spares: [] });
      expectOnlyPoisonLost(result, records, 'worker_failed', chain === BATCH ? 1 : 0);
    }
  });

  it('is one record of csv, quoted newline or not', async () => {
    const records = ['a', '"b\nb"', '"c\npoison-throw\nc"', '"d\nd"', 'e'];
    const result = await lanes.run({ chain: CSV, input: chunk(records), spares: [] });
    expect(deliveredBy(result)).toEqual(['a', 'b\nb', 'd\nd', 'e']);
    expect(lettersOf(result)).toMatchObject([{ record: records[2], offset: OFFSET + 2 + 6 }]);
  });

  it('is one message, with its position and what was said of it, as a chunk and behind a queue', async () => {
    const writer = new MessageWriter(new ArrayBuffer(4096));
    const texts = ['a\nb', '', 'poison-throw\nb', 'c', 'poison-throw'];
    const metaOf = (row: number) => (row === 3 ? undefined : { key: 'k'.repeat(row) });
    for (const [row, text] of texts.entries()) {
      const meta = metaOf(row);
      writer.add(encoder.encode(`${text}\r\n`), 10 * row, meta && JSON.stringify(meta));
    }
    const made = writer.chunk({ source: 'in', name: 'in.log' }, 0);
    const whole = inputOfChunk(made);
    for (const [chain, input] of [
      [LINES, whole],
      [BATCH, await batchOfInput(whole)],
    ] as const) {
      const result = await lanes.run({ chain, input, spares: [] });
      expect(deliveredBy(result)).toEqual(['a\nb', '', 'c']);
      expect(lettersOf(result)).toMatchObject([
        { record: texts[2], offset: 20, meta: metaOf(2), code: 'worker_failed' },
        { record: texts[4], offset: 40, meta: metaOf(4), code: 'worker_failed' },
      ]);
    }
  });

  it('stops the run where the chain says so, with its place', async () => {
    const records = recordsWith(10, (i) => i === 4, 'throw');
    const result = await lanes.run({ chain: STOPPING, input: chunk(records), spares: [] });
    const place = { source: 'in', partition: 'in.log', offset: OFFSET + 12, stage: 'decode' };
    expect(result.stoppedBy).toMatchObject({ ...place, code: 'worker_failed', message: 'poisoned' });
  });

  it('gives each buffer back once, and the input of a trip that was made in parts unharmed', async () => {
    const records = recordsWith(100, (i) => i === 50, 'throw');
    const input = chunk(records);
    const before = new Uint8Array(input.buffer).slice();
    const result = await lanes.run({ chain: LINES, input, spares: [] });
    const held = [
      ...result.returned,
      ...result.outputs.map((output) => (output.kind === 'bytes' ? output.buffer : output.batch.buffer)),
    ];
    expect(new Set(held).size).toBe(held.length);
    expect(result.returned).toContain(input.buffer);
    expect(new Uint8Array(input.buffer)).toEqual(before);
  });
});

describe('a batch that does not fit the arena', () => {
  const records = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(100)}`);
  /** Lanes with an arena of so many bytes beside those of the batch. */
  async function inArena(bytes: number): Promise<SafeLanes> {
    const small = {
      ...data,
      arenaBytes: 64 * 1024 + bytes,
      chains: [plan([node('receive'), keepAll, out([1])])],
    };
    const inline = await InlineLanes.create(small);
    return new SafeLanes({ data: small, lanes: inline, createQuarantine: async () => inline, timeoutMs: 1 });
  }
  const keepAll = node('transform', {
    type: 'map',
    inputs: [0],
    config: { rename: { message: 'text' } },
    ...wanted,
  });

  it('is made in parts that do', async () => {
    const input = await batch(records);
    const lanes = await inArena(input.batch.meta.byteLength * 1.25);
    const result = await lanes.run({ chain: 0, input, spares: [] });
    expect(deliveredBy(result)).toEqual(records);
    expect(result.outputs.length).toBeGreaterThan(1);
    expect(lettersOf(result)).toEqual([]);
    expect(result.counts[COUNTERS + Counter.IN]).toBe(records.length);
  });

  it('loses its records, with their bytes, when not even one would fit', async () => {
    const large = ['a', 'b'.repeat(200_000), 'c'];
    const input = await batch(large);
    const lanes = await inArena(0);
    const result = await lanes.run({ chain: 0, input, spares: [] });
    const letters = lettersOf(result);
    expect(letters.map(({ record }) => record)).toEqual(large);
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['record_too_large']));
  });
});
