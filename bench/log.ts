import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { crc32c } from '../src/base/crc32c.js';
import { nodeStorage, type Storage } from '../src/base/storage.js';
import { checksum } from '../src/batch/index.js';
import { LogReader, LogWriter } from '../src/log/index.js';
import { DATA_FOLDER } from './folders.js';
import { Random } from './random.js';

// What does the log on the disk take? `node dist/bench/log.js [checksum | append | write | read | open]…`, all of them without a name.

const MIB = 2 ** 20;
const FOLDER = join(DATA_FOLDER, 'log');
const options = { storage: nodeStorage, folder: FOLDER };

/** In seconds. */
async function timeOf(task: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await task();
  return (performance.now() - startedMs) / 1000;
}

function randomBytes(length: number): Buffer {
  const random = new Random(1);
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

function fresh(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
}

function gigabytesPerSecond(task: (bytes: Uint8Array) => number, bytes: Uint8Array): number {
  const calls = Math.ceil((32 * MIB) / bytes.length);
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    const startedMs = performance.now();
    for (let i = 0; i < calls; i++) task(bytes);
    bestMs = Math.min(bestMs, performance.now() - startedMs);
  }
  return (calls * bytes.length) / bestMs / 1e6;
}

/** Checksums, by the length of what is checked. */
async function benchChecksum(): Promise<void> {
  const all = randomBytes(MIB);
  console.log('checksum, GB/s    CRC-32C   CRC-32C in JavaScript   CRC-32 of zlib');
  for (const length of [52, 1024, 4096, 16_384, 65_536, 262_144, MIB]) {
    const bytes = all.subarray(0, length);
    const rates = [checksum, crc32c, crc32].map((task) => gigabytesPerSecond((part) => task(part), bytes));
    console.log(
      `${String(length).padStart(9)} bytes`,
      ...rates.map((rate, i) => rate.toFixed(2).padStart([10, 24, 17][i]!)),
    );
  }
}

/** Batches of one record, each durable before the next of its producer: who waits at the same time shares a sync. */
async function benchAppend(): Promise<void> {
  console.log('append, each waits for the disk: producers   appends/s   MB/s');
  const payload = randomBytes(300);
  for (const producers of [1, 2, 4, 16, 64, 256, 1024]) {
    fresh();
    const writer = await LogWriter.open(options, undefined);
    let appends = 0;
    const endMs = performance.now() + 1500;
    const produce = async () => {
      while (performance.now() < endMs) {
        await writer.append(payload, { records: 1, timestampMs: 0, kind: 0 });
        await writer.sync();
        appends++;
      }
    };
    const seconds = await timeOf(() => Promise.all(Array.from({ length: producers }, produce)));
    await writer.close();
    const rate = appends / seconds;
    console.log(
      `${String(producers).padStart(43)} ${rate.toFixed(0).padStart(11)} ${((rate * payload.length) / 1e6).toFixed(2).padStart(6)}`,
    );
  }
  console.log(`fdatasync of 4 KiB alone: ${(await syncsPerSecond()).toFixed(0)}/s`);
}

async function syncsPerSecond(): Promise<number> {
  const file = await nodeStorage.open(join(FOLDER, 'plain'), 'write');
  const bytes = randomBytes(4096);
  let syncs = 0;
  const endMs = performance.now() + 1000;
  for (; performance.now() < endMs; syncs++) {
    await file.write(bytes, syncs * bytes.length);
    await file.datasync();
  }
  await file.close();
  return syncs;
}

/** Blocks of these lengths, some under way at once, synced at the end. */
async function benchWrite(): Promise<void> {
  console.log('write, MB/s: block   into the system   durable');
  const all = randomBytes(MIB);
  for (const length of [4096, 65_536, 262_144, MIB]) {
    fresh();
    const writer = await LogWriter.open(options, undefined);
    const payload = all.subarray(0, length);
    const blocks = (1024 * MIB) / length;
    let appended = 0;
    const produce = async () => {
      while (appended++ < blocks) await writer.append(payload, { records: 100, timestampMs: 0, kind: 0 });
    };
    const seconds = await timeOf(() => Promise.all(Array.from({ length: 4 }, produce)));
    const syncSeconds = await timeOf(() => writer.sync());
    await writer.close();
    const rate = (inSeconds: number) => ((1024 * MIB) / inSeconds / 1e6).toFixed(0);
    console.log(
      String(length).padStart(18),
      rate(seconds).padStart(17),
      rate(seconds + syncSeconds).padStart(9),
    );
  }
}

/** What `benchWrite` has left behind, from the page cache, from one offset to the end; and one look for a time. */
async function benchRead(): Promise<void> {
  console.log('read, MB/s: block');
  const all = randomBytes(MIB);
  for (const length of [4096, 65_536, 262_144, MIB]) {
    fresh();
    const writer = await LogWriter.open(options, undefined);
    for (let i = 0; i < (1024 * MIB) / length; i++)
      await writer.append(all.subarray(0, length), { records: 100, timestampMs: 0, kind: 0 });
    const { state } = writer;
    await writer.close();
    const rates: number[] = [];
    for (let round = 0; round < 3; round++) {
      let bytes = 0;
      const seconds = await timeOf(async () => {
        const reader = await LogReader.open(options, { end: state });
        for (let frame = await reader.read(); frame; frame = await reader.read())
          bytes += frame.payload.length;
        await reader.close();
      });
      if (bytes !== 1024 * MIB) throw new Error(`${bytes} bytes were found`);
      rates.push(bytes / seconds / 1e6);
    }
    console.log(String(length).padStart(17), rates.map((rate) => rate.toFixed(0)).join(' '));
  }
}

/** Leaves holes where whole pages are zero, so that much log takes little disk. */
const sparseStorage: Storage = {
  ...nodeStorage,
  open: async (path, mode) => {
    const file = await nodeStorage.open(path, mode);
    const write: typeof file.write = async (bytes, position = 0) => {
      await file.truncate(position + bytes.length);
      for (let at = 0; at < bytes.length; at += 4096) {
        const page = bytes.subarray(at, at + 4096);
        if (page.some((byte) => byte !== 0)) await file.write(page, position + at);
      }
    };
    return {
      write,
      read: (into, position) => file.read(into, position),
      datasync: () => file.datasync(),
      truncate: (length) => file.truncate(length),
      stat: () => file.stat(),
      close: () => file.close(),
    };
  },
};

/** The start of a writer and of a reader on 10 GiB, without and with a checkpoint. */
async function benchOpen(): Promise<void> {
  fresh();
  const writing = await LogWriter.open({ ...options, storage: sparseStorage }, undefined);
  const payload = Buffer.alloc(MIB);
  for (let i = 0; i < 10 * 1024; i++)
    await writing.append(payload, { records: 1000, timestampMs: i, kind: 0 });
  const { state } = writing;
  await writing.close();
  console.log(`open, ${(writing.bytes / 2 ** 30).toFixed(1)} GiB in segments of 64 MiB`);
  for (const [name, from] of [
    ['without a checkpoint', undefined],
    ['with a checkpoint', state],
  ] as const) {
    let writer: LogWriter | undefined;
    const seconds = await timeOf(async () => {
      writer = await LogWriter.open(options, from);
    });
    console.log(`  writer, ${name}: ${(seconds * 1000).toFixed(0)} ms`);
    await writer!.close();
  }
  const fromOffset = state.nextOffset / 2;
  const reader = await LogReader.open(options, { fromOffset, end: state });
  const seconds = await timeOf(() => reader.read());
  console.log(`  reader, to an offset in the middle: ${(seconds * 1000).toFixed(1)} ms`);
  await reader.close();
}

const BENCHES = new Map([
  ['checksum', benchChecksum],
  ['append', benchAppend],
  ['write', benchWrite],
  ['read', benchRead],
  ['open', benchOpen],
]);
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !BENCHES.has(name));
if (unknown !== undefined) throw new Error(`expected ${[...BENCHES.keys()].join(', ')}; found "${unknown}"`);
for (const [name, bench] of BENCHES) if (wanted.length === 0 || wanted.includes(name)) await bench();
rmSync(FOLDER, { recursive: true, force: true });
