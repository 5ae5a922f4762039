import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { LogReader, LogWriter } from '../../src/log/index.js';
import { DAMAGES } from '../support/crash-damage.js';
import { CrashStorage } from '../support/crash-storage.js';

const FOLDER = 'log';
const SEGMENT = `${FOLDER}/00000000000000000000.log`;
const about = { records: 1, timestampMs: 0, kind: 0 };

async function read(storage: CrashStorage) {
  const reader = await LogReader.open({ storage, folder: FOLDER }, {});
  const texts: string[] = [];
  for (let frame = await reader.read(); frame; frame = await reader.read())
    texts.push(Buffer.from(frame.payload).toString());
  await reader.close();
  return { texts, skipped: reader.skipped };
}

it('leaves nothing of an append that was refused', async () => {
  const storage = new CrashStorage();
  const writer = await LogWriter.open({ storage, folder: FOLDER }, undefined);
  await writer.append(Buffer.from('kept'), about);
  storage.faults = [{ at: 0, code: 'ENOSPC', kinds: ['write'], writtenShare: 1, forEver: true }];
  await expect(writer.append(Buffer.from('refused'), about)).rejects.toMatchObject({ code: 'disk_full' });
  expect(storage.files.get(SEGMENT)!.length).toBe(writer.bytes);
  expect((await read(storage)).texts).toEqual(['kept']);
});

it('makes durable what a killed process had only written', async () => {
  const killed = new CrashStorage();
  const options = { storage: killed, folder: FOLDER };
  const before = await LogWriter.open(options, undefined);
  for (const text of ['one', 'two', 'three']) await before.append(Buffer.from(text), about);
  const writer = await LogWriter.open(options, undefined);
  await writer.sync();
  const lost = killed.afterCrash(killed.operations.length, 'all_lost', 1);
  expect(await read(lost)).toEqual({ texts: ['one', 'two', 'three'], skipped: [] });
});

it('never serves what was cut off, even if the disk brings it back beside damage', async () => {
  const storage = new CrashStorage();
  const first = await LogWriter.open({ storage, folder: FOLDER }, undefined);
  await first.append(Buffer.from('kept'), about);
  await first.sync();
  const { state } = first;
  await first.append(Buffer.from('undone'), about);
  await first.close();
  const stale = storage.files.get(SEGMENT)!;
  const second = await LogWriter.open({ storage, folder: FOLDER }, state);
  await second.append(Buffer.from('new'), about);
  await second.close();
  const back = new CrashStorage(storage.files.set(SEGMENT, stale));
  expect(await read(back)).toEqual({ texts: ['kept', 'new'], skipped: [] });
  stale[70]! ^= 1;
  const damaged = await read(new CrashStorage(storage.files.set(SEGMENT, stale)));
  expect(damaged.texts).toEqual(['new']);
  expect(damaged.skipped).toMatchObject([{ from: 64, records: 1 }]);
});

it('refuses a log of another format, and leaves it alone', async () => {
  const header = Buffer.alloc(64);
  header.write('MILLRLOG', 0, 'latin1');
  header.writeUInt32LE(1, 8);
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60);
  const storage = new CrashStorage(new Map([[SEGMENT, header]]));
  const message = 'the log has format 1, and this version of Millrace knows 2: run the version that wrote it';
  await expect(LogWriter.open({ storage, folder: FOLDER }, undefined)).rejects.toMatchObject({
    code: 'log_version',
    message,
  });
  await expect(read(storage)).rejects.toMatchObject({ code: 'log_version' });
  expect(storage.files.get(SEGMENT)).toEqual(new Uint8Array(header));
});

it('never loses where an emptied log ends', async () => {
  const storage = new CrashStorage();
  const options = { storage, folder: FOLDER };
  const first = await LogWriter.open(options, undefined);
  await first.append(Buffer.from('one'), { ...about, records: 7 });
  await first.trim(7);
  await first.close();
  const before = storage.operations.length;
  await (await LogWriter.open(options, undefined)).close();
  for (let k = before; k <= storage.operations.length; k++) {
    for (const damage of DAMAGES) {
      const crashed = { storage: storage.afterCrash(k, damage, 1), folder: FOLDER };
      const writer = await LogWriter.open(crashed, undefined);
      expect(await writer.append(Buffer.from('next'), about), `operation ${k}, ${damage}`).toBe(7);
      await writer.close();
    }
  }
});

it('does not serve a frame that the disk has put to another place', async () => {
  const storage = new CrashStorage();
  const writer = await LogWriter.open({ storage, folder: FOLDER }, undefined);
  for (const text of ['one', 'two', 'three']) await writer.append(Buffer.from(text), about);
  await writer.close();
  const bytes = storage.files.get(SEGMENT)!;
  const [from, frame] = [64, 64];
  bytes.copyWithin(from, from + 2 * frame, from + 3 * frame);
  const { texts, skipped } = await read(new CrashStorage(new Map([[SEGMENT, bytes]])));
  expect(texts).toEqual(['two', 'three']);
  expect(skipped).toMatchObject([{ from, to: from + frame, records: 1 }]);
});
