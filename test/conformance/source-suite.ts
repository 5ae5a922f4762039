import { describe, expect, it } from 'vitest';
import type { Positions, Source } from '#component';
import { CountingOutlet, type Received, receive, receiveAll, saysOnlyWhere, textOf } from './outlet.js';

export interface SourceCase {
  /** A fresh source over at least 20 records and several buffers of 256 bytes, which ends by itself. */
  readonly make: () => Source | Promise<Source>;
  /** The bytes of all records, partition after partition, where they are known beforehand. */
  readonly expected?: Buffer;
  /** The longest record with its newline, so that buffers may be so large. */
  readonly longestRecord?: number;
  /** How many chunks may come after an abort. More than a few only where bytes already taken would be lost. */
  readonly chunksAfterAbort?: number;
  /** Whether a later run can go on with it; its input must stay as it is meanwhile. */
  readonly resumes?: boolean;
}

const BATCH_BYTES = 256;

/** What every source of bytes does, whatever it reads from. */
export function testSource(
  name: string,
  { make, expected, longestRecord = BATCH_BYTES, chunksAfterAbort = 2, resumes = false }: SourceCase,
): void {
  const newOutlet = (maxBuffers?: number): CountingOutlet =>
    new CountingOutlet(BATCH_BYTES, maxBuffers === undefined ? {} : { maxBuffers });
  const never = new AbortController().signal;

  if (resumes) testResume(name, make);

  describe(`source contract: ${name}`, () => {
    it('gives whole records in order, at positions that follow each other', async () => {
      const outlet = newOutlet();
      const source = await make();
      const received = await receiveAll(source.read(outlet, never, new Map()), outlet);
      await source.close();
      expect(received.length).toBeGreaterThan(2);
      if (expected) expect(Buffer.concat(received.map((chunk) => chunk.bytes))).toEqual(expected);
      expectContiguous(received);
    });

    it('gives the same records again', async () => {
      const runs: string[] = [];
      for (let run = 0; run < 2; run++) {
        const outlet = newOutlet();
        const source = await make();
        const received = await receiveAll(source.read(outlet, never, new Map()), outlet);
        await source.close();
        runs.push(Buffer.concat(received.map((chunk) => chunk.bytes)).toString('latin1'));
      }
      expect(runs[1]).toBe(runs[0]);
    });

    it('passes on or gives back every buffer that it was lent', async () => {
      const outlet = newOutlet();
      const source = await make();
      await receiveAll(source.read(outlet, never, new Map()), outlet);
      await source.close();
      expect(outlet.lent.size).toBe(0);
    });

    it('needs room for no more than one buffer', async () => {
      const outlet = newOutlet(1);
      const source = await make();
      const received = await receiveAll(source.read(outlet, never, new Map()), outlet);
      await source.close();
      expect(outlet.mostLentBuffers).toBe(1);
      expect(outlet.mostLentBytes).toBeLessThanOrEqual(2 * Math.max(BATCH_BYTES, longestRecord));
      expectContiguous(received);
    });

    it('waits when there is no room', async () => {
      const outlet = newOutlet(1);
      const source = await make();
      const chunks = source.read(outlet, never, new Map())[Symbol.asyncIterator]();
      const first = (await chunks.next()).value!;
      let isWaiting = true;
      const second = chunks.next().then((result) => {
        isWaiting = false;
        return result;
      });
      while (outlet.waiting === 0) await new Promise(setImmediate);
      expect(isWaiting).toBe(true);
      receive(first, outlet);
      receive((await second).value!, outlet);
      await chunks.return?.();
      await source.close();
      await untilAllAreBack(outlet);
    });

    it('ends soon after an abort, with whole records', async () => {
      const outlet = newOutlet();
      const source = await make();
      const controller = new AbortController();
      const received: Received[] = [];
      for await (const chunk of source.read(outlet, controller.signal, new Map())) {
        received.push(receive(chunk, outlet));
        controller.abort();
      }
      await source.close();
      await untilAllAreBack(outlet);
      expect(received.length).toBeLessThanOrEqual(1 + chunksAfterAbort);
      expectContiguous(received);
      if (!expected) return;
      const bytes = Buffer.concat(received.map((chunk) => chunk.bytes));
      expect(bytes).toEqual(expected.subarray(0, bytes.length));
    });

    it('gives back its buffers when the receiver turns away', async () => {
      const outlet = newOutlet();
      const source = await make();
      for await (const chunk of source.read(outlet, never, new Map())) {
        receive(chunk, outlet);
        break;
      }
      await source.close();
      await untilAllAreBack(outlet);
    });

    it('ends when the run stops lending', async () => {
      const outlet = newOutlet(1);
      const source = await make();
      const chunks = source.read(outlet, never, new Map())[Symbol.asyncIterator]();
      const first = (await chunks.next()).value!;
      const second = chunks.next();
      outlet.stop();
      await expect(second).rejects.toThrow('the run has stopped');
      receive(first, outlet);
      await source.close();
      await untilAllAreBack(outlet);
    });
  });
}

/** What every source does that a later run can go on with. */
export function testResume(name: string, make: SourceCase['make']): void {
  it(`${name} goes on after any chunk with exactly what is missing`, async () => {
    expect(await expectToResume(make)).toBeGreaterThan(2);
  });
}

/** @param batchBytes of the run that goes on, which need not be that of the run before; answers how many chunks there are */
export async function expectToResume(
  make: SourceCase['make'],
  batchBytes = BATCH_BYTES,
  batchBytesAfter = batchBytes,
): Promise<number> {
  const all = { chunks: Number.POSITIVE_INFINITY, batchBytes, from: new Map() };
  const whole = await readFrom(make, all);
  // When all has been read, there is nothing more.
  const nothing = await readFrom(make, { ...all, from: asKept(whole.positions) });
  expect(nothing.received.filter((chunk) => !saysOnlyWhere(chunk))).toEqual([]);
  for (let chunks = 0; chunks <= whole.received.length; chunks++) {
    for (const end of chunks % 4 === 1 ? (['turns away', 'aborts'] as const) : (['turns away'] as const)) {
      const before = await readFrom(make, { ...all, chunks, end });
      const from = asKept(before.positions);
      const after = await readFrom(make, { ...all, batchBytes: batchBytesAfter, from });
      expect(contentOf([...before.received, ...after.received]), `${end} after ${chunks} chunks`).toEqual(
        contentOf(whole.received),
      );
    }
  }
  return whole.received.length;
}

/** What was read, however it was cut into chunks. */
export function contentOf(received: readonly Received[]): unknown {
  const withRecords = received.filter((chunk) => !saysOnlyWhere(chunk));
  return {
    text: textOf(received),
    ranges: rangesOf(received),
    refused: received.flatMap(({ refused }) => refused),
    dropped: received.reduce((sum, { dropped }) => sum + dropped, 0),
    partitions: [...new Set(withRecords.map(({ partition, preamble }) => `${partition} ${preamble}`))],
  };
}

/** Where the bytes lay, those that follow each other taken together. */
function rangesOf(received: readonly Received[]): [partition: string, from: number, to: number][] {
  const ranges: [string, number, number][] = [];
  for (const { partition, offset, bytes } of received) {
    if (bytes.length === 0) continue;
    const last = ranges.at(-1);
    if (last?.[0] === partition && last[2] === offset) last[2] += bytes.length;
    else ranges.push([partition, offset, offset + bytes.length]);
  }
  return ranges;
}

/** As a checkpoint keeps them. */
export function asKept(positions: Positions): Positions {
  return new Map(Object.entries(JSON.parse(JSON.stringify(Object.fromEntries(positions))) as object));
}

interface ReadSome {
  readonly from: Positions;
  readonly batchBytes?: number;
  /** After so many it ends. */
  readonly chunks?: number;
  /** Turns away, as a run does that is killed, or aborts, and takes what still comes. */
  readonly end?: 'turns away' | 'aborts';
}

/** Reads as a run does, and remembers the positions as it does. */
export async function readFrom(
  make: SourceCase['make'],
  { from, batchBytes = BATCH_BYTES, chunks = Number.POSITIVE_INFINITY, end = 'turns away' }: ReadSome,
): Promise<{ received: Received[]; positions: Positions }> {
  const outlet = new CountingOutlet(batchBytes);
  const positions = new Map(from);
  const received: Received[] = [];
  const controller = new AbortController();
  const source = await make();
  if (chunks > 0) {
    for await (const chunk of source.read(outlet, controller.signal, from)) {
      if (chunk.resume) positions.set(chunk.resume.key, chunk.resume.position);
      received.push(receive(chunk, outlet));
      if (received.length < chunks) continue;
      if (end === 'turns away') break;
      controller.abort();
    }
  }
  await source.close();
  await untilAllAreBack(outlet);
  return { received, positions };
}

async function untilAllAreBack(outlet: CountingOutlet): Promise<void> {
  await expect.poll(() => outlet.lent.size, { interval: 1 }).toBe(0);
}

/** Chunks of a partition follow each other without a gap or an overlap, and end with a newline but for the last. */
export function expectContiguous(received: readonly Received[]): void {
  const next = new Map<string, number>();
  const last = new Map(received.map((chunk) => [chunk.partition, chunk]));
  for (const chunk of received) {
    const position = next.get(chunk.partition);
    if (position !== undefined) expect(chunk.offset).toBe(position);
    next.set(chunk.partition, chunk.offset + chunk.bytes.length);
    if (last.get(chunk.partition) !== chunk) expect(chunk.bytes.at(-1)).toBe(10);
  }
}
