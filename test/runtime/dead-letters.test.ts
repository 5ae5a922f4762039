import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.js';
import { nodeStorage, type Storage } from '../../src/base/storage.js';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { linesOf } from '../../src/component/index.js';
import { type Pipeline, readPipeline } from '../../src/plan/index.js';
import {
  DeadLetterSink,
  DeadLetters,
  deadLetterFolder,
  type LetterDamage,
  type LetterFilter,
  resolve,
  resolveLetters,
  StandaloneDeadLetterSink,
} from '../../src/runtime/dead-letters/index.js';
import { piecesOf } from '../../src/runtime/dead-letters/pieces.js';
import {
  firstOutside,
  type Range,
  rangeAt,
  sizeOf,
  unite,
  within,
} from '../../src/runtime/dead-letters/ranges.js';
import { StateLock } from '../../src/runtime/state-lock.js';
import { recordOf } from '../../src/workers/index.js';
import { temporaryFolder } from '../cli/support.js';
import { runs } from '../support/property.js';
import { VirtualClock } from '../support/virtual-clock.js';
import {
  checkpointStore,
  deadLetterSink,
  letterLine,
  NEVER,
  prepared,
  runWithLetters,
  SEGMENT,
  SILENT,
  saveCheckpoint,
  stateFolder,
  writeLetters,
} from '../support/write-dead-letters.js';

function pipelineWith(sink: string): Pipeline {
  const yaml = `name: shop\nsources: { web: { type: stdin, format: lines } }\nsinks: { out: { inputs: [web], ${sink} } }`;
  const { pipeline } = readPipeline(yaml, 'test', { env: {}, set: [], catalogue: CATALOGUE });
  return pipeline!;
}

const KEEPING = pipelineWith('type: file, path: out.txt');
const PRINTING = pipelineWith('type: stdout');

async function numbers(folder: string, filter: LetterFilter = {}, pipeline = KEEPING): Promise<number[]> {
  const letters = await DeadLetters.open({ storage: nodeStorage, folder, segment: SEGMENT, pipeline });
  const ids: number[] = [];
  for await (const { id } of letters.select(filter)) ids.push(id);
  return ids;
}

async function messages(folder: string, pipeline = KEEPING): Promise<string[]> {
  const letters = await DeadLetters.open({ storage: nodeStorage, folder, segment: SEGMENT, pipeline });
  const found: string[] = [];
  for await (const { letter } of letters.select({})) found.push(letter.message);
  return found;
}

function named(...names: readonly string[]) {
  return names.map((message) => ({ message }));
}

function resolveIn(folder: string, letters: readonly Range[], pipeline = KEEPING): Promise<void> {
  return resolveLetters(
    { storage: nodeStorage, folder, pipeline, log: SILENT },
    new Map([[SEGMENT, letters]]),
  );
}

const folderOfTest = () => stateFolder(temporaryFolder());

describe('ranges', () => {
  const offsets = fc.array(fc.nat(60), { maxLength: 40 });
  const rangesOf = (set: Iterable<number>) =>
    unite(
      [],
      [...set].map((offset) => [offset, offset + 1] as const),
    );

  it('are sets of offsets', () => {
    const property = fc.property(offsets, offsets, fc.nat(62), fc.nat(62), (a, b, from, to) => {
      const both = new Set([...a, ...b]);
      const united = unite(rangesOf(a), rangesOf(b));
      expect(sizeOf(united)).toBe(both.size);
      for (let i = 0; i <= 62; i++) expect(rangeAt(united, i) !== undefined, `${i}`).toBe(both.has(i));
      for (const [i, [start]] of united.entries())
        if (i > 0) expect(start).toBeGreaterThan(united[i - 1]![1]);
      const inside = [...both].filter((offset) => offset >= from && offset < to);
      expect(within(united, from, to)).toEqual(rangesOf(inside));
      let outside = from;
      while (both.has(outside)) outside++;
      expect(firstOutside(united, from)).toBe(outside);
    });
    fc.assert(property, { numRuns: runs(500) });
  });

  it('grow in a state without changing the one before', () => {
    const state = { log: null, resolved: [[2, 4]] as const };
    expect(resolve(state, [[4, 6]])).toEqual({ log: null, resolved: [[2, 6]] });
    expect(state.resolved).toEqual([[2, 4]]);
  });
});

describe('pieces of a block', () => {
  it('hold its lines, whole and in order, and not much more than was asked', () => {
    const line = fc.string({ maxLength: 30, unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    const property = fc.property(fc.array(line), fc.nat(80), (texts, maxBytes) => {
      const block = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      const pieces = [...piecesOf(block, maxBytes)];
      expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(block)).toBe(true);
      for (const { bytes, records } of pieces) {
        const lines = [...linesOf(bytes)].map((part) => Buffer.from(part).toString());
        expect(lines).toHaveLength(records);
        expect(records === 1 || bytes.length <= maxBytes).toBe(true);
      }
      const all = pieces
        .flatMap(({ bytes }) => [...linesOf(bytes)])
        .map((part) => Buffer.from(part).toString());
      expect(all).toEqual(texts);
    });
    fc.assert(property, { numRuns: runs(500) });
  });
});

describe('the sink of dead letters', () => {
  it('touches nothing before the first letter', async () => {
    const folder = folderOfTest();
    const sink = deadLetterSink(folder);
    const state = await sink.open(undefined);
    await sink.write({ bytes: new Uint8Array(), records: 0 }, NEVER);
    expect(await prepared(sink)).toEqual(state);
    await sink.close();
    expect(existsSync(folder)).toBe(false);
  });

  it('keeps what it is given, in order, from run to run', async () => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('a', 'b'), named('c'));
    await runWithLetters(folder, named('d'));
    expect(await messages(folder)).toEqual(['a', 'b', 'c', 'd']);
    expect(await numbers(folder)).toEqual([0, 1, 2, 3]);
  });

  it('undoes what came after its state', async () => {
    const folder = folderOfTest();
    const sink = deadLetterSink(folder);
    await sink.open(undefined);
    await writeLetters(sink, named('a'));
    const state = await prepared(sink);
    await writeLetters(sink, named('lost', 'too'));
    await sink.close();
    const again = deadLetterSink(folder);
    expect(await again.open(state)).toMatchObject({ log: { nextOffset: 1 } });
    await writeLetters(again, named('b'));
    await again.close();
    expect(await messages(folder)).toEqual(['a', 'b']);
  });

  it('undoes all letters where the state is from before the first', async () => {
    const folder = folderOfTest();
    const sink = deadLetterSink(folder);
    const state = await sink.open(undefined);
    await writeLetters(sink, named('lost'));
    await sink.close();
    const again = deadLetterSink(folder);
    await again.open(JSON.parse(JSON.stringify(state)));
    await again.close();
    expect(await messages(folder)).toEqual([]);
  });

  it('comes out the same wherever it was abandoned', async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), letters: fc.nat(5) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
      ),
      { maxLength: 14 },
    );
    const property = fc.asyncProperty(steps, async (todo) => {
      const folder = folderOfTest();
      const store = await checkpointStore(folder);
      let sink = deadLetterSink(folder);
      await saveCheckpoint(store, await sink.open(undefined));
      let committed: string[] = [];
      let pending: string[] = [];
      for (const [i, step] of todo.entries()) {
        if (step.kind === 'write') {
          const names = Array.from({ length: step.letters }, (_, j) => `${i}.${j}`);
          await writeLetters(sink, named(...names));
          pending.push(...names);
        } else if (step.kind === 'checkpoint') {
          await saveCheckpoint(store, await prepared(sink));
          committed = [...committed, ...pending];
          pending = [];
        } else {
          await sink.close();
          sink = deadLetterSink(folder);
          await sink.open(store.last!.sinks['dead letters']!);
          pending = [];
        }
        expect(await messages(folder)).toEqual(committed);
      }
      await sink.close();
      await store.close();
    });
    await fc.assert(property, { numRuns: runs(60) });
  });

  it('waits where the letters may take no more, says so once, and drops nothing', async () => {
    const folder = folderOfTest();
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (_: object, message: string) => void warnings.push(message) };
    const place = { storage: nodeStorage, folder: deadLetterFolder(folder, SEGMENT) };
    const stopping = new AbortController();
    const clock = new VirtualClock();
    const sleep = async (ms: number, signal: AbortSignal) => {
      await clock.sleep(ms, signal);
      if (clock.waits.length === 3) stopping.abort(new Error('stopped'));
    };
    const nowMs = () => clock.nowMs();
    const sink = new DeadLetterSink({ ...place, maxBytes: 1000, clock: { nowMs, sleep }, log });
    await sink.open(undefined);
    await writeLetters(sink, named('x'.repeat(800)));
    const bytes = Buffer.from(letterLine({ message: 'y'.repeat(800) }));
    await expect(sink.write({ bytes, records: 1 }, stopping.signal)).rejects.toThrow('stopped');
    expect(clock.waits).toHaveLength(3);
    await sink.close();
    expect(warnings).toEqual([
      'the dead letters are full (1000 B): look at "millrace dlq stats"; the pipeline waits',
    ]);
    expect(await numbers(folder)).toEqual([0]);
  });
});

describe('a full disk', () => {
  /** Has no room for so many writes, and then again. */
  function fullFor(writes: number): Storage {
    let left = writes;
    return {
      ...nodeStorage,
      open: async (path, mode) => {
        const file = await nodeStorage.open(path, mode);
        return {
          read: (into, position) => file.read(into, position),
          write: (bytes, position) => {
            if (left-- > 0) return Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
            return file.write(bytes, position);
          },
          datasync: () => file.datasync(),
          truncate: (length) => file.truncate(length),
          stat: () => file.stat(),
          close: () => file.close(),
        };
      },
    };
  }

  it('holds the letters up until there is room, and each is there once', async () => {
    const folder = folderOfTest();
    const messagesLogged: string[] = [];
    const note = (_: object, message: string) => void messagesLogged.push(message);
    const sink = new DeadLetterSink({
      storage: fullFor(3),
      folder: deadLetterFolder(folder, SEGMENT),
      maxBytes: 2 ** 30,
      clock: new VirtualClock(),
      log: { info: note, warn: note },
    });
    await sink.open(undefined);
    await writeLetters(sink, named('a', 'b'));
    await writeLetters(sink, named('c'));
    await prepared(sink);
    await sink.close();
    expect(await messages(folder)).toEqual(['a', 'b', 'c']);
    expect(messagesLogged).toEqual([
      'the disk has no room for dead letters: the pipeline waits until it has some',
      'there is room for dead letters again; the pipeline goes on',
    ]);
  });
});

describe('damage', () => {
  /** Flips a bit of the letter with this message. */
  function damage(folder: string, message: string): void {
    const [name] = readdirSync(deadLetterFolder(folder, SEGMENT)).filter((one) => one.endsWith('.log'));
    const path = join(deadLetterFolder(folder, SEGMENT), name!);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf(message)]! ^= 1;
    writeFileSync(path, bytes);
  }

  async function readWithDamage(folder: string): Promise<{ ids: number[]; damaged: LetterDamage[] }> {
    const letters = await DeadLetters.open({
      storage: nodeStorage,
      folder,
      segment: SEGMENT,
      pipeline: KEEPING,
    });
    const damaged: LetterDamage[] = [];
    const ids: number[] = [];
    for await (const { id } of letters.select({}, (one) => damaged.push(one))) ids.push(id);
    return { ids, damaged };
  }

  it.each([
    ['first', 0, 2],
    ['middle', 2, 5],
    ['last', 5, 6],
  ])('in the %s block costs this block, and is told', async (message, from, to) => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('first', 'b'), named('c', 'middle', 'e'), named('last'));
    damage(folder, message);
    const { ids, damaged } = await readWithDamage(folder);
    expect(ids).toEqual([0, 1, 2, 3, 4, 5].filter((id) => id < from || id >= to));
    expect(damaged).toEqual([{ from, to, bytes: expect.any(Number) }]);
    expect(damaged[0]!.bytes).toBeGreaterThan(0);
  });

  it('does not keep a run from going on, and goes away with all letters', async () => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('a'), named('middle'), named('c'));
    damage(folder, 'middle');
    await runWithLetters(folder, named('d'));
    expect(await messages(folder)).toEqual(['a', 'c', 'd']);
    await resolveIn(folder, [[0, Number.MAX_SAFE_INTEGER]]);
    expect(await readWithDamage(folder)).toEqual({ ids: [], damaged: [] });
  });

  it('of a folder that was deleted leaves room for new letters', async () => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('a', 'b'));
    await resolveIn(folder, [[0, 1]]);
    rmSync(deadLetterFolder(folder, SEGMENT), { recursive: true });
    expect(await messages(folder)).toEqual([]);
    await runWithLetters(folder, named('c'));
    expect(await messages(folder)).toEqual(['c']);
  });
});

describe('dead letters', () => {
  it('are found by stage, code, source, time and number', async () => {
    const folder = folderOfTest();
    const time = (hour: number) => `2026-01-02T0${hour}:00:00.000Z`;
    await runWithLetters(
      folder,
      [
        { stage: 'a', code: 'x', time: time(1) },
        { stage: 'a', code: 'y', time: time(2) },
      ],
      [
        { stage: 'b', code: 'x', time: time(3), source: 'other' },
        { stage: 'b', code: 'z', time: time(4) },
      ],
    );
    const at = (hour: number) => Date.parse(time(hour));
    expect(await numbers(folder, { stages: ['a'] })).toEqual([0, 1]);
    expect(await numbers(folder, { codes: ['x', 'z'] })).toEqual([0, 2, 3]);
    expect(await numbers(folder, { stages: ['b'], codes: ['x'] })).toEqual([2]);
    expect(await numbers(folder, { sources: ['other'] })).toEqual([2]);
    expect(await numbers(folder, { sinceMs: at(2), untilMs: at(4) })).toEqual([1, 2]);
    expect(await numbers(folder, { ids: new Set([3, 1, 77]) })).toEqual([1, 3]);
  });

  it('keep the bytes of the record', async () => {
    const folder = folderOfTest();
    const record = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    const given = fc.sample(record, { numRuns: 200, seed: 7 });
    await runWithLetters(
      folder,
      given.map((bytes) => ({ bytes })),
    );
    const letters = await DeadLetters.open({
      storage: nodeStorage,
      folder,
      segment: SEGMENT,
      pipeline: KEEPING,
    });
    for await (const { id, letter } of letters.select({})) {
      expect(Buffer.from(recordOf(letter)).equals(Buffer.from(given[id]!)), `record ${id}`).toBe(true);
    }
    expect(await numbers(folder)).toHaveLength(given.length);
  });

  it('that were resolved are gone, and the others keep their numbers', async () => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('a', 'b', 'c'), named('d'));
    await resolveIn(folder, [[1, 2]]);
    await resolveIn(folder, [[3, 4]]);
    expect(await numbers(folder)).toEqual([0, 2]);
    await runWithLetters(folder, named('e'));
    expect(await numbers(folder)).toEqual([0, 2, 4]);
    await resolveIn(folder, [[0, Number.MAX_SAFE_INTEGER]]);
    expect(await numbers(folder)).toEqual([]);
    await runWithLetters(folder, named('f'));
    expect(await numbers(folder)).toEqual([5]);
  });

  it('free the disk when all of them are resolved', async () => {
    const folder = folderOfTest();
    const diskBytes = async () =>
      (
        await DeadLetters.open({ storage: nodeStorage, folder, segment: SEGMENT, pipeline: KEEPING })
      ).diskBytes();
    await runWithLetters(folder, named('x'.repeat(50_000), 'b'));
    expect(await diskBytes()).toBeGreaterThan(50_000);
    await resolveIn(folder, [[1, 2]]);
    expect(await diskBytes()).toBeGreaterThan(50_000);
    await resolveIn(folder, [[0, 1]]);
    expect(await diskBytes()).toBeLessThan(1000);
  });

  it('are resolved without a change of anything else in the checkpoint', async () => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('a'));
    const before = (await checkpointStore(folder)).last!;
    await resolveIn(folder, [[0, 1]]);
    const after = (await checkpointStore(folder)).last!;
    expect(after).toMatchObject({ timeMs: before.timeMs, sources: before.sources, ended: before.ended });
    expect(after.id).toBe(before.id + 1);
    expect(after.sinks).toMatchObject({ out: before.sinks.out!, 'dead letters': { resolved: [[0, 1]] } });
  });

  it('cannot be resolved while a run holds the state folder', async () => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('a'));
    const lock = await StateLock.take(folder);
    await expect(resolveIn(folder, [[0, 1]])).rejects.toMatchObject({ code: 'state_locked' });
    await lock.release();
    expect(await numbers(folder)).toEqual([0]);
  });
});

describe('dead letters of a run without checkpoints', () => {
  const standalone = (folder: string) =>
    new StandaloneDeadLetterSink(
      { storage: nodeStorage, folder, segment: SEGMENT, pipeline: PRINTING, log: SILENT },
      deadLetterSink(folder),
    );

  async function runPrinting(folder: string, ...names: readonly string[]): Promise<void> {
    const sink = standalone(folder);
    await sink.open();
    if (names.length > 0) await writeLetters(sink, named(...names));
    await prepared(sink);
    await sink.close();
  }

  it('are kept from run to run, and seen at once', async () => {
    const folder = folderOfTest();
    await runPrinting(folder);
    expect(existsSync(folder)).toBe(false);
    await runPrinting(folder, 'a', 'b');
    const sink = standalone(folder);
    await sink.open();
    await writeLetters(sink, named('c'));
    expect(await messages(folder, PRINTING)).toEqual(['a', 'b', 'c']);
    await sink.close();
    await resolveIn(folder, [[1, 2]], PRINTING);
    await runPrinting(folder, 'd');
    expect(await messages(folder, PRINTING)).toEqual(['a', 'c', 'd']);
  });

  it('stay when the pipeline comes to keep checkpoints, and back', async () => {
    const folder = folderOfTest();
    await runWithLetters(folder, named('a'));
    await runPrinting(folder, 'b');
    await runWithLetters(folder, named('c'));
    expect(await messages(folder)).toEqual(['a', 'b', 'c']);
    expect(await messages(folder, PRINTING)).toEqual(['a', 'b', 'c']);
  });

  it('belong to one run at a time', async () => {
    const folder = folderOfTest();
    const [one, other] = [standalone(folder), standalone(folder)];
    await writeLetters(one, named('a'));
    await expect(writeLetters(other, named('b'))).rejects.toBeInstanceOf(MillraceError);
    await one.close();
    await other.close();
    expect(await messages(folder, PRINTING)).toEqual(['a']);
    expect(readdirSync(folder)).not.toContain('lock');
    expect(existsSync(deadLetterFolder(folder, SEGMENT))).toBe(true);
  });
});
