import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import type { Storage, StoredFile } from '../../src/base/storage.js';
import { LogReader, type LogState, LogWriter, type SkippedRegion } from '../../src/log/index.js';
import { CrashStorage } from '../support/crash-storage.js';
import { runs } from '../support/property.js';
import { scale, seedOf } from '../torture/seeds.js';

const FOLDER = 'log';
const SEGMENT = '00000000000000000000.log';
const SEGMENT_BYTES = 64 * 1024;
const HEADER = 64;
const FRAME_HEADER = 56;
const SEED = seedOf('every bit of a segment');
/** CI tries all; elsewhere a day has its quarter of them, and a look before a commit fewer. */
const EVERY = process.env.CI || scale() > 1 ? 1 : Math.round(4 / Math.min(1, runs(100) / 100));

interface Frame {
  readonly from: number;
  readonly to: number;
  /** Zeros fill up the frame from there on. */
  readonly payloadEnd: number;
  readonly offset: number;
  readonly records: number;
  readonly payload: Buffer;
}

/** The bytes of one segment, which may change and be cut off between two looks at them; nothing is copied. */
class OneSegment implements Storage {
  bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes);
  }

  async open(path: string): Promise<StoredFile> {
    if (path !== `${FOLDER}/${SEGMENT}`) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    return {
      read: async (into, position) => this.bytes.copy(into, 0, position, position + into.length),
      stat: async () => ({ identity: 'one', size: this.bytes.length, isFile: true }),
      close: async () => {},
      write: never,
      datasync: never,
      truncate: never,
    };
  }

  list = async () => [SEGMENT];
  rename = never;
  unlink = never;
  exists = never;
  makeFolder = never;
  syncFolder = never;
  bootId = never;
}

function never(): never {
  throw new Error('a reader changes nothing');
}

/** A segment of 64 KiB with frames of all lengths from a byte to some KiB. */
async function makeSegment() {
  const storage = new CrashStorage();
  const writer = await LogWriter.open({ storage, folder: FOLDER }, undefined);
  const random = new Random(SEED);
  const frames: Frame[] = [];
  for (let from = HEADER; from < SEGMENT_BYTES; from = frames.at(-1)!.to) {
    const longest = SEGMENT_BYTES - from - FRAME_HEADER;
    const wanted = random.below(4) === 0 ? 1 + random.below(100) : 1 + random.below(6000);
    const length = longest - wanted < FRAME_HEADER + 8 ? longest : wanted;
    const payload = Buffer.from(Array.from({ length }, () => random.below(256)));
    const records = 1 + random.below(9);
    const offset = await writer.append(payload, { records, timestampMs: 0, kind: 1 });
    const payloadEnd = from + FRAME_HEADER + length;
    frames.push({ from, to: Math.ceil(payloadEnd / 8) * 8, payloadEnd, offset, records, payload });
  }
  const { state } = writer;
  await writer.close();
  const bytes = storage.files.get(`${FOLDER}/${SEGMENT}`)!;
  expect(bytes.length).toBe(SEGMENT_BYTES);
  return { bytes, frames, state };
}

/** Which frames are not there as they were written; throws where one is there that never was. */
async function missingFrom(storage: Storage, frames: readonly Frame[], end: LogState) {
  const reader = await LogReader.open({ storage, folder: FOLDER }, { end });
  const missing: Frame[] = [];
  let next = 0;
  for (let found = await reader.read(); found; found = await reader.read()) {
    while (next < frames.length && frames[next]!.offset !== found.baseOffset) missing.push(frames[next++]!);
    const frame = frames[next++];
    if (frame?.records !== found.records || !frame.payload.equals(found.payload) || found.kind !== 1)
      throw new Error(`at offset ${found.baseOffset} there is a frame that was never written`);
  }
  await reader.close();
  return { missing: [...missing, ...frames.slice(next)], skipped: reader.skipped };
}

/** The same as `toEqual`, for half a million looks. */
function isSame(found: readonly SkippedRegion[], wanted: readonly Omit<SkippedRegion, 'segment'>[]): boolean {
  return (
    found.length === wanted.length &&
    wanted.every(({ from, to, records }, i) => {
      const one = found[i]!;
      return one.segment === SEGMENT && one.from === from && one.to === to && one.records === records;
    })
  );
}

describe('a segment of 64 KiB', () => {
  it('loses the frame that any one flipped bit hits, says so, and serves all others', async () => {
    const { bytes, frames, state } = await makeSegment();
    const storage = new OneSegment(bytes);
    let at = 0;
    for (let bit = SEED % EVERY; bit < bytes.length * 8; bit += EVERY) {
      const byte = bit >> 3;
      storage.bytes[byte]! ^= 1 << (bit & 7);
      while (frames[at + 1] && frames[at + 1]!.from <= byte) at++;
      const frame = frames[at]!;
      const hit = byte >= HEADER && byte < frame.payloadEnd ? frame : undefined;
      const { missing, skipped } = await missingFrom(storage, frames, state);
      const wanted = hit ? [{ from: hit.from, to: hit.to, records: hit.records }] : [];
      const inHeader = byte < HEADER ? [{ from: 0, to: HEADER, records: 0 }] : wanted;
      if (missing.length !== wanted.length || missing[0] !== hit || !isSame(skipped, inHeader))
        expect({ missing: missing.map(({ offset }) => offset), skipped }, `seed ${SEED}, bit ${bit}`).toEqual(
          {
            missing: hit ? [hit.offset] : [],
            skipped: inHeader.map((region) => ({ segment: SEGMENT, ...region })),
          },
        );
      storage.bytes[byte]! ^= 1 << (bit & 7);
    }
    expect(storage.bytes.equals(bytes)).toBe(true);
  }, 300_000);

  it('serves what lies before any truncation, and says what is lost', async () => {
    const { bytes, frames, state } = await makeSegment();
    const storage = new OneSegment(bytes);
    let whole = frames.length;
    for (let length = bytes.length - 1 - (SEED % EVERY); length >= 0; length -= EVERY) {
      storage.bytes = storage.bytes.subarray(0, length);
      while (whole > 0 && frames[whole - 1]!.to > length) whole--;
      const { missing, skipped } = await missingFrom(storage, frames, state);
      const from = length < HEADER ? 0 : (frames[whole - 1]?.to ?? HEADER);
      const records = state.nextOffset - (frames[whole]?.offset ?? state.nextOffset);
      if (missing.length !== frames.length - whole || !isSame(skipped, [{ from, to: length, records }]))
        expect(skipped, `seed ${SEED}, length ${length}`).toEqual([
          { segment: SEGMENT, from, to: length, records },
        ]);
    }
  }, 300_000);

  it('loses what sectors hit that are zeroed, copied, swapped or overwritten, and nothing else', async () => {
    const { bytes, frames, state } = await makeSegment();
    for (let round = 0; round < runs(3000) * scale(); round++) {
      const random = new Random(SEED + round);
      const storage = new OneSegment(bytes);
      const size = random.pick([16, 512, 4096]);
      const sector = () => size * random.below(bytes.length / size);
      for (let faults = 1 + random.below(3); faults > 0; faults--) {
        const [one, other] = [sector(), sector()];
        const kind = random.below(4);
        if (kind === 0) storage.bytes.fill(0, one, one + size);
        else if (kind === 1) storage.bytes.set(bytes.subarray(other, other + size), one);
        else if (kind === 2) {
          storage.bytes.set(bytes.subarray(other, other + size), one);
          storage.bytes.set(bytes.subarray(one, one + size), other);
        } else for (let at = one; at < one + size; at++) storage.bytes[at] = random.below(256);
      }
      const { missing, skipped } = await missingFrom(storage, frames, state);
      const hit = frames.filter(
        ({ from, payloadEnd }) =>
          !storage.bytes.subarray(from, payloadEnd).equals(bytes.subarray(from, payloadEnd)),
      );
      const offsets = (some: readonly Frame[]) => some.map(({ offset }) => offset);
      expect(offsets(missing), `seed ${SEED + round}`).toEqual(offsets(hit));
      const lost = skipped.reduce((sum, { records }) => sum + records!, 0);
      expect(lost, `seed ${SEED + round}`).toBe(hit.reduce((sum, { records }) => sum + records, 0));
    }
  });
});
