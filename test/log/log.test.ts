import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeStorage } from '../../src/base/storage.js';
import { LogReader, LogWriter, offsetAtTime } from '../../src/log/index.js';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'millrace-log-')), 'log');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const about = (records: number, timestampMs = 0) => ({ records, timestampMs, kind: 7 });
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

async function readAll(
  range: Parameters<typeof LogReader.open>[1] = {},
): Promise<[number, number, string][]> {
  const reader = await LogReader.open({ storage: nodeStorage, folder }, range);
  const frames: [number, number, string][] = [];
  for (let frame = await reader.read(); frame; frame = await reader.read()) {
    frames.push([frame.baseOffset, frame.records, text(frame.payload)]);
  }
  expect(reader.skipped).toEqual([]);
  await reader.close();
  return frames;
}

describe('a log', () => {
  it('gives back what was appended, with its offsets', async () => {
    const writer = await LogWriter.open({ storage: nodeStorage, folder, segmentBytes: 400 }, undefined);
    expect(writer.nextOffset).toBe(0);
    expect(await writer.append(Buffer.from('one'), about(1))).toBe(0);
    expect(await writer.append(Buffer.from('two'.repeat(50)), about(10))).toBe(1);
    expect(await writer.append(Buffer.from('three'.repeat(100)), about(1))).toBe(11);
    expect(await writer.append(Buffer.from('four'), about(2))).toBe(12);
    await writer.sync();
    const all = [
      [0, 1, 'one'],
      [1, 10, 'two'.repeat(50)],
      [11, 1, 'three'.repeat(100)],
      [12, 2, 'four'],
    ];
    expect(await readAll()).toEqual(all);
    expect(await readAll({ end: writer.state })).toEqual(all);
    expect(await readAll({ fromOffset: 5, end: writer.state })).toEqual(all.slice(1));
    expect(await readAll({ fromOffset: 12 })).toEqual(all.slice(3));
    expect(await readAll({ fromOffset: 14 })).toEqual([]);
    await writer.close();
  });

  it('cuts off what came after the state it is opened with', async () => {
    const first = await LogWriter.open({ storage: nodeStorage, folder, segmentBytes: 300 }, undefined);
    await first.append(Buffer.from('kept'), about(3));
    await first.sync();
    const state = first.state;
    for (let i = 0; i < 20; i++) await first.append(Buffer.from(`later ${i}`), about(1));
    await first.close();
    const second = await LogWriter.open({ storage: nodeStorage, folder }, state);
    expect([second.firstOffset, second.nextOffset]).toEqual([0, 3]);
    await second.append(Buffer.from('new'), about(1));
    expect(await readAll()).toEqual([
      [0, 3, 'kept'],
      [3, 1, 'new'],
    ]);
    await second.close();
  });

  it('can be emptied, and goes on counting', async () => {
    const first = await LogWriter.open({ storage: nodeStorage, folder }, undefined);
    await first.append(Buffer.from('gone'), about(3));
    await first.trim(3);
    expect([first.firstOffset, first.nextOffset, first.bytes]).toEqual([3, 3, 64]);
    await first.close();
    const second = await LogWriter.open({ storage: nodeStorage, folder }, undefined);
    expect(await second.append(Buffer.from('next'), about(1))).toBe(3);
    expect(await readAll()).toEqual([[3, 1, 'next']]);
    await second.close();
  });
});

describe('offsetAtTime', () => {
  it('finds the first frame that is not older', async () => {
    const writer = await LogWriter.open({ storage: nodeStorage, folder, segmentBytes: 2 ** 20 }, undefined);
    const times = Array.from({ length: 60 }, (_, i) => 1000 + i * 10 - (i % 7 === 6 ? 500 : 0));
    for (const time of times) await writer.append(Buffer.alloc(100_000, 1), about(2, time));
    const options = { storage: nodeStorage, folder };
    for (let time = 990; time < 1620; time += 5) {
      const frame = times.findIndex((other) => other >= time);
      expect(await offsetAtTime(options, time)).toBe(frame < 0 ? 120 : frame * 2);
    }
    await writer.close();
  });
});
