import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StoredFile } from '../../src/base/storage.js';
import { LogReader, LogWriter } from '../../src/log/index.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';

const FOLDER = 'log';

interface Frame {
  readonly baseOffset: number;
  readonly text: string;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      lengths: fc.array(fc.nat(300), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A writer, and a reader that follows it. */
class Pair {
  readonly options;
  writer!: LogWriter;
  reader!: LogReader;
  readonly appended: Frame[] = [];
  readonly found: Frame[] = [];
  #published = 0;

  constructor(segmentBytes: number) {
    this.options = { storage: new CrashStorage(), folder: FOLDER, segmentBytes };
  }

  async open(): Promise<void> {
    this.writer = await LogWriter.open(this.options, undefined);
    this.reader = await LogReader.open(this.options, { end: this.writer.state });
  }

  async do(step: Step): Promise<void> {
    if (step.do === 'append') await Promise.all(step.lengths.map((length) => this.#append(length)));
    else if (step.do === 'publish') this.publish();
    else if (step.do === 'read') await this.read(step.count);
    else if (step.do === 'trim') await this.writer.trim(this.#readTo);
    else {
      const { state } = this.writer;
      await this.writer.close();
      this.writer = await LogWriter.open(this.options, state);
    }
  }

  publish(): void {
    this.reader.extend(this.writer.state);
    this.#published = this.appended.length;
  }

  /** Everything up to the published end is found, and nothing beyond it. */
  async read(count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let i = 0; i < count; i++) {
      const frame = await this.reader.read();
      if (!frame) {
        expect(this.found.length).toBe(this.#published);
        return;
      }
      this.found.push({ baseOffset: frame.baseOffset, text: Buffer.from(frame.payload).toString() });
    }
    expect(this.found.length).toBeLessThanOrEqual(this.#published);
  }

  get #readTo(): number {
    return this.appended[this.found.length]?.baseOffset ?? this.writer.nextOffset;
  }

  async #append(length: number): Promise<void> {
    const text = `${this.appended.length} ${'x'.repeat(length)}`;
    const frame = { baseOffset: -1, text };
    this.appended.push(frame);
    frame.baseOffset = await this.writer.append(Buffer.from(text), { records: 3, timestampMs: 0, kind: 0 });
  }
}

it('finds what a writer appends, once and in order, up to what is published', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 60 }),
    fc.integer({ min: 1, max: 2000 }),
    async (steps, segmentBytes) => {
      const pair = new Pair(segmentBytes);
      await pair.open();
      for (const one of steps) await pair.do(one);
      pair.publish();
      await pair.read();
      expect(pair.found).toEqual(pair.appended);
      expect(pair.reader.skipped).toEqual([]);
      await pair.reader.close();
      await pair.writer.close();
    },
  );
  await fc.assert(property, { numRuns: runs(300) });
});

class CountingStorage extends CrashStorage {
  bytesRead = 0;

  override async open(path: string, mode: 'read' | 'write'): Promise<StoredFile> {
    const file = await super.open(path, mode);
    const read: StoredFile['read'] = async (into, position) => {
      const count = await file.read(into, position);
      this.bytesRead += count;
      return count;
    };
    return { ...file, read };
  }
}

it('reads each byte once', async () => {
  const storage = new CountingStorage();
  const options = { storage, folder: FOLDER, segmentBytes: 50_000 };
  const writer = await LogWriter.open(options, undefined);
  const reader = await LogReader.open(options, { end: writer.state });
  const before = storage.bytesRead;
  for (let i = 0; i < 2000; i++) {
    await writer.append(Buffer.alloc(1 + (i % 200), i), { records: 1, timestampMs: 0, kind: 0 });
    if (i % 3 === 0) continue;
    reader.extend(writer.state);
    while (await reader.read()) {
      // All that is there.
    }
  }
  expect(storage.bytesRead - before).toBeLessThanOrEqual(writer.bytes);
  await reader.close();
  await writer.close();
});

it('goes on behind what is damaged, and reports it once', async () => {
  const storage = new CrashStorage();
  const options = { storage, folder: FOLDER };
  const writer = await LogWriter.open(options, undefined);
  const append = (text: string) => writer.append(Buffer.from(text), { records: 1, timestampMs: 0, kind: 0 });
  const reader = await LogReader.open(options, { end: writer.state });
  const next = async () => {
    const frame = await reader.read();
    return frame && Buffer.from(frame.payload).toString();
  };
  await append('one');
  const { position } = writer.state;
  await append('two');
  reader.extend(writer.state);
  const file = await storage.open(`${FOLDER}/00000000000000000000.log`, 'write');
  await file.write(Buffer.from('?'), position + 56);
  expect(await next()).toBe('one');
  expect(await next()).toBeUndefined();
  await append('three');
  expect(await next()).toBeUndefined();
  reader.extend(writer.state);
  expect(await next()).toBe('three');
  expect(await next()).toBeUndefined();
  expect(reader.skipped).toMatchObject([{ from: position, to: position + 64, records: 1 }]);
  await reader.close();
  await writer.close();
});

it('says so when it cannot be extended', async () => {
  const options = { storage: new CrashStorage(), folder: FOLDER };
  const writer = await LogWriter.open(options, undefined);
  const before = writer.state;
  await writer.append(Buffer.from('one'), { records: 1, timestampMs: 0, kind: 0 });
  const follower = await LogReader.open(options, { end: writer.state });
  expect(() => follower.extend(before)).toThrow('a reader up to offset 1 cannot end at 0');
  const reader = await LogReader.open(options, {});
  expect(() => reader.extend(writer.state)).toThrow('opened with an end');
  await writer.close();
});
