import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.js';
import { LogReader, type LogState, LogWriter } from '../../src/log/index.js';
import { CrashStorage, type Fault } from '../support/crash-storage.js';
import { syncedAgain } from '../support/synced-again.js';

const FOLDER = 'log';
const COUNT = 12;
const payload = (i: number) => Buffer.from(`${i} ${'x'.repeat((i * 37) % 150)}`);

/**
 * What a careful user does: appends, syncs after each third, goes on after a full disk, and opens another writer with the
 * last durable state after all other failures. Gives up after so many in a row.
 */
class User {
  readonly storage: CrashStorage;
  durable: { state: LogState | undefined; count: number } = { state: undefined, count: 0 };
  failures: unknown[] = [];
  #patience = 6;

  constructor(storage: CrashStorage) {
    this.storage = storage;
  }

  /** Whether all was appended and synced. */
  async run(): Promise<boolean> {
    while (this.#patience > 0) {
      try {
        await this.#appendAll();
        return true;
      } catch (error) {
        this.#noteFailure(error);
      }
    }
    return false;
  }

  #noteFailure(error: unknown): void {
    this.failures.push(error);
    this.#patience--;
  }

  async #appendAll(): Promise<void> {
    const options = { storage: this.storage, folder: FOLDER, segmentBytes: 500 };
    const writer = await LogWriter.open(options, this.durable.state);
    try {
      if (!this.durable.state) await this.#sync(writer, writer.nextOffset);
      for (let i = this.durable.count; i < COUNT; ) {
        try {
          expect(await writer.append(payload(i), { records: 1, timestampMs: i, kind: 0 })).toBe(i);
          i++;
        } catch (error) {
          if (!(error instanceof MillraceError) || error.code !== 'disk_full') throw error;
          this.#noteFailure(error);
          if (this.#patience === 0) throw error;
          continue;
        }
        if (i % 3 === 0) await this.#sync(writer, i);
      }
      await writer.trim(2);
    } finally {
      await writer.close().catch((error: unknown) => this.failures.push(error));
    }
  }

  async #sync(writer: LogWriter, count: number): Promise<void> {
    const { state } = writer;
    await writer.sync();
    this.durable = { state, count };
  }
}

async function textsIn(storage: CrashStorage, fromOffset: number, end?: LogState): Promise<string[]> {
  const reader = await LogReader.open(
    { storage, folder: FOLDER },
    end ? { fromOffset, end } : { fromOffset },
  );
  const texts: string[] = [];
  for (let frame = await reader.read(); frame; frame = await reader.read())
    texts.push(Buffer.from(frame.payload).toString());
  await reader.close();
  expect(reader.skipped).toEqual([]);
  return texts;
}

const expected = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => payload(from + i).toString());

async function countCalls(): Promise<number> {
  const storage = new CrashStorage();
  expect(await new User(storage).run()).toBe(true);
  return storage.callsOf();
}

describe.each([
  ['EIO', 0],
  ['EIO', 0.5],
  ['ENOSPC', 0],
  ['ENOSPC', 0.9],
  ['EDQUOT', 1],
])('when an operation fails with %s, %f of it written,', (code, writtenShare) => {
  it('once, everything is appended in the end and nothing twice', async () => {
    const calls = await countCalls();
    for (let at = 0; at < calls; at++) {
      const storage = new CrashStorage(new Map(), [{ at, code, writtenShare }]);
      const user = new User(storage);
      expect(await user.run(), `call ${at}`).toBe(true);
      expect(syncedAgain(storage), `call ${at}`).toEqual([]);
      const { state, count } = user.durable;
      expect(count).toBe(COUNT);
      expect(await textsIn(storage, 2), `call ${at}`).toEqual(expected(2, COUNT));
      const lost = storage.afterCrash(storage.operations.length, 'all_lost', at);
      expect(await textsIn(lost, 2, state), `call ${at}, power lost`).toEqual(expected(2, COUNT));
    }
  });

  it('for ever, the failure says what to do, and what was durable stays', async () => {
    const calls = await countCalls();
    for (let at = 0; at < calls; at++) {
      const storage = new CrashStorage(new Map(), [{ at, code, writtenShare, forEver: true }]);
      const user = new User(storage);
      await user.run();
      for (const failure of user.failures) {
        if ((failure as NodeJS.ErrnoException).code === code) continue;
        expect(failure, `call ${at}`).toMatchObject({
          name: 'MillraceError',
          blame: 'external',
          retryable: true,
        });
      }
      expect(syncedAgain(storage), `call ${at}`).toEqual([]);
      storage.faults = [];
      const { state, count } = user.durable;
      if (!state) continue;
      const lost = storage.afterCrash(storage.operations.length, 'all_lost', at);
      expect(await textsIn(lost, 2, state), `call ${at}`).toEqual(expected(2, count));
      const again = new User(storage);
      again.durable = user.durable;
      expect(await again.run(), `call ${at}, later`).toBe(true);
      expect(await textsIn(storage, 2), `call ${at}, later`).toEqual(expected(2, COUNT));
    }
  });
});

it('goes on in the same writer once a full disk has room again', async () => {
  const storage = new CrashStorage();
  const writer = await LogWriter.open({ storage, folder: FOLDER }, undefined);
  const append = (i: number) => writer.append(payload(i), { records: 1, timestampMs: 0, kind: 0 });
  await append(0);
  const full: Fault = { at: 0, code: 'ENOSPC', forEver: true, kinds: ['write'], writtenShare: 0.7 };
  storage.faults = [full];
  for (let i = 0; i < 3; i++) {
    await expect(append(1)).rejects.toMatchObject({ code: 'disk_full', blame: 'external', retryable: true });
    expect(writer.nextOffset).toBe(1);
  }
  storage.faults = [];
  expect(await append(1)).toBe(1);
  await writer.sync();
  expect(await textsIn(storage, 0)).toEqual(expected(0, 2));
  await writer.close();
});

it('acknowledges nothing after a sync has failed', async () => {
  const storage = new CrashStorage();
  const writer = await LogWriter.open({ storage, folder: FOLDER }, undefined);
  await writer.append(payload(0), { records: 1, timestampMs: 0, kind: 0 });
  storage.faults = [{ at: 0, code: 'EIO', kinds: ['datasync'] }];
  const failed = { code: 'log_sync_failed', blame: 'external', retryable: true };
  await expect(writer.sync()).rejects.toMatchObject(failed);
  await expect(writer.sync()).rejects.toMatchObject(failed);
  await expect(writer.append(payload(1), { records: 1, timestampMs: 0, kind: 0 })).rejects.toMatchObject(
    failed,
  );
  await expect(writer.trim(1)).rejects.toMatchObject(failed);
  await writer.close();
});
