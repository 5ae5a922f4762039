import type { StoredFile } from '../base/storage.js';
import { type Damage, Scanner } from './scanner.js';
import { listSegments, openToRead, SEGMENT_HEADER_BYTES, segmentName } from './segment.js';
import { loadIndex, type SegmentIndex } from './segment-index.js';
import type { LogFrame, LogOptions, LogState, SkippedRegion } from './types.js';

export interface LogRange {
  /** Begins with the frame that holds this offset. */
  readonly fromOffset?: number;
  /** Ends there; without it, with what the files hold now. */
  readonly end?: LogState;
}

interface Segment {
  readonly baseOffset: number;
  /** Where the next one begins. */
  readonly limit: number | undefined;
}

/**
 * Reads a log from an offset on. Changes nothing, and may read while a writer appends and trims. What is damaged is passed
 * over and reported; only errors of the disk are thrown.
 */
export class LogReader {
  readonly #options: LogOptions;
  readonly #fromOffset: number;
  readonly #end: LogState | undefined;
  readonly #segments: readonly Segment[];
  readonly #skipped: SkippedRegion[] = [];
  #next = 0;
  #file: StoredFile | undefined;
  #scanner: Scanner | undefined;
  #buffer: Buffer | undefined;

  private constructor(options: LogOptions, range: LogRange, segments: readonly Segment[]) {
    this.#options = options;
    this.#fromOffset = range.fromOffset ?? 0;
    this.#end = range.end;
    this.#segments = segments;
  }

  static async open(options: LogOptions, range: LogRange): Promise<LogReader> {
    const { end, fromOffset = 0 } = range;
    const all = await listSegments(options.storage, options.folder);
    // A last segment without frames may be replaced at any time.
    const isEmpty = end !== undefined && end.position <= SEGMENT_HEADER_BYTES;
    const counts = (base: number) => !end || base < end.segment || (base === end.segment && !isEmpty);
    const bases = all.filter(counts);
    const limits = [...bases.slice(1), end?.nextOffset];
    const segments = bases.map((baseOffset, i) => ({ baseOffset, limit: limits[i] }));
    return new LogReader(
      options,
      range,
      segments.filter(({ limit }) => limit === undefined || limit > fromOffset),
    );
  }

  /** What could not be read so far. */
  get skipped(): readonly SkippedRegion[] {
    return this.#skipped;
  }

  /** Undefined at the end. The payload is valid until the next call. */
  async read(): Promise<LogFrame | undefined> {
    for (;;) {
      const scanner = this.#scanner ?? (await this.#openNext());
      if (!scanner) return undefined;
      const found = await scanner.next(this.#fromOffset);
      if (found) {
        const { baseOffset, records, timestampMs, kind } = found.header;
        return { baseOffset, records, timestampMs, kind, payload: found.payload };
      }
      await this.#closeSegment();
    }
  }

  async close(): Promise<void> {
    this.#next = this.#segments.length;
    await this.#closeSegment();
  }

  async #openNext(): Promise<Scanner | undefined> {
    for (let segment = this.#segments[this.#next]; segment; segment = this.#segments[this.#next]) {
      this.#file ??= await openToRead(
        this.#options.storage,
        this.#options.folder,
        segmentName(segment.baseOffset),
      );
      // A file that was there a moment ago was trimmed.
      if (this.#file) {
        this.#scanner = await this.#scannerOf(this.#file, segment);
        this.#next++;
        return this.#scanner;
      }
      this.#next++;
    }
    return undefined;
  }

  async #scannerOf(file: StoredFile, { baseOffset, limit }: Segment): Promise<Scanner> {
    const { storage, folder } = this.#options;
    const { size } = await file.stat();
    const isLast = this.#end?.segment === baseOffset;
    const end = isLast ? Math.min(size, this.#end!.position) : size;
    const index = await loadIndex(storage, folder, baseOffset);
    const knownIds = [...(index ? [index.segmentId] : []), ...(isLast ? [this.#end!.segmentId] : [])];
    const onDamage = (damage: Damage) => this.#report(segmentName(baseOffset), damage);
    const buffer = this.#buffer ? { buffer: this.#buffer } : {};
    const scanner = await Scanner.open({ file, baseOffset, end, limit, knownIds, onDamage, ...buffer });
    if (index) await seek(scanner, index, ({ offset }) => offset <= this.#fromOffset);
    return scanner;
  }

  #report(segment: string, { from, to, offset, records }: Damage): void {
    if (records !== undefined && records > 0 && offset + records <= this.#fromOffset) return;
    this.#skipped.push({ segment, from, to, records });
    const { folder, log } = this.#options;
    const count = records === undefined ? 'an unknown number of' : String(records);
    const fields = { code: 'log_damaged', folder, segment, from, to, offset, records };
    log?.warn(
      fields,
      `${folder}/${segment} is damaged from byte ${from} to ${to}: ${count} records are lost`,
    );
  }

  async #closeSegment(): Promise<void> {
    const file = this.#file;
    this.#buffer = this.#scanner?.buffer ?? this.#buffer;
    this.#scanner = undefined;
    this.#file = undefined;
    await file?.close();
  }
}

/** Moves to the last place of the index that `isBefore` holds for, if the segment has a frame there. */
async function seek(
  scanner: Scanner,
  index: SegmentIndex,
  isBefore: (entry: SegmentIndex['entries'][number]) => boolean,
): Promise<void> {
  const entry = index.entries.findLast(isBefore);
  if (entry) await scanner.jump(entry.position, entry.offset);
}

/**
 * The first offset of the first frame whose time is not before `timestampMs`; the offset after the last frame when there
 * is none. Frames need not be in the order of their times.
 */
export async function offsetAtTime(options: LogOptions, timestampMs: number): Promise<number> {
  const { storage, folder } = options;
  const bases = await listSegments(storage, folder);
  let nextOffset = bases.at(-1) ?? 0;
  for (const [i, baseOffset] of bases.entries()) {
    const limit = bases[i + 1];
    const index = await loadIndex(storage, folder, baseOffset);
    const file = await openToRead(storage, folder, segmentName(baseOffset));
    if (!file) continue;
    try {
      const { size } = await file.stat();
      if (index && index.size === size && index.latestMs < timestampMs && limit !== undefined) continue;
      const knownIds = index ? [index.segmentId] : [];
      const scanner = await Scanner.open({
        file,
        baseOffset,
        end: size,
        limit,
        knownIds,
        onDamage: () => {},
      });
      if (index) await seek(scanner, index, ({ latestBeforeMs }) => latestBeforeMs < timestampMs);
      for (let found = await scanner.next(); found; found = await scanner.next()) {
        if (found.header.timestampMs >= timestampMs) return found.header.baseOffset;
      }
      nextOffset = Math.max(nextOffset, scanner.nextOffset);
    } finally {
      await file.close();
    }
  }
  return nextOffset;
}
