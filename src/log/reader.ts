import type { StoredFile } from '../base/storage.js';
import { misuse } from './errors.js';
import { type Damage, Scanner } from './scanner.js';
import { listSegments, openToRead, SEGMENT_HEADER_BYTES, segmentName } from './segment.js';
import { loadIndex } from './segment-index.js';
import type { LogFrame, LogOptions, LogState, SkippedRegion } from './types.js';

export interface LogRange {
  /** Begins with the frame that holds this offset. */
  readonly fromOffset?: number;
  /** Ends there, until `extend` says more; without it, with what the files hold now. */
  readonly end?: LogState;
}

/** The segment that is read. */
interface Current {
  readonly baseOffset: number;
  readonly file: StoredFile;
  readonly scanner: Scanner;
  /** The end of the log when it was last looked at. */
  end: LogState | undefined;
}

/** Which bytes and which offsets of a segment count. */
interface Bounds {
  readonly end: number;
  /** Undefined when nothing says. */
  readonly limit: number | undefined;
}

/**
 * Reads a log from an offset on. Changes nothing, and may read while a writer appends and trims. What is damaged is passed
 * over and reported; only errors of the disk are thrown, and `read` may be tried again after them.
 *
 * To follow a writer, open it with the writer's state as `end`. When `read` has come there, `extend` it to a later state and
 * read on: nothing is read twice.
 */
export class LogReader {
  readonly #options: LogOptions;
  readonly #fromOffset: number;
  readonly #skipped: SkippedRegion[] = [];
  #end: LogState | undefined;
  /** The segment that is read or comes next, and those after it, as they were listed for this end. */
  #bases: number[] = [];
  #listedTo: LogState | undefined;
  /** No segment with a lower base is read any more. */
  #passed = 0;
  #current: Current | undefined;
  #buffer: Buffer | undefined;
  #isClosed = false;

  private constructor(options: LogOptions, range: LogRange) {
    this.#options = options;
    this.#fromOffset = range.fromOffset ?? 0;
    this.#end = range.end;
  }

  static async open(options: LogOptions, range: LogRange): Promise<LogReader> {
    const reader = new LogReader(options, range);
    await reader.#list(0);
    return reader;
  }

  /** What could not be read so far. */
  get skipped(): readonly SkippedRegion[] {
    return this.#skipped;
  }

  /**
   * From now on the reader ends there. Touches no file.
   * @param end a later state of the same writer, or of one that went on from such a state
   */
  extend(end: LogState): void {
    if (!this.#end) throw misuse('only a reader that was opened with an end can be extended');
    if (end.nextOffset < this.#end.nextOffset)
      throw misuse(`a reader up to offset ${this.#end.nextOffset} cannot end at ${end.nextOffset}`);
    this.#end = end;
  }

  /** Undefined at the end. The payload is valid until the next call. */
  async read(): Promise<LogFrame | undefined> {
    for (;;) {
      const current = this.#current ?? (await this.#openNext());
      if (!current) return undefined;
      const found = await current.scanner.next(this.#fromOffset);
      if (found) {
        const { baseOffset, records, timestampMs, kind } = found.header;
        return { baseOffset, records, timestampMs, kind, payload: found.payload };
      }
      const wasLast = current.end?.segment === current.baseOffset;
      if (!wasLast) await this.#closeSegment();
      else if (current.end === this.#end) return undefined;
      else await this.#lookAgain(current);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closeSegment();
  }

  /** The segments from `base` on, without those that end before the first offset. */
  async #list(base: number): Promise<void> {
    const end = this.#end;
    const all = await listSegments(this.#options.storage, this.#options.folder);
    // A last segment without frames may be replaced at any time.
    const isEmpty = end !== undefined && end.position <= SEGMENT_HEADER_BYTES;
    const counts = (one: number) => !end || one < end.segment || (one === end.segment && !isEmpty);
    const bases = all.filter((one) => one >= base && counts(one));
    const limits = [...bases.slice(1), end?.nextOffset];
    this.#bases = bases.filter((_, i) => limits[i] === undefined || limits[i] > this.#fromOffset);
    this.#listedTo = end;
  }

  async #openNext(): Promise<Current | undefined> {
    while (!this.#isClosed) {
      if (this.#bases.length === 0 && this.#listedTo !== this.#end) await this.#list(this.#passed);
      const [base] = this.#bases;
      if (base === undefined) return undefined;
      const { storage, folder } = this.#options;
      const file = await openToRead(storage, folder, segmentName(base));
      if (file) {
        try {
          this.#current = await this.#begin(base, file);
          return this.#current;
        } catch (error) {
          await file.close();
          throw error;
        }
      }
      // A file that was there a moment ago was trimmed.
      this.#pass(base);
    }
    return undefined;
  }

  async #begin(baseOffset: number, file: StoredFile): Promise<Current> {
    const { storage, folder } = this.#options;
    const end = this.#end;
    const bounds = await this.#boundsOf(baseOffset, file, end);
    const index = await loadIndex(storage, folder, baseOffset);
    const knownIds = index ? [index.segmentId] : [];
    if (end?.segment === baseOffset) knownIds.push(end.segmentId);
    const onDamage = (damage: Damage) => this.#report(segmentName(baseOffset), damage);
    const buffer = this.#buffer ? { buffer: this.#buffer } : {};
    const scanner = await Scanner.open({ file, baseOffset, ...bounds, knownIds, onDamage, ...buffer });
    if (index) await scanner.seek(index, ({ offset }) => offset <= this.#fromOffset);
    return { baseOffset, file, scanner, end };
  }

  /** The log has grown since its last segment was read to the end. */
  async #lookAgain(current: Current): Promise<void> {
    const end = this.#end;
    current.scanner.extend(await this.#boundsOf(current.baseOffset, current.file, end));
    current.end = end;
  }

  async #boundsOf(base: number, file: StoredFile, end: LogState | undefined): Promise<Bounds> {
    const { size } = await file.stat();
    if (end?.segment === base) return { end: Math.min(size, end.position), limit: end.nextOffset };
    if (this.#bases.length === 1 && this.#listedTo !== end) await this.#list(base);
    if (this.#bases[0] === base) return { end: size, limit: this.#bases[1] ?? end?.nextOffset };
    // It was trimmed while it was open, and with it what said where it ends.
    this.#bases.unshift(base);
    return { end: size, limit: undefined };
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

  #pass(base: number): void {
    this.#bases.shift();
    this.#passed = base + 1;
  }

  async #closeSegment(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    this.#buffer = current.scanner.buffer;
    this.#current = undefined;
    this.#pass(current.baseOffset);
    await current.file.close();
  }
}
