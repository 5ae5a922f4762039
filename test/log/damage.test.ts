import { expect, it } from 'vitest';
import { LogReader, type LogState, LogWriter, offsetAtTime } from '../../src/log/index.js';
import { CrashStorage } from '../support/crash-storage.js';

const FOLDER = 'log';
const SEGMENT = '00000000000000000000.log';
const INDEX = '00000000000000000000.index';
const HEADER = 64;
const FRAME_HEADER = 56;

interface Known {
  readonly from: number;
  readonly to: number;
  /** Where the payload ends and zeros fill up the frame. */
  readonly payloadEnd: number;
  readonly offset: number;
  readonly records: number;
  readonly text: string;
}

async function write(texts: readonly string[], segmentBytes = 2 ** 20) {
  const storage = new CrashStorage();
  const writer = await LogWriter.open({ storage, folder: FOLDER, segmentBytes }, undefined);
  const known: Known[] = [];
  for (const [i, text] of texts.entries()) {
    const from = known.at(-1)?.to ?? HEADER;
    const payloadEnd = from + FRAME_HEADER + text.length;
    const offset = await writer.append(Buffer.from(text), { records: i + 1, timestampMs: i * 10, kind: 1 });
    // A sync before each tells recovery what had been durable.
    await writer.sync();
    known.push({ from, to: Math.ceil(payloadEnd / 8) * 8, payloadEnd, offset, records: i + 1, text });
  }
  const { state } = writer;
  await writer.close();
  return { files: storage.files, known, state };
}

async function read(files: ReadonlyMap<string, Uint8Array>, end?: LogState) {
  const options = { storage: new CrashStorage(files), folder: FOLDER };
  const reader = await LogReader.open(options, end ? { end } : {});
  const frames: unknown[] = [];
  for (let frame = await reader.read(); frame; frame = await reader.read()) {
    expect([frame.kind, frame.timestampMs]).toEqual([1, (frame.records - 1) * 10]);
    frames.push([frame.baseOffset, frame.records, Buffer.from(frame.payload).toString()]);
  }
  await reader.close();
  return { frames, skipped: reader.skipped };
}

const contentOf = (known: readonly Known[]) =>
  known.map(({ offset, records, text }) => [offset, records, text]);
const TEXTS = ['a', 'bc'.repeat(9), 'def', 'ghij'.repeat(8), 'k'.repeat(40)];

it('serves all but the frame that one flipped bit hits, and tells exactly what is lost', async () => {
  const { files, known, state } = await write(TEXTS);
  const path = `${FOLDER}/${SEGMENT}`;
  const sound = files.get(path)!;
  expect(sound.length).toBe(known.at(-1)!.to);
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const bytes = Uint8Array.from(sound);
    const at = bit >> 3;
    bytes[at]! ^= 1 << (bit & 7);
    const hit = known.find(({ from, payloadEnd }) => at >= from && at < payloadEnd);
    const lost = hit ? [{ segment: SEGMENT, from: hit.from, to: hit.to, records: hit.records }] : [];
    const skipped = at < HEADER ? [{ segment: SEGMENT, from: 0, to: HEADER, records: 0 }] : lost;
    const frames = contentOf(known.filter((frame) => frame !== hit));
    const damaged = new Map([[path, bytes]]);
    expect(await read(damaged, state), `bit ${bit}`).toEqual({ frames, skipped });
    const { frames: withoutEnd } = await read(damaged);
    expect(withoutEnd, `bit ${bit}, without the end`).toEqual(frames);
    // A writer that does not know the end takes only the last one for a write that was cut short.
    const storage = new CrashStorage(damaged);
    const writer = await LogWriter.open({ storage, folder: FOLDER }, undefined);
    expect(writer.nextOffset).toBe(hit === known.at(-1) ? hit!.offset : state.nextOffset);
    expect((await read(storage.files, writer.state)).frames, `bit ${bit}, opened`).toEqual(frames);
    await writer.close();
  }
});

it('serves what lies before any truncation, and tells exactly what is lost', async () => {
  const { files, known, state } = await write(TEXTS);
  const path = `${FOLDER}/${SEGMENT}`;
  const sound = files.get(path)!;
  for (let length = 0; length < sound.length; length++) {
    const damaged = new Map([[path, sound.slice(0, length)]]);
    const whole = known.filter(({ to }) => to <= length);
    const from = length < HEADER ? 0 : (whole.at(-1)?.to ?? HEADER);
    const records = state.nextOffset - (whole.at(-1) ? whole.at(-1)!.offset + whole.at(-1)!.records : 0);
    expect(await read(damaged, state), `length ${length}`).toEqual({
      frames: contentOf(whole),
      skipped: [{ segment: SEGMENT, from, to: length, records }],
    });
    const storage = new CrashStorage(damaged);
    const writer = await LogWriter.open({ storage, folder: FOLDER }, state);
    expect(await writer.append(Buffer.from('next'), { records: 1, timestampMs: 0, kind: 1 })).toBe(
      state.nextOffset,
    );
    const { frames, skipped } = await read(storage.files, writer.state);
    expect(frames, `length ${length}`).toEqual([...contentOf(whole), [state.nextOffset, 1, 'next']]);
    expect(skipped, `length ${length}`).toMatchObject([{ records }]);
    await writer.close();
  }
});

it('tells how many records a segment held that is missing, empty or all zeros', async () => {
  const { files, known, state } = await write(TEXTS, HEADER + 1);
  const paths = [...files.keys()];
  expect(paths.length).toBe(TEXTS.length);
  for (const [i, path] of paths.entries()) {
    if (i === 0 || i === paths.length - 1) continue;
    const { records } = known[i]!;
    const frames = contentOf(known.filter((_, other) => other !== i));
    for (const bytes of [undefined, new Uint8Array(), new Uint8Array(files.get(path)!.length)]) {
      const damaged = new Map(files);
      if (bytes) damaged.set(path, bytes);
      else damaged.delete(path);
      const { frames: found, skipped } = await read(damaged, state);
      expect(found).toEqual(frames);
      expect(skipped).toMatchObject([{ records, ...(bytes ? { from: 0, to: bytes.length } : {}) }]);
    }
  }
});

it('finds the same with an index of which any bit is flipped, that is cut short, or missing', async () => {
  const storage = new CrashStorage();
  const options = { storage, folder: FOLDER, segmentBytes: 400_000 };
  const writer = await LogWriter.open(options, undefined);
  for (let i = 0; i < 5; i++)
    await writer.append(Buffer.alloc(90_000, i + 1), { records: 10, timestampMs: i * 10, kind: 1 });
  await writer.close();
  const { files } = storage;
  const path = `${FOLDER}/${INDEX}`;
  const sound = files.get(path)!;
  expect(sound.length).toBe(64 + 24);
  const variants: (Uint8Array | undefined)[] = [undefined, sound];
  for (let length = 0; length < sound.length; length++) variants.push(sound.slice(0, length));
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const bytes = Uint8Array.from(sound);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    variants.push(bytes);
  }
  for (const bytes of variants) {
    const damaged = new Map(files);
    if (bytes) damaged.set(path, bytes);
    else damaged.delete(path);
    const place = { storage: new CrashStorage(damaged), folder: FOLDER };
    const reader = await LogReader.open(place, { fromOffset: 35 });
    expect((await reader.read())?.baseOffset).toBe(30);
    expect((await reader.read())?.baseOffset).toBe(40);
    expect(await reader.read()).toBeUndefined();
    expect(reader.skipped).toEqual([]);
    await reader.close();
    expect(await offsetAtTime(place, 30)).toBe(30);
  }
  // An index is made anew by the next writer.
  const damaged = new CrashStorage(new Map(files).set(path, sound.slice(1)));
  await (await LogWriter.open({ storage: damaged, folder: FOLDER }, undefined)).close();
  expect(damaged.files.get(path)).toEqual(sound);
});
