import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Config, Sink, SinkState } from '#component';
import { Random } from '../../src/base/random.js';
import { throughJson } from '../conformance/sink-suite.js';
import { DAMAGES } from '../support/crash-damage.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';
import { create, logged } from './file-sink-support.js';

interface Case {
  readonly name: string;
  readonly path: string;
  readonly options: Config;
  readonly keys: readonly string[];
}

interface Keyed {
  readonly key: string;
  readonly text: string;
}

/** What a durable checkpoint said once so many operations were done. */
interface Promised {
  readonly operations: number;
  readonly state: SinkState;
  readonly from: number;
}

const never: AbortSignal = new AbortController().signal;

const CASES: readonly Case[] = [
  {
    name: 'names from records',
    path: '/data/{k}/x.csv',
    options: {},
    keys: ['/data/a/x.csv', '/data/b/c/x.csv', '/data/b/d/x.csv'],
  },
  {
    name: 'rotation by size',
    path: '/data/x.csv',
    options: { rotate: { max_bytes: 40 } },
    keys: ['/data/x.csv'],
  },
  {
    name: 'both, compressed',
    path: '/data/{k}.csv.gz',
    options: { rotate: { max_bytes: 70 } },
    keys: ['/data/a.csv.gz', '/data/b.csv.gz'],
  },
];

function sinkOf(storage: CrashStorage, { path, options }: Case): Sink {
  return create(path, storage, options, 'head\n', 'foot\n');
}

function someBlocks({ keys }: Case, random: Random): Keyed[] {
  return Array.from({ length: 10 }, (_, i) => ({
    key: keys[random.below(keys.length)]!,
    text: Array.from({ length: 1 + random.below(6) }, (_, j) => `${i}.${j} ${random.below(1e6)}\n`).join(''),
  }));
}

async function write(sink: Sink, { path }: Case, { key, text }: Keyed): Promise<void> {
  const isTemplate = path.includes('{');
  await sink.write({ bytes: Buffer.from(text), records: 1, ...(isTemplate && { key }) }, never);
}

async function end(sink: Sink, promise: (state: SinkState) => void = () => {}): Promise<void> {
  const { state, durable } = await sink.finish!();
  await durable();
  promise(state);
  await sink.commit!(throughJson(state));
  await sink.close();
}

/** Several runs after one another, each but the last given up at its last checkpoint. */
async function workload(
  storage: CrashStorage,
  one: Case,
  blocks: readonly Keyed[],
  random: Random,
): Promise<Promised[]> {
  const promised: Promised[] = [];
  const promise = (state: SinkState, from: number) =>
    promised.push({ operations: storage.operations.length, state: throughJson(state), from });
  let state: SinkState | undefined;
  let next = 0;
  while (next < blocks.length) {
    const sink = sinkOf(storage, one);
    promise(await sink.open(state), next);
    const stop = next + 1 + random.below(blocks.length - next);
    let from = next;
    for (let i = next; i < stop; i++) {
      await write(sink, one, blocks[i]!);
      if (i + 1 < stop && random.below(2) === 0) continue;
      const prepared = await sink.prepare();
      await prepared.durable();
      promise(prepared.state, i + 1);
      await sink.commit!(prepared.state);
      state = throughJson(prepared.state);
      from = i + 1;
    }
    next = from;
    if (next < blocks.length) await sink.close();
    else await end(sink, (last) => promise(last, blocks.length));
  }
  return promised;
}

function textsOf(storage: CrashStorage): Record<string, string> {
  const texts = [...storage.files].map(([path, bytes]) => {
    const plain = path.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes);
    return [path, plain.toString()] as const;
  });
  return Object.fromEntries(texts.sort());
}

/** The files of a run in which nothing happens. */
async function undisturbed(one: Case, blocks: readonly Keyed[]): Promise<Record<string, string>> {
  const storage = new CrashStorage();
  const sink = sinkOf(storage, one);
  await sink.open(undefined);
  for (const block of blocks) await write(sink, one, block);
  await end(sink);
  return textsOf(storage);
}

beforeEach(() => {
  logged.length = 0;
});

describe('files that are finished, when the power is lost', () => {
  it.each(CASES)(
    'are those of an undisturbed run, and nothing is left beside them ($name)',
    async (one) => {
      for (let seed = 0; seed < runs(6); seed++) {
        const random = new Random(seed);
        const blocks = someBlocks(one, random);
        const whole = await undisturbed(one, blocks);
        expect(
          Object.values(whole)
            .join('')
            .replaceAll(/head\n|foot\n/g, '').length,
        ).toBe(blocks.map(({ text }) => text).join('').length);
        const storage = new CrashStorage();
        const promised = await workload(storage, one, blocks, random);
        expect(textsOf(storage)).toEqual(whole);
        for (let k = 0; k <= storage.operations.length; k++) {
          const last = promised.findLast(({ operations }) => operations <= k);
          if (!last) continue;
          const damage = DAMAGES[(k + seed) % DAMAGES.length]!;
          const where = `seed ${seed}, operation ${k}, ${damage}`;
          const crashed = storage.afterCrash(k, damage, seed);
          const sink = sinkOf(crashed, one);
          await sink.open(last.state);
          for (const block of blocks.slice(last.from)) await write(sink, one, block);
          await end(sink);
          expect(textsOf(crashed), where).toEqual(whole);
          expect(logged, where).toEqual([]);
        }
      }
    },
    30_000,
  );
});
