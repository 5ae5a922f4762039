import { join } from 'node:path';
import type { StoredFile } from '../base/storage.js';
import { giveUp, isGivenUp, restore } from './given-up.js';
import { type Damage, Scanner } from './scanner.js';
import {
  decodeSegmentHeader,
  indexName,
  listIndexes,
  listSegments,
  NEW_SUFFIX,
  openToRead,
  readFully,
  removeFile,
  SEGMENT_HEADER_BYTES,
  segmentName,
} from './segment.js';
import { INDEX_EVERY_BYTES, IndexBuilder, loadIndex, saveIndex } from './segment-index.js';
import type { LogOptions, LogState } from './types.js';

/** A segment that is not written any more. */
export interface Sealed {
  readonly baseOffset: number;
  readonly bytes: number;
  /** Of its latest frame, where that is known. */
  readonly latestMs?: number;
}

export interface Recovered {
  readonly nextOffset: number;
  readonly sealed: Sealed[];
  /** Something was removed that must not come back. */
  readonly wasCut: boolean;
}

/** How many missing indexes one start makes: each takes as long as reading a segment. */
const MAX_INDEXES_MADE = 4;
const COPY_BYTES = 2 ** 20;

/** Puts the folder into the state in which a new segment can go on from `nextOffset`. */
export async function recover(options: LogOptions, state: LogState | undefined): Promise<Recovered> {
  const { storage, folder } = options;
  for (const name of await storage.list(folder))
    if (name.endsWith(NEW_SUFFIX)) await removeFile(storage, folder, name);
  const bases = await listSegments(storage, folder);
  const recovered = state ? await cutTo(options, state, bases) : await cutTornTail(options, bases);
  await syncInherited(options, recovered.sealed);
  await mendIndexes(options, recovered.sealed);
  return recovered;
}

/**
 * A process that was killed may have left its last two segments to the system's memory: a writer that starts a third waits
 * for the first. A file of which a sync has failed is not synced again: a copy takes its place.
 */
async function syncInherited(options: LogOptions, sealed: readonly Sealed[]): Promise<void> {
  const { storage, folder } = options;
  for (const { baseOffset, bytes } of sealed.slice(-2)) {
    const file = await storage.open(join(folder, segmentName(baseOffset)), 'write');
    try {
      const header = await readFully(file, Buffer.alloc(SEGMENT_HEADER_BYTES), 0);
      const ids = [...decodeSegmentHeader(header, baseOffset).ids];
      if (!ids.some(isGivenUp)) {
        const isDurable = await file.datasync().then(
          () => true,
          () => false,
        );
        if (isDurable) continue;
        for (const id of ids) giveUp(id);
      }
      await replaceByCopy(options, file, baseOffset, bytes);
      for (const id of ids) restore(id);
    } finally {
      await file.close();
    }
  }
  if (sealed.length > 0) await storage.syncFolder(folder);
}

async function replaceByCopy(
  { storage, folder }: LogOptions,
  file: StoredFile,
  base: number,
  size: number,
): Promise<void> {
  const name = `${segmentName(base)}${NEW_SUFFIX}`;
  await removeFile(storage, folder, name);
  const copy = await storage.open(join(folder, name), 'write');
  try {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = 0; at < size; ) {
      const part = await readFully(file, buffer.subarray(0, Math.min(COPY_BYTES, size - at)), at);
      if (part.length === 0) break;
      await copy.write(part, at);
      at += part.length;
    }
    await copy.datasync();
  } finally {
    await copy.close();
  }
  await storage.rename(join(folder, name), join(folder, segmentName(base)));
}

/** Everything that came after the state goes. */
async function cutTo(options: LogOptions, state: LogState, bases: readonly number[]): Promise<Recovered> {
  const { folder, log } = options;
  const isEmpty = state.position <= SEGMENT_HEADER_BYTES;
  const later = bases.filter((base) => base > state.segment || (isEmpty && base === state.segment));
  // The new segment takes the place of one with its name.
  for (const base of later.toReversed()) if (base !== state.nextOffset) await removeSegment(options, base);
  const sealed = await sizesOf(options, bases.slice(0, bases.length - later.length));
  let wasCut = later.length > 0;
  const last = sealed.at(-1);
  if (!isEmpty && last?.baseOffset === state.segment) {
    if (last.bytes > state.position) {
      await truncate(options, state.segment, state.position);
      sealed[sealed.length - 1] = { baseOffset: last.baseOffset, bytes: state.position };
      wasCut = true;
    }
    if (last.bytes < state.position) {
      const fields = { folder, segment: segmentName(state.segment), from: last.bytes, to: state.position };
      log?.warn(fields, `the end of the log ${folder} is missing, although it was durable`);
    }
  }
  // Where all was trimmed away, an empty segment stands at the end of the log.
  const isTrimmed = later[0] === state.nextOffset;
  if (!isEmpty && last?.baseOffset !== state.segment && !isTrimmed) {
    const fields = { folder, segment: segmentName(state.segment) };
    log?.warn(fields, `the last segment of the log ${folder} is missing, although it was durable`);
  }
  return { nextOffset: state.nextOffset, sealed, wasCut };
}

/** Nobody knows where the log ended: what is sound in its last segment counts. */
async function cutTornTail(options: LogOptions, bases: readonly number[]): Promise<Recovered> {
  const sealed = await sizesOf(options, bases);
  const last = sealed.at(-1);
  if (!last) return { nextOffset: 0, sealed, wasCut: false };
  const { position, nextOffset } = await soundPrefix(options, last);
  if (position <= SEGMENT_HEADER_BYTES) {
    // The new segment takes its place.
    sealed.pop();
    return { nextOffset: last.baseOffset, sealed, wasCut: true };
  }
  if (position === last.bytes) return { nextOffset, sealed, wasCut: false };
  const fields = {
    folder: options.folder,
    segment: segmentName(last.baseOffset),
    from: position,
    to: last.bytes,
  };
  options.log?.warn(fields, `the end of the log ${options.folder} was torn and is cut off`);
  await truncate(options, last.baseOffset, position);
  sealed[sealed.length - 1] = { baseOffset: last.baseOffset, bytes: position };
  return { nextOffset, sealed, wasCut: true };
}

/**
 * The end of the frames that count: those before the first damage, and those after it where a later frame tells that the
 * damaged ones had been durable. Then it is the disk that has lost something, not a write that was cut short.
 */
async function soundPrefix(
  options: LogOptions,
  last: Sealed,
): Promise<{ position: number; nextOffset: number }> {
  const name = segmentName(last.baseOffset);
  const file = await openToRead(options.storage, options.folder, name);
  if (!file) return { position: 0, nextOffset: last.baseOffset };
  let damaged: Damage | undefined;
  const onDamage = (damage: Damage) => {
    if (damage.records !== 0) damaged ??= damage;
  };
  try {
    const scanner = await Scanner.open({
      file,
      baseOffset: last.baseOffset,
      end: last.bytes,
      limit: undefined,
      onDamage,
    });
    let sound = { position: SEGMENT_HEADER_BYTES, nextOffset: last.baseOffset };
    for (let found = await scanner.next(); found; found = await scanner.next()) {
      if (damaged && found.header.durableOffset > damaged.offset) damaged = undefined;
      if (!damaged) sound = { position: scanner.position, nextOffset: scanner.nextOffset };
    }
    return sound;
  } finally {
    await file.close();
  }
}

async function sizesOf({ storage, folder }: LogOptions, bases: readonly number[]): Promise<Sealed[]> {
  const sealed: Sealed[] = [];
  for (const baseOffset of bases) {
    const file = await openToRead(storage, folder, segmentName(baseOffset));
    if (!file) continue;
    try {
      sealed.push({ baseOffset, bytes: (await file.stat()).size });
    } finally {
      await file.close();
    }
  }
  return sealed;
}

async function truncate({ storage, folder }: LogOptions, base: number, length: number): Promise<void> {
  const file = await storage.open(join(folder, segmentName(base)), 'write');
  try {
    await file.truncate(length);
  } finally {
    await file.close();
  }
}

/** The segment first: an index without one does no harm. */
export async function removeSegment({ storage, folder }: LogOptions, base: number): Promise<void> {
  await removeFile(storage, folder, segmentName(base));
  await removeFile(storage, folder, indexName(base));
}

/** Makes indexes that are missing or wrong, the latest first, and removes those without a segment. */
async function mendIndexes(options: LogOptions, sealed: readonly Sealed[]): Promise<void> {
  const { storage, folder } = options;
  const bases = new Set(sealed.map(({ baseOffset }) => baseOffset));
  for (const base of await listIndexes(storage, folder)) {
    if (!bases.has(base)) await removeFile(storage, folder, indexName(base));
  }
  let made = 0;
  for (const segment of [...sealed].reverse()) {
    if (made === MAX_INDEXES_MADE) return;
    if (segment.bytes <= INDEX_EVERY_BYTES) continue;
    const index = await loadIndex(storage, folder, segment.baseOffset);
    if (index?.size === segment.bytes) continue;
    await makeIndex(options, segment);
    made++;
  }
}

/** What goes wrong here is only slower to read. */
async function makeIndex({ storage, folder, log }: LogOptions, { baseOffset, bytes }: Sealed): Promise<void> {
  try {
    const file = await openToRead(storage, folder, segmentName(baseOffset));
    if (!file) return;
    try {
      const onDamage = () => {};
      const scanner = await Scanner.open({ file, baseOffset, end: bytes, limit: undefined, onDamage });
      const builder = new IndexBuilder();
      let segmentId = '';
      for (let found = await scanner.next(0, false); found; found = await scanner.next(0, false)) {
        segmentId = found.header.segmentId;
        builder.add(found.header.baseOffset, found.position, found.header.timestampMs);
      }
      if (segmentId) await saveIndex(storage, folder, baseOffset, builder.build(segmentId, bytes));
    } finally {
      await file.close();
    }
  } catch (error) {
    log?.warn({ folder, segment: segmentName(baseOffset), err: error }, 'a segment stays without an index');
  }
}
