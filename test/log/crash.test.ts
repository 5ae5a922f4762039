import { expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { LogReader, type LogState, LogWriter } from '../../src/log/index.js';
import { DAMAGES } from '../support/crash-damage.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';
import { scale, seedsOf } from '../torture/seeds.js';

const FOLDER = 'state/log';
const SEGMENT_BYTES = 700;

interface Frame {
  readonly offset: number;
  readonly records: number;
  readonly text: string;
}

/** What was promised once so many operations were done. */
interface Promised {
  readonly operations: number;
  readonly state: LogState | undefined;
  readonly from: number;
  readonly frames: readonly Frame[];
}

/** Appends, syncs, rolls, trims, retains, and now and then goes on with a new writer, which undoes what was not checkpointed. */
async function workload(storage: CrashStorage, seed: number, steps: number, syncAlways: boolean) {
  const random = new Random(seed);
  const options = { storage, folder: FOLDER, segmentBytes: SEGMENT_BYTES };
  let writer = await LogWriter.open(options, undefined);
  let frames: Frame[] = [];
  const appended: Frame[] = [];
  const promised: Promised[] = [{ operations: 0, state: undefined, from: 0, frames: [] }];
  const promise = (from: number) =>
    promised.push({ operations: storage.operations.length, state: writer.state, from, frames: [...frames] });
  const sync = async (from: number) => {
    await writer.sync();
    promise(from);
  };
  let from = 0;
  await sync(from);
  const append = async () => {
    const records = 1 + random.below(5);
    const text = `${seed}/${appended.length} ${'x'.repeat(random.below(300))}`;
    // Listed before it is written: a crash may come when it is only half done.
    appended.push({ offset: writer.nextOffset, records, text });
    frames.push(appended.at(-1)!);
    await writer.append(Buffer.from(text), { records, timestampMs: appended.length, kind: 1 });
    if (syncAlways) await sync(from);
  };
  const reopen = async () => {
    const last = promised.at(-1)!;
    await writer.close();
    writer = await LogWriter.open(options, syncAlways ? undefined : last.state);
    frames = [...last.frames];
  };
  for (let step = 0; step < steps; step++) {
    const choice = random.below(20);
    if (choice < 13) await append();
    else if (choice < 17) await sync(from);
    else if (choice < 18) await reopen();
    else {
      await sync(from);
      from = random.below(3) === 0 ? writer.nextOffset : from + random.below(writer.nextOffset - from + 1);
      promise(from);
      if (random.below(2) === 0) await writer.trim(from);
      else
        await writer.retain(
          { bytes: random.below(1500), ageMs: random.below(20), below: from },
          appended.length,
        );
    }
  }
  await writer.close();
  return { promised, appended };
}

async function read(storage: CrashStorage, fromOffset: number, end?: LogState) {
  const reader = await LogReader.open(
    { storage, folder: FOLDER },
    end ? { fromOffset, end } : { fromOffset },
  );
  const frames: Frame[] = [];
  for (let frame = await reader.read(); frame; frame = await reader.read()) {
    const text = Buffer.from(frame.payload).toString();
    frames.push({ offset: frame.baseOffset, records: frame.records, text });
  }
  await reader.close();
  return { frames, skipped: reader.skipped };
}

const after = (frames: readonly Frame[], from: number) => frames.filter((f) => f.offset + f.records > from);

async function goesOn(storage: CrashStorage, writer: LogWriter, expected: readonly Frame[], from: number) {
  const offset = await writer.append(Buffer.from('after'), { records: 1, timestampMs: 0, kind: 1 });
  await writer.sync();
  const { frames, skipped } = await read(storage, from, writer.state);
  expect(frames).toEqual([...expected, { offset, records: 1, text: 'after' }]);
  expect(skipped).toEqual([]);
  const state = writer.state;
  await writer.close();
  // Whatever is lost now, this is durable.
  const later = storage.afterCrash(storage.operations.length, 'all_lost', 0);
  expect((await read(later, from, state)).frames).toEqual(frames);
}

/** About 110 operations each, ten kinds of damage at every one. */
const WORKLOADS = runs(9) * scale();

it.each(seedsOf('log, with checkpoints', WORKLOADS))(
  'keeps what a checkpoint knows, and nothing else, wherever the power fails (seed %i)',
  async (seed) => {
    const storage = new CrashStorage();
    const { promised } = await workload(storage, seed, 50, false);
    for (let k = 0; k <= storage.operations.length; k++) {
      const { state, from, frames } = promised.findLast(({ operations }) => operations <= k)!;
      if (!state) continue;
      const expected = after(frames, from);
      for (const damage of DAMAGES) {
        const image = storage.afterCrash(k, damage, seed);
        const where = `seed ${seed}, operation ${k}, ${damage}`;
        expect(await read(image, from, state), where).toEqual({ frames: expected, skipped: [] });
        const writer = await LogWriter.open(
          { storage: image, folder: FOLDER, segmentBytes: SEGMENT_BYTES },
          state,
        );
        expect(writer.nextOffset, where).toBe(state.nextOffset);
        expect(await read(image, from), where).toEqual({ frames: expected, skipped: [] });
        if ((k + damage.length) % 4 === 0) await goesOn(image, writer, expected, from);
      }
    }
  },
);

it.each(seedsOf('log, without checkpoints', WORKLOADS))(
  'keeps what was synced without a checkpoint, wherever the power fails (seed %i)',
  async (seed) => {
    const storage = new CrashStorage();
    const { promised, appended } = await workload(storage, seed, 40, true);
    for (let k = 0; k <= storage.operations.length; k++) {
      const { from, frames } = promised.findLast(({ operations }) => operations <= k)!;
      const expected = after(frames, from);
      for (const damage of DAMAGES) {
        const image = storage.afterCrash(k, damage, seed);
        const where = `seed ${seed}, operation ${k}, ${damage}`;
        const writer = await LogWriter.open(
          { storage: image, folder: FOLDER, segmentBytes: SEGMENT_BYTES },
          undefined,
        );
        const found = await read(image, from);
        expect(found.skipped, where).toEqual([]);
        expect(found.frames.slice(0, expected.length), where).toEqual(expected);
        // What was under way may be there too, whole.
        const rest = found.frames.slice(expected.length);
        for (const frame of rest) expect(appended, where).toContainEqual(frame);
        expect(writer.nextOffset, where).toBeGreaterThanOrEqual(
          promised.findLast(({ operations }) => operations <= k)!.state?.nextOffset ?? 0,
        );
        if ((k + damage.length) % 4 === 0) await goesOn(image, writer, found.frames, from);
      }
    }
  },
);
