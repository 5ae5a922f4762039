import { describe, expect, it } from 'vitest';
import { LogReader, LogWriter, type Retention } from '../../src/log/index.js';
import { CrashStorage } from '../support/crash-storage.js';

const FOLDER = 'log';
/** Of a segment with one frame. */
const BYTES = 64 + 56 + 8;
/** Each frame gets a segment of its own: offset 10 i, time 100 i. */
const COUNT = 8;

async function makeLog() {
  const storage = new CrashStorage();
  const options = { storage, folder: FOLDER, segmentBytes: 1 };
  const writer = await LogWriter.open(options, undefined);
  for (let i = 0; i < COUNT; i++)
    await writer.append(Buffer.from(`frame ${i}.`), { records: 10, timestampMs: i * 100, kind: 0 });
  await writer.sync();
  return { storage, options, writer };
}

async function offsetsIn(storage: CrashStorage): Promise<number[]> {
  const reader = await LogReader.open({ storage, folder: FOLDER }, {});
  const offsets: number[] = [];
  for (let frame = await reader.read(); frame; frame = await reader.read()) offsets.push(frame.baseOffset);
  expect(reader.skipped).toEqual([]);
  await reader.close();
  return offsets;
}

const NOW = COUNT * 100;

describe.each<[what: string, retention: Retention, firstOffset: number]>([
  ['nothing where nothing says what may go', { below: 80 }, 0],
  ['what is too old', { ageMs: 500 }, 30],
  ['nothing that is not too old', { ageMs: 900 }, 0],
  ['all of it when all is too old', { ageMs: 50 }, 80],
  ['what would be too much', { bytes: 3 * BYTES }, 50],
  ['no segment without which there would be too little', { bytes: 3 * BYTES - 1 }, 50],
  ['one less when there would be too little', { bytes: 3 * BYTES + 1 }, 40],
  ['everything when nothing is to be kept', { bytes: 0 }, 80],
  ['what is too old or too much', { ageMs: 500, bytes: 3 * BYTES }, 50],
  ['what is too old, though there is room', { ageMs: 200, bytes: 2 ** 30 }, 60],
  ['nothing that is still needed', { ageMs: 50, bytes: 0, below: 35 }, 30],
  ['what ends where the rest is needed', { ageMs: 50, below: 40 }, 40],
  ['nothing that all need', { bytes: 0, below: 0 }, 0],
])('retention removes %s', (_, retention, firstOffset) => {
  const expected = Array.from({ length: COUNT }, (__, i) => i * 10).filter((offset) => offset >= firstOffset);

  it('in the writer that wrote it', async () => {
    const { storage, writer } = await makeLog();
    await writer.retain(retention, NOW);
    expect(writer.firstOffset).toBe(firstOffset);
    expect(await offsetsIn(storage)).toEqual(expected);
    const bytes = [...storage.files.values()].reduce((sum, file) => sum + file.length, 0);
    expect(writer.bytes).toBe(bytes);
    expect(await writer.append(Buffer.from('next'), { records: 1, timestampMs: NOW, kind: 0 })).toBe(80);
    await writer.close();
  });

  it('in one that was opened later, and knows the times from the files', async () => {
    const { storage, options, writer } = await makeLog();
    await writer.close();
    const later = await LogWriter.open(options, undefined);
    // Its new segment is empty, and counts as little as the header takes.
    await later.append(Buffer.from('frame 8.'), { records: 10, timestampMs: NOW, kind: 0 });
    const more = retention.bytes === undefined ? {} : { bytes: retention.bytes + BYTES };
    await later.retain({ ...retention, ...more }, NOW);
    expect(await offsetsIn(storage)).toEqual([...expected, 80]);
    await later.close();
  });
});

it('is durable once it has resolved, and what it removes goes from the oldest on', async () => {
  const { storage, writer } = await makeLog();
  const before = storage.operations.length;
  await writer.retain({ bytes: 2 * BYTES });
  const done = storage.operations.slice(before);
  const removed = done.flatMap(({ kind, path }) => (kind === 'unlink' ? [path] : []));
  expect(removed).toEqual(
    [0, 10, 20, 30, 40, 50].map((base) => `${FOLDER}/${String(base).padStart(20, '0')}.log`),
  );
  expect(done.at(-1)).toMatchObject({ kind: 'sync_folder', path: FOLDER });
  const lost = storage.afterCrash(storage.operations.length, 'all_lost', 1);
  expect(await offsetsIn(lost)).toEqual([60, 70]);
  await writer.close();
});

it('keeps a segment that cannot be read until the next one goes', async () => {
  const { storage, writer } = await makeLog();
  await writer.close();
  const damaged = new CrashStorage(
    storage.files.set(`${FOLDER}/00000000000000000030.log`, Buffer.alloc(BYTES)),
  );
  const options = { storage: damaged, folder: FOLDER, segmentBytes: 1 };
  const later = await LogWriter.open(options, undefined);
  await later.retain({ ageMs: 500 }, NOW);
  expect(later.firstOffset).toBe(30);
  await later.retain({ ageMs: 400 }, NOW);
  expect(later.firstOffset).toBe(30);
  await later.retain({ ageMs: 399 }, NOW);
  expect(later.firstOffset).toBe(50);
  await later.close();
});

it('reports once that segments cannot be removed, goes on, and removes them later', async () => {
  const { storage, options, writer } = await makeLog();
  await writer.close();
  const codes: unknown[] = [];
  const log = { warn: (fields: object) => void codes.push((fields as { code?: string }).code) };
  const later = await LogWriter.open({ ...options, log }, undefined);
  storage.faults = [
    { at: storage.callsOf(['unlink']) + 2, code: 'EIO', kinds: ['unlink'] },
    { at: storage.callsOf(['unlink']) + 3, code: 'EIO', kinds: ['unlink'] },
  ];
  await later.retain({ bytes: 0 });
  await later.retain({ bytes: 0 });
  expect(codes).toEqual(['log_trim_failed']);
  expect(later.firstOffset).toBeLessThan(80);
  await later.append(Buffer.from('frame 8.'), { records: 10, timestampMs: NOW, kind: 0 });
  await later.retain({ bytes: 0 });
  expect(later.firstOffset).toBe(90);
  await later.close();
});
