import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SinkState } from '#component';
import { Random } from '../../src/base/random.js';
import { DAMAGES } from '../support/crash-damage.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';
import { create, logged, PATH, write } from './file-sink-support.js';

const OLD = 'what was there before, and is longer than the header\n';

interface Case {
  readonly mode: 'append' | 'overwrite';
  readonly compression: 'none' | 'gzip';
  readonly old: string;
  readonly largestBlock: number;
}

/** What a durable checkpoint said once so many operations were done. */
interface Promised {
  readonly operations: number;
  readonly state: SinkState;
  readonly from: number;
}

function sinkOf(storage: CrashStorage, { mode, compression }: Case) {
  return create(PATH, storage, { mode, compression }, 'head\n', 'foot\n');
}

/** Several runs after one another, as the runtime makes them: with checkpoints, the last one of each not synced. */
async function workload(storage: CrashStorage, one: Case, blocks: readonly string[], random: Random) {
  const promised: Promised[] = [];
  const promise = (state: SinkState, from: number) =>
    promised.push({ operations: storage.operations.length, state, from });
  let state: SinkState | undefined;
  let next = 0;
  while (next < blocks.length) {
    const sink = sinkOf(storage, one);
    promise(await sink.open(state), next);
    const end = next + 1 + random.below(blocks.length - next);
    const waiting: Promise<unknown>[] = [];
    while (next < end) {
      await write(sink, blocks[next++]!);
      if (random.below(2) === 0) continue;
      const from = next;
      const prepared = await sink.prepare();
      const durable = prepared.durable().then(() => promise(prepared.state, from));
      if (random.below(2) === 0) await durable;
      else waiting.push(durable);
    }
    await Promise.all(waiting);
    state = (await sink.prepare()).state;
    await sink.close();
  }
  return promised;
}

function textOf(storage: CrashStorage, { compression }: Case): string {
  const bytes = Buffer.from(storage.files.get(PATH)!);
  return (compression === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

const CASES: readonly Case[] = (['none', 'gzip'] as const).flatMap((compression) =>
  (['append', 'overwrite'] as const).flatMap((mode) =>
    ['', OLD].map((old) => ({
      mode,
      compression,
      old,
      largestBlock: compression === 'none' ? 3000 : 120_000,
    })),
  ),
);

beforeEach(() => {
  logged.length = 0;
});

describe('a file when the power is lost', () => {
  it.each(CASES)(
    'ends up with each block once ($compression, $mode, "$old")',
    async (one) => {
      const old = one.compression === 'gzip' ? gzipSync(one.old) : Buffer.from(one.old);
      const there = one.old === '' ? new Map() : new Map([[PATH, old]]);
      for (let seed = 0; seed < runs(6); seed++) {
        const random = new Random(seed);
        const blocks = Array.from({ length: 8 }, (_, i) =>
          `${i} ${random.uint32()}\n`.repeat(1 + random.below(one.largestBlock / 12)),
        );
        const storage = new CrashStorage(there);
        const promised = await workload(storage, one, blocks, random);
        const kept = one.mode === 'append' ? one.old : '';
        const whole = [kept, kept === '' ? 'head\n' : '', ...blocks, 'foot\n'].join('');
        expect(textOf(storage, one)).toBe(whole);
        for (let k = 0; k <= storage.operations.length; k++) {
          const last = promised.findLast(({ operations }) => operations <= k);
          // Before its first checkpoint a run has only emptied the file.
          if (!last) continue;
          const damage = DAMAGES[(k + seed) % DAMAGES.length]!;
          const crashed = storage.afterCrash(k, damage, seed);
          const sink = sinkOf(crashed, one);
          await sink.open(last.state);
          for (const block of blocks.slice(last.from)) await write(sink, block);
          await sink.close();
          const text = textOf(crashed, one);
          expect(text === whole, `seed ${seed}, operation ${k}, ${damage}`).toBe(true);
          expect(logged, `seed ${seed}, operation ${k}, ${damage}`).toEqual([]);
        }
      }
    },
    20_000,
  );
});
