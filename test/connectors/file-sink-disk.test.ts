import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Storage, StoredFile } from '#component';
import { nodeStorage } from '../../src/base/storage.js';
import { type CallKind, CrashStorage, type Fault } from '../support/crash-storage.js';
import { create, logged, opened, PATH, write } from './file-sink-support.js';

beforeEach(() => {
  logged.length = 0;
});

const textIn = (storage: CrashStorage) => Buffer.from(storage.files.get(PATH)!).toString();

/** The next `times` calls fail. */
function failNext(storage: CrashStorage, kind: CallKind, code: string, times = 1, writtenShare = 0): void {
  const from = storage.callsOf([kind]);
  storage.faults = Array.from(
    { length: times },
    (_, i): Fault => ({ at: from + i, code, kinds: [kind], writtenShare }),
  );
}

describe('a full disk', () => {
  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', "this user's quota is used up"],
  ])('is waited for (%s), and nothing half written stays meanwhile', async (code, reason) => {
    const storage = new CrashStorage();
    const sink = await opened(storage);
    await write(sink, 'one\n');
    failNext(storage, 'write', code, 4, 0.5);
    const writing = write(sink, 'two\n');
    while (!storage.operations.some(({ kind }) => kind === 'truncate')) await new Promise(setImmediate);
    expect(textIn(storage)).toBe('one\n');
    await writing;
    await write(sink, 'three\n');
    await sink.close();
    expect(textIn(storage)).toBe('one\ntwo\nthree\n');
    expect(logged).toEqual([
      `warn: ${reason}: waiting for room for ${PATH}`,
      `info: there is room again: going on with ${PATH}`,
    ]);
  });

  it('is waited for until the run stops, and the state leads on from before', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, {}, undefined, 'foot\n');
    await write(sink, 'one\n');
    const { state } = await sink.prepare();
    storage.faults = [{ at: 0, forEver: true, code: 'ENOSPC', kinds: ['write'], writtenShare: 0.5 }];
    const controller = new AbortController();
    const writing = write(sink, 'two\n', controller.signal);
    while (logged.length === 0) await new Promise(setImmediate);
    const reason = new Error('stopped');
    controller.abort(reason);
    await expect(writing).rejects.toBe(reason);
    storage.faults = [];
    await sink.close();
    expect(textIn(storage)).toBe('one\n');
    const next = create(PATH, storage, {}, undefined, 'foot\n');
    await next.open(state);
    await write(next, 'two\n');
    await next.close();
    expect(textIn(storage)).toBe('one\ntwo\nfoot\n');
  });

  it('is waited for with compressed members too, and needs no room for what is only for now', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, { compression: 'gzip' });
    const text = `${'x'.repeat(999)}\n`.repeat(1000);
    failNext(storage, 'write', 'ENOSPC', 3, 0.7);
    await write(sink, text);
    await sink.prepare();
    expect(logged).toHaveLength(2);
    failNext(storage, 'write', 'ENOSPC');
    await write(sink, 'end\n');
    await sink.prepare();
    expect(logged).toHaveLength(2);
    await sink.close();
    expect(gunzipSync(storage.files.get(PATH)!).toString()).toBe(`${text}end\n`);
  });

  it('ends a run in which only the footer is left', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, {}, undefined, 'foot\n');
    await write(sink, 'one\n');
    failNext(storage, 'write', 'ENOSPC');
    await expect(sink.close()).rejects.toMatchObject({ code: 'disk_full', retryable: false });
  });

  it('is no other failure: after that nothing is written', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, {}, undefined, 'foot\n');
    await write(sink, 'one\n');
    failNext(storage, 'write', 'EIO');
    const failure = { code: 'file_error', blame: 'external', retryable: false };
    await expect(write(sink, 'two\n')).rejects.toMatchObject(failure);
    await expect(write(sink, 'two\n')).rejects.toMatchObject(failure);
    await expect(sink.prepare()).rejects.toMatchObject(failure);
    await sink.close();
    expect(textIn(storage)).toBe('one\n');
  });

  it('does not mind a call that was interrupted', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage);
    failNext(storage, 'write', 'EINTR', 2, 0.5);
    await write(sink, 'one\n');
    await sink.close();
    expect(textIn(storage)).toBe('one\n');
  });
});

describe('syncs of a file', () => {
  const syncsOf = (storage: CrashStorage) => storage.operations.filter(({ kind }) => kind.startsWith('sync'));

  it('make the bytes last, and at first the name', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage);
    for (const text of ['one\n', 'two\n']) {
      await write(sink, text);
      await (await sink.prepare()).durable();
    }
    expect(syncsOf(storage).map(({ kind }) => kind)).toEqual(['sync', 'sync_folder', 'sync_folder', 'sync']);
    const after = storage.afterCrash(storage.operations.length, 'all_lost', 1);
    expect(textIn(after)).toBe('one\ntwo\n');
  });

  it('are shared by those who wait, and left out where nothing was written', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage);
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < 10; i++) {
      await write(sink, `${i}\n`);
      waiting.push((await sink.prepare()).durable());
    }
    await Promise.all(waiting);
    expect(textIn(storage.afterCrash(storage.operations.length, 'all_lost', 1))).toBe(textIn(storage));
    const same = await sink.prepare();
    await Promise.all([same.durable(), same.durable()]);
    const before = storage.callsOf(['datasync']);
    await same.durable();
    expect(storage.callsOf(['datasync'])).toBe(before);
    await write(sink, 'more\n');
    const more = await sink.prepare();
    await Promise.all([more.durable(), more.durable(), more.durable()]);
    expect(storage.callsOf(['datasync'])).toBe(before + 1);
    await sink.close();
  });

  it('never come again after one has failed', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage, {}, undefined, 'foot\n');
    await write(sink, 'one\n');
    const prepared = await sink.prepare();
    failNext(storage, 'datasync', 'EIO');
    const failure = {
      code: 'sync_failed',
      blame: 'external',
      retryable: false,
      message: expect.stringContaining('starts from the last checkpoint'),
    };
    const [first, second] = await Promise.allSettled([prepared.durable(), prepared.durable()]);
    expect(first).toMatchObject({ status: 'rejected', reason: failure });
    expect(second).toMatchObject({ status: 'rejected', reason: failure });
    await expect(prepared.durable()).rejects.toMatchObject(failure);
    await expect(write(sink, 'two\n')).rejects.toMatchObject(failure);
    await expect(sink.prepare()).rejects.toMatchObject(failure);
    await sink.close();
    expect(storage.callsOf(['datasync'])).toBe(1);
    expect(textIn(storage)).toBe('one\n');
  });

  it('are made when they are asked for and beside further writes, and fail for all who come later', async () => {
    const syncs: (() => void)[] = [];
    const file: StoredFile = {
      read: async () => 0,
      write: async () => {},
      datasync: () => new Promise((_, reject) => syncs.push(() => reject(new Error('EIO')))),
      truncate: async () => {},
      stat: async () => ({ identity: '1:1', size: 0, isFile: true }),
      close: async () => {},
    };
    const storage: Storage = { ...nodeStorage, open: async () => file, makeFolder: async () => {} };
    const sink = await opened(storage);
    const text = 'x'.repeat(2 ** 20);
    for (let i = 0; i < 200; i++) await write(sink, text);
    expect(syncs).toHaveLength(0);
    const durable = (await sink.prepare()).durable();
    for (let i = 0; i < 200; i++) await write(sink, text);
    expect(syncs).toHaveLength(1);
    syncs[0]!();
    await expect(durable).rejects.toMatchObject({ code: 'sync_failed' });
    await expect(write(sink, text)).rejects.toMatchObject({ code: 'sync_failed' });
    await sink.close();
  });

  it('of the end of the last run come before what the next one may count on', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage);
    await write(sink, 'one\n');
    const { state } = await sink.prepare();
    await sink.close();
    const next = create(PATH, storage);
    await next.open(state);
    expect(textIn(storage.afterCrash(storage.operations.length, 'all_lost', 1))).toBe('one\n');
    await next.close();
  });

  it('do without folders that may not be opened', async () => {
    const storage = new CrashStorage();
    const sink = await opened(storage);
    storage.faults = [{ at: 0, forEver: true, code: 'EACCES', kinds: ['syncFolder'] }];
    await write(sink, 'one\n');
    await (await sink.prepare()).durable();
    expect(logged[0]).toMatch(/^warn: cannot sync the folder \/data \(EACCES\)/);
    await sink.close();
  });
});
