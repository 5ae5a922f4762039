import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Config, Sink, SinkState, Storage } from '#component';
import { numbered } from '../../connectors/file/publisher.js';
import { Rotation } from '../../connectors/file/rotation.js';
import { nodeStorage } from '../../src/base/storage.js';
import { recordEndsOf } from '../../src/component/record-ends.js';
import { throughJson } from '../conformance/sink-suite.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';
import { create, logged } from './file-sink-support.js';

const root = mkdtempSync(join(tmpdir(), 'millrace-rolling-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const newFolder = (): string => {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return folder;
};
const never: AbortSignal = new AbortController().signal;

beforeEach(() => {
  logged.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

async function opened(
  folder: string,
  options: Config,
  storage: Storage = nodeStorage,
  path = '{k}.log',
): Promise<Sink> {
  const sink = create(join(folder, path), storage, options, 'head\n', 'foot\n');
  await sink.open(undefined);
  return sink;
}

async function put(sink: Sink, key: string | undefined, text: string): Promise<void> {
  await sink.write({ bytes: Buffer.from(text), records: 1, ...(key && { key }) }, never);
}

/** A durable checkpoint. */
async function checkpoint(sink: Sink, last = false): Promise<SinkState> {
  const { state, durable } = await (last ? sink.finish!() : sink.prepare());
  await durable();
  await sink.commit!(throughJson(state));
  return throughJson(state);
}

async function end(sink: Sink): Promise<void> {
  await checkpoint(sink, true);
  await sink.close();
}

function textsIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

const hiddenIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.'));

describe('files that records name', () => {
  it('appear when they are whole, with header and footer, and leave nothing beside them', async () => {
    const folder = newFolder();
    const sink = await opened(folder, {});
    await put(sink, join(folder, 'a.log'), '1\n');
    await put(sink, join(folder, 'b.log'), '2\n');
    await put(sink, join(folder, 'a.log'), '3\n');
    await checkpoint(sink);
    expect(textsIn(folder)).toEqual({});
    expect(hiddenIn(folder)).toHaveLength(2);
    await end(sink);
    expect(textsIn(folder)).toEqual({ 'a.log': 'head\n1\n3\nfoot\n', 'b.log': 'head\n2\nfoot\n' });
    expect(hiddenIn(folder)).toEqual([]);
  });

  it('never take the place of files that are there, nor change finished ones', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.log'), "somebody's\n");
    symlinkSync(join(root, 'nowhere'), join(folder, 'a-1.log'));
    for (const text of ['1\n', '2\n']) {
      const sink = await opened(folder, {});
      await put(sink, join(folder, 'a.log'), text);
      await end(sink);
    }
    expect(readFileSync(join(folder, 'a.log'), 'utf8')).toBe("somebody's\n");
    expect(readFileSync(join(folder, 'a-2.log'), 'utf8')).toBe('head\n1\nfoot\n');
    expect(readFileSync(join(folder, 'a-3.log'), 'utf8')).toBe('head\n2\nfoot\n');
    expect(existsSync(join(root, 'nowhere'))).toBe(false);
  });

  it.each([
    ['a/b.log', 'a/b-1.log'],
    ['a.b/c', 'a.b/c-1'],
    ['x.tar.gz', 'x-1.tar.gz'],
    ['host.example.com.log.zst', 'host.example.com-1.log.zst'],
    ['.hidden', '.hidden-1'],
  ])('are numbered before their ending: %s', (path, expected) => {
    expect(numbered(path, 1)).toBe(expected);
    expect(numbered(path, 0)).toBe(path);
  });

  it('are refused, and nothing else is, where a link or a file is in their way', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'away'));
    symlinkSync(tmpdir(), join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    const sink = await opened(folder, {}, nodeStorage, '{k}');
    for (const path of ['link/x', 'file/x', '.millrace-00-1.part', 'away/.millrace-x/y'])
      await expect(put(sink, join(folder, path), '1\n')).rejects.toMatchObject({
        code: 'path_refused',
        blame: 'data',
        retryable: false,
      });
    await put(sink, join(folder, 'away/x'), '2\n');
    await end(sink);
    expect(readFileSync(join(folder, 'away/x'), 'utf8')).toBe('head\n2\nfoot\n');
    expect(readdirSync(folder).sort()).toEqual(['away', 'file', 'link']);
  });

  it('are open 256 at a time, however many there are, and all synced', async () => {
    let [open, most] = [0, 0];
    const crash = new CrashStorage();
    const storage: Storage = {
      open: async (path, mode) => {
        most = Math.max(most, ++open);
        const file = await crash.open(path, mode);
        return {
          ...file,
          close: async () => {
            open--;
            await file.close();
          },
        };
      },
      exists: (path) => crash.exists(path),
      rename: (from, to) => crash.rename(from, to),
      unlink: (path) => crash.unlink(path),
      makeFolder: (path) => crash.makeFolder(path),
      list: (path) => crash.list(path),
      syncFolder: (path) => crash.syncFolder(path),
      bootId: () => crash.bootId(),
    };
    const sink = await opened('/data', {}, storage);
    for (let i = 0; i < 2000; i++) await put(sink, `/data/${i % 1000}.log`, `${i}\n`);
    const { durable } = await sink.prepare();
    await durable();
    const kept = crash.afterCrash(crash.operations.length, 'all_lost', 1);
    expect([...kept.files.values()].map((bytes) => Buffer.from(bytes).toString()).sort()[0]).toBe(
      'head\n0\n1000\n',
    );
    expect(kept.files.size).toBe(1000);
    await end(sink);
    expect(open).toBe(0);
    expect(most).toBeLessThanOrEqual(256 + 4);
    for (let i = 0; i < 1000; i++)
      expect(Buffer.from(crash.files.get(`/data/${i}.log`)!).toString()).toBe(
        `head\n${i}\n${1000 + i}\nfoot\n`,
      );
  });

  it('are finished when there are more than 4,096, the one written to least recently first', async () => {
    const sink = await opened('/data', {}, new CrashStorage());
    for (let i = 0; i < 4100; i++) await put(sink, `/data/${i}.log`, '1\n');
    const state = throughJson((await sink.prepare()).state) as {
      parts: unknown[];
      finished: [number, string][];
    };
    expect(state.parts).toHaveLength(4096);
    expect(state.finished.map(([, path]) => path)).toEqual([0, 1, 2, 3].map((i) => `/data/${i}.log`));
    await sink.close();
  });
});

describe('a compressed file', () => {
  it('is compressed when it is finished, as one that was written at once', async () => {
    const folder = newFolder();
    const sink = await opened(folder, {}, nodeStorage, '{k}.log.gz');
    const text = `${'some text '.repeat(100)}\n`.repeat(600);
    for (let i = 0; i < 3; i++) {
      await put(sink, join(folder, 'a.log.gz'), text);
      await checkpoint(sink);
    }
    await end(sink);
    expect(gunzipSync(readFileSync(join(folder, 'a.log.gz'))).toString()).toBe(
      `head\n${text.repeat(3)}foot\n`,
    );
    const plain = create(join(folder, 'plain.gz'), nodeStorage, {}, 'head\n', 'foot\n');
    await plain.open(undefined);
    await plain.write({ bytes: Buffer.from(text.repeat(3)), records: 1 }, never);
    await plain.close();
    expect(readFileSync(join(folder, 'a.log.gz')).equals(readFileSync(join(folder, 'plain.gz')))).toBe(true);
  });
});

describe('rotation', () => {
  it('by size cuts between the same records, whatever the blocks are, and no file is larger', () => {
    const line = fc.string({ maxLength: 30 }).map((text) => `${text.replaceAll(/[\n\r]/g, ' ')}\n`);
    const record = fc.oneof(line, fc.constant('"a ""quoted""\nrecord, of two lines"\n'));
    const cut = (bytes: Buffer, sizes: readonly number[], max: number): string[] => {
      const rotation = new Rotation({ max_bytes: max }, false, recordEndsOf('csv'), 4);
      const files = [''];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = sizes.length === 0 ? bytes.length : sizes[i % sizes.length]! + at;
        let rest = bytes.subarray(at, Math.min(end, bytes.length));
        at += rest.length;
        for (;;) {
          const length = files.at(-1)!.length === 0 ? 0 : 4 + Buffer.byteLength(files.at(-1)!);
          const room = rotation.room(length, rest);
          files[files.length - 1] += rest.subarray(0, room).toString();
          rest = rest.subarray(room);
          if (rest.length === 0) break;
          files.push('');
        }
      }
      return files;
    };
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1 }),
        fc.integer({ min: 1, max: 200 }),
        fc.nat(),
        (all, max, seed) => {
          // A quote that is never closed would make one record of two.
          const isOdd = (one: string) => one.split('"').length % 2 === 0;
          const records = all.map((one) => (isOdd(one) ? 'odd\n' : one));
          const whole = Buffer.from(records.join(''));
          // Blocks are whole records.
          const sizes = records.map((one) => Buffer.byteLength(one));
          const grouped = seed % 2 === 0 ? sizes : [sizes.reduce((sum, size) => sum + size, 0)];
          const files = cut(whole, grouped, max);
          expect(files.join('')).toBe(whole.toString());
          expect(files).toEqual(cut(whole, [], max));
          for (const file of files) if (Buffer.byteLength(file) + 4 > max) expect(records).toContain(file);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('gives a name to each file, and forgets the finished ones', async () => {
    const folder = newFolder();
    const sink = await opened(folder, { rotate: { max_bytes: 9 } }, nodeStorage, 'x.log');
    for (const text of ['1\n2\n3\n', '4\n', 'longer than nine\n5\n']) await put(sink, undefined, text);
    await checkpoint(sink);
    const state = (await sink.prepare()).state as { parts: unknown[]; finished: unknown[] };
    expect([state.parts.length, state.finished.length]).toEqual([1, 0]);
    await end(sink);
    expect(Object.values(textsIn(folder))).toEqual(
      ['3\n4\n', 'longer than nine\n', '5\n', '1\n2\n'].map((text) => `head\n${text}foot\n`),
    );
  });

  it('by age and by rest asks for a barrier when it is time, and only then', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const folder = newFolder();
    const sink = await opened(folder, { rotate: { max_age: 60_000, max_idle: 20_000 } });
    const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
    await put(sink, join(folder, 'busy.log'), '1\n');
    await put(sink, join(folder, 'quiet.log'), '2\n');
    for (let second = 0; second < 60; second += 15) {
      later(15_000);
      if (second < 45) await put(sink, join(folder, 'busy.log'), '3\n');
      expect(sink.isDue!(), `${second}`).toBe(second === 15 || second === 45);
      await checkpoint(sink);
    }
    expect(textsIn(folder)).toEqual({
      'busy.log': 'head\n1\n3\n3\n3\nfoot\n',
      'quiet.log': 'head\n2\nfoot\n',
    });
    expect(sink.isDue!()).toBe(false);
    await sink.close();
  });

  it('goes on with the age that a file had when the run goes on', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const folder = newFolder();
    const sink = await opened(folder, { rotate: { max_age: 60_000 } });
    await put(sink, join(folder, 'a.log'), '1\n');
    const state = await checkpoint(sink);
    await sink.close();
    vi.setSystemTime(1_060_000);
    const next = create(
      join(folder, '{k}.log'),
      nodeStorage,
      { rotate: { max_age: 60_000 } },
      'head\n',
      'foot\n',
    );
    await next.open(state);
    await checkpoint(next);
    expect(textsIn(folder)).toEqual({ 'a.log': 'head\n1\nfoot\n' });
    await next.close();
  });
});

describe('an unfinished file', () => {
  async function interrupted(folder: string): Promise<SinkState> {
    const sink = await opened(folder, {});
    await put(sink, join(folder, 'a.log'), '1\n');
    await put(sink, join(folder, 'b.log'), '2\n');
    const state = await checkpoint(sink);
    await put(sink, join(folder, 'a.log'), 'undone\n');
    await put(sink, join(folder, 'c.log'), 'undone\n');
    await sink.close();
    return state;
  }

  async function goOn(folder: string, state: SinkState): Promise<void> {
    const sink = create(join(folder, '{k}.log'), nodeStorage, {}, 'head\n', 'foot\n');
    await sink.open(state);
    await put(sink, join(folder, 'a.log'), '3\n');
    await end(sink);
  }

  it('is cut off at the checkpoint, and those that are not in it go', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, '.millrace-0-0.part'), "another pipeline's");
    await goOn(folder, await interrupted(folder));
    expect(textsIn(folder)).toEqual({ 'a.log': 'head\n1\n3\nfoot\n', 'b.log': 'head\n2\nfoot\n' });
    expect(hiddenIn(folder)).toEqual(['.millrace-0-0.part']);
    expect(logged).toEqual([]);
  });

  it('that somebody deleted or cut off is gone on without, and is said to be', async () => {
    const folder = newFolder();
    const state = await interrupted(folder);
    const [a, b] = hiddenIn(folder).sort();
    rmSync(join(folder, a!));
    writeFileSync(join(folder, b!), 'head\n');
    await goOn(folder, state);
    expect(textsIn(folder)).toEqual({ 'a.log': 'head\n3\nfoot\n', 'b.log': 'head\nfoot\n' });
    expect(logged).toEqual([
      expect.stringContaining('a.log has lost 7 bytes'),
      expect.stringContaining('b.log has lost 2 bytes'),
    ]);
  });

  it('that is deleted while it is written ends the run when it is opened again', async () => {
    const folder = newFolder();
    const sink = await opened(folder, {});
    await put(sink, join(folder, 'a.log'), '1\n');
    for (let i = 0; i < 256; i++) await put(sink, join(folder, `${i}.log`), '1\n');
    rmSync(join(folder, hiddenIn(folder).find((name) => name.endsWith('-0.part'))!));
    await expect(put(sink, join(folder, 'a.log'), '2\n')).rejects.toMatchObject({ code: 'file_changed' });
    await sink.close();
  });

  it('is not gone on with below another root, nor as a single file', async () => {
    const folder = newFolder();
    const state = await interrupted(folder);
    const refused = { code: 'other_path', blame: 'config' };
    await expect(create(join(newFolder(), '{k}.log'), nodeStorage).open(state)).rejects.toMatchObject(
      refused,
    );
    await expect(create(join(folder, 'a.log'), nodeStorage).open(state)).rejects.toMatchObject(refused);
    const single = { path: join(folder, 'a.log'), identity: '1:2', length: 3, compression: 'none' };
    await expect(create(join(folder, '{k}.log'), nodeStorage).open(single)).rejects.toMatchObject(refused);
    expect(hiddenIn(folder)).toHaveLength(3);
  });

  it('is said to be what nobody can understand: touches nothing', async () => {
    const folder = newFolder();
    const state = (await interrupted(folder)) as Record<string, SinkState>;
    const broken = [
      7,
      [],
      {},
      { ...state, series: '../x' },
      { ...state, next: -1 },
      { ...state, parts: [[1]] },
      { ...state, finished: 1 },
    ];
    for (const one of broken as SinkState[])
      await expect(create(join(folder, '{k}.log'), nodeStorage).open(one)).rejects.toMatchObject({
        code: 'checkpoint_damaged',
      });
    expect(hiddenIn(folder)).toHaveLength(3);
  });
});

describe('the disk of files that are finished', () => {
  it('is waited for when it is full, also to compress', async () => {
    const storage = new CrashStorage();
    const sink = await opened('/data', {}, storage, '{k}.gz');
    const failNext = (kind: 'write' | 'rename') => {
      storage.faults = [{ at: storage.callsOf([kind]), code: 'ENOSPC', kinds: [kind] }];
    };
    failNext('write');
    await put(sink, '/data/a.gz', '1\n');
    const { state, durable } = await sink.finish!();
    await durable();
    failNext('write');
    await sink.commit!(state);
    expect(gunzipSync(storage.files.get('/data/a.gz')!).toString()).toBe('head\n1\nfoot\n');
    expect([...storage.files.keys()]).toEqual(['/data/a.gz']);
    await sink.close();
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(2);
  });

  it('that fails a sync ends the run, and the file is never synced again', async () => {
    const storage = new CrashStorage();
    const sink = await opened('/data', {}, storage);
    await put(sink, '/data/a.log', '1\n');
    const prepared = await sink.prepare();
    storage.faults = [{ at: storage.callsOf(['datasync']), code: 'EIO', kinds: ['datasync'] }];
    await expect(prepared.durable()).rejects.toMatchObject({ code: 'sync_failed' });
    await expect(put(sink, '/data/a.log', '2\n')).rejects.toMatchObject({ code: 'sync_failed' });
    await sink.close();
    expect(storage.callsOf(['datasync'])).toBe(1);
  });
});
