import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/base/random.js';
import type { SinkState } from '../../../src/component/index.js';
import { KeyFile } from '../../../src/runtime/memory/key-file.js';
import { KeyTable } from '../../../src/runtime/memory/key-table.js';
import { DAMAGES } from '../../support/crash-damage.js';
import { CrashStorage } from '../../support/crash-storage.js';
import { runs } from '../../support/property.js';
import { scale, seedsOf } from '../../torture/seeds.js';

const FOLDER = 'state/memories/stage';
const MAX_KEYS = 60;

class Warnings {
  readonly messages: string[] = [];
  info(): void {}
  warn(_: object, message: string): void {
    this.messages.push(message);
  }
}

function fileIn(storage: CrashStorage, rule = 'rule', log = new Warnings()): KeyFile {
  const { signal } = new AbortController();
  return new KeyFile({ storage, folder: FOLDER, rule, log, signal, leastBytes: 600 });
}

const contentOf = (table: KeyTable) => Buffer.from(table.newest(table.size)).toString('hex');

function change(table: KeyTable, random: Random): void {
  for (let puts = random.below(12); puts > 0; puts--) {
    const key = random.below(100);
    table.put(table.find(key, 1), key, 1, random.below(1000));
  }
  for (let forgets = random.below(4); forgets > 0 && table.size > 0; forgets--) table.forgetOldest();
}

/** Remembers, makes checkpoints that are durable or not, and now and then goes on after a kill at the last one. */
async function workload(storage: CrashStorage, seed: number, steps: number) {
  const random = new Random(seed);
  let table = new KeyTable(MAX_KEYS);
  let file = fileIn(storage);
  const promised: { operations: number; state: SinkState; content: string }[] = [];
  let state = await file.open(undefined, table);
  let content = '';
  const promise = () => promised.push({ operations: storage.operations.length, state, content });
  promise();
  for (let step = 0; step < steps; step++) {
    change(table, random);
    const preparing = file.prepare(table);
    content = contentOf(table);
    // What comes while it is being written belongs to the next checkpoint.
    change(table, random);
    const prepared = await preparing;
    state = prepared.state;
    if (random.below(2) === 0) {
      await prepared.durable();
      promise();
    }
    if (random.below(8) > 0) continue;
    await file.close();
    table = new KeyTable(MAX_KEYS);
    file = fileIn(storage);
    expect(await file.open(state, table)).toEqual(state);
    expect(contentOf(table)).toBe(content);
    // The first record of a run is durable.
    promise();
  }
  await file.close();
  return promised;
}

describe('KeyFile', () => {
  it.each(seedsOf('memories', runs(12) * scale()))(
    'remembers what a checkpoint knows, wherever the power fails (seed %i)',
    async (seed) => {
      const storage = new CrashStorage();
      const promised = await workload(storage, seed, 40);
      for (let k = 0; k <= storage.operations.length; k++) {
        const { state, content } = promised.findLast(({ operations }) => operations <= k)!;
        for (const damage of DAMAGES) {
          const log = new Warnings();
          const table = new KeyTable(MAX_KEYS);
          await fileIn(storage.afterCrash(k, damage, seed), 'rule', log).open(state, table);
          const where = `seed ${seed}, operation ${k}, ${damage}`;
          expect(log.messages, where).toEqual([]);
          expect(contentOf(table), where).toBe(content);
        }
      }
    },
  );

  it('keeps no more than twice what matters, and one file once a checkpoint is durable', async () => {
    const storage = new CrashStorage();
    const file = fileIn(storage);
    const table = new KeyTable(MAX_KEYS);
    await file.open(undefined, table);
    for (let key = 0; key < 2000; key++) {
      table.put(table.find(key, 1), key, 1, key);
      await (await file.prepare(table)).durable();
      const bytes = [...storage.files.values()].map(({ length }) => length);
      expect(Math.max(...bytes)).toBeLessThan(2 * MAX_KEYS * 16 + 100);
      expect(bytes.length).toBeLessThanOrEqual(3);
    }
  });

  it('goes on with what can be read of a damaged file, says so, and writes another', async () => {
    const storage = new CrashStorage();
    const file = fileIn(storage);
    const table = new KeyTable(MAX_KEYS);
    await file.open(undefined, table);
    table.put(table.find(1, 1), 1, 1, 7);
    await file.prepare(table);
    table.put(table.find(2, 1), 2, 1, 8);
    const { state } = await file.prepare(table);
    const [[path, bytes]] = [...storage.files] as [[string, Uint8Array]];
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      const image = new CrashStorage(new Map([[path, damaged]]));
      const log = new Warnings();
      const found = new KeyTable(MAX_KEYS);
      const next = await fileIn(image, 'rule', log).open(state, found);
      expect(log.messages, `byte ${at}`).toHaveLength(1);
      expect(log.messages[0]).toMatch(/keys\.1: it (is damaged|is cut off|does not begin).*; [01] keys are/);
      expect(found.size).toBeLessThan(2);
      const again = new KeyTable(MAX_KEYS);
      await fileIn(image, 'rule', log).open(next, again);
      expect(contentOf(again)).toBe(contentOf(found));
      expect(log.messages).toHaveLength(1);
    }
  });

  it('forgets what was remembered for another rule, or is gone, and says so', async () => {
    const storage = new CrashStorage();
    const file = fileIn(storage);
    const table = new KeyTable(MAX_KEYS);
    await file.open(undefined, table);
    table.put(table.find(1, 1), 1, 1, 7);
    const { state } = await file.prepare(table);
    for (const [image, rule] of [
      [new CrashStorage(storage.files), 'another rule'],
      [new CrashStorage(), 'rule'],
    ] as const) {
      const log = new Warnings();
      const found = new KeyTable(MAX_KEYS);
      expect(await fileIn(image, rule, log).open(state, found)).toBeNull();
      expect(found.size).toBe(0);
      expect(log.messages[0]).toMatch(/another rule|it is not there/);
    }
  });
});
