import type { StoredFile } from '../base/storage.js';
import { checksum } from '../batch/index.js';
import {
  ALIGNMENT,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  findMagic,
  frameBytes,
  readFrameHeader,
} from './frame.js';
import { decodeSegmentHeader, readFully, SEGMENT_HEADER_BYTES } from './segment.js';
import type { IndexEntry, SegmentIndex } from './segment-index.js';

/** Bytes that hold no readable frame, and the offsets on both sides of them. */
export interface Damage {
  readonly from: number;
  readonly to: number;
  /** The first offset that is missing. */
  readonly offset: number;
  /** How many records are missing; undefined when nothing says. */
  readonly records: number | undefined;
}

/** A frame that was found, its payload in the scanner's buffer. */
export interface Found {
  readonly header: FrameHeader;
  /** Of its header in the file. */
  readonly position: number;
  readonly payload: Uint8Array;
}

export interface ScanOptions {
  readonly file: StoredFile;
  readonly baseOffset: number;
  /** How many bytes of the file count. */
  readonly end: number;
  /** Where the next segment, or what a checkpoint knows of, begins: what comes from there on does not count. */
  readonly limit: number | undefined;
  /** Ids that the segment may have although its header is damaged. */
  readonly knownIds?: readonly string[];
  readonly buffer?: Buffer;
  readonly onDamage: (damage: Damage) => void;
}

const BUFFER_BYTES = 4 * 2 ** 20;

/**
 * Goes through the frames of a segment, in order. What is damaged is told to `onDamage`, with the exact bytes, once the
 * next sound frame or the end is found; errors of the disk are thrown, and `next` may be tried again after them.
 */
export class Scanner {
  readonly #options: ScanOptions;
  #end: number;
  #limit: number | undefined;
  #ids: ReadonlySet<string> = new Set();
  #buffer: Buffer;
  /** Of the file, where the buffer begins, and how many bytes of it are there. */
  #bufferAt = 0;
  #buffered = 0;
  #position = SEGMENT_HEADER_BYTES;
  #expected: number;
  #damagedFrom: number | undefined;
  /** The offset that follows what is damaged, where its header was still sound. */
  #damagedUpTo: number | undefined;

  private constructor(options: ScanOptions) {
    this.#options = options;
    this.#end = options.end;
    this.#limit = options.limit;
    this.#expected = options.baseOffset;
    this.#buffer = options.buffer ?? EMPTY;
  }

  static async open(options: ScanOptions): Promise<Scanner> {
    const scanner = new Scanner(options);
    const header = await readFully(
      options.file,
      Buffer.alloc(Math.min(options.end, SEGMENT_HEADER_BYTES)),
      0,
    );
    const { isSound, ids } = decodeSegmentHeader(header, options.baseOffset);
    scanner.#ids = isSound ? ids : new Set([...ids, ...(options.knownIds ?? [])]);
    if (!isSound && options.end > 0) scanner.#damagedFrom = 0;
    return scanner;
  }

  /** For whoever scans next. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Where the next frame begins. */
  get position(): number {
    return this.#position;
  }

  get nextOffset(): number {
    return this.#expected;
  }

  /** Goes on with the frame at `position`, if one with this offset begins there. */
  async jump(position: number, offset: number): Promise<boolean> {
    if (position % ALIGNMENT !== 0 || position < SEGMENT_HEADER_BYTES) return false;
    await this.#fill(position, FRAME_HEADER_BYTES);
    const header = this.#headerAt(position);
    if (header?.baseOffset !== offset || !this.#fits(header, position)) return false;
    this.#position = position;
    this.#expected = offset;
    this.#damagedFrom = undefined;
    return true;
  }

  /** Moves to the last place of the index that `isBefore` holds for, if the segment has a frame there. */
  async seek(index: SegmentIndex, isBefore: (entry: IndexEntry) => boolean): Promise<void> {
    const entry = index.entries.findLast(isBefore);
    if (entry) await this.jump(entry.position, entry.offset);
  }

  /** The segment has grown, or has been found to end: `next` goes on where it was. */
  extend({ end, limit }: Pick<ScanOptions, 'end' | 'limit'>): void {
    this.#end = end;
    this.#limit = limit;
  }

  /** Undefined at the end. Frames that end at or before `fromOffset` are passed over, and their payloads not looked at. */
  async next(fromOffset = 0, checkPayload = true): Promise<Found | undefined> {
    while (this.#position < this.#end && !this.#isComplete()) {
      const position = this.#position;
      // Only what waits for the disk costs a promise.
      if (!this.#holds(position, FRAME_HEADER_BYTES)) await this.#fill(position, FRAME_HEADER_BYTES);
      const header = this.#headerAt(position);
      if (!header || !this.#fits(header, position)) {
        this.#damagedFrom ??= position;
        await this.#search(position + ALIGNMENT);
        continue;
      }
      const bytes = frameBytes(header.length);
      const after = position + bytes;
      const isPassed = header.baseOffset + header.records <= fromOffset;
      const needsPayload = checkPayload && !isPassed;
      if (needsPayload && !this.#holds(position, bytes)) await this.#fill(position, bytes);
      const payload = needsPayload ? this.#payloadAt(position, header) : EMPTY;
      if (payload === undefined) {
        this.#damagedFrom ??= position;
        this.#damagedUpTo = header.baseOffset + header.records;
        this.#position = after;
        continue;
      }
      this.#endDamage(position, header.baseOffset);
      this.#position = after;
      this.#expected = header.baseOffset + header.records;
      if (!isPassed) return { header, position, payload };
    }
    this.#finish();
    return undefined;
  }

  #isComplete(): boolean {
    return this.#limit !== undefined && this.#expected >= this.#limit;
  }

  #fits(header: FrameHeader, position: number): boolean {
    const [end, limit] = [this.#end, this.#limit];
    const offsetAfter = header.baseOffset + header.records;
    return (
      this.#ids.has(header.segmentId) &&
      header.baseOffset >= Math.max(this.#expected, this.#damagedUpTo ?? 0) &&
      (limit === undefined || offsetAfter <= limit) &&
      position + frameBytes(header.length) <= end
    );
  }

  #endDamage(position: number, offset: number): void {
    const from = this.#damagedFrom ?? position;
    this.#damagedFrom = undefined;
    this.#damagedUpTo = undefined;
    if (from === position && offset === this.#expected) return;
    this.#options.onDamage({ from, to: position, offset: this.#expected, records: offset - this.#expected });
  }

  /** Reports what is missing at the end, once. */
  #finish(): void {
    const [end, limit] = [this.#end, this.#limit];
    const isMissing = limit !== undefined && this.#expected < limit;
    if (this.#damagedFrom === undefined && !isMissing) return;
    const from = this.#damagedFrom ?? Math.min(this.#position, end);
    // A frame whose header is sound up to the very end says how many records there were.
    const known = limit ?? (this.#position === end ? this.#damagedUpTo : undefined);
    const isOnlyHeader = this.#isComplete() && from < SEGMENT_HEADER_BYTES;
    const to = isOnlyHeader ? Math.min(SEGMENT_HEADER_BYTES, end) : end;
    const records = known === undefined ? undefined : known - this.#expected;
    this.#options.onDamage({ from, to, offset: this.#expected, records });
    this.#damagedFrom = undefined;
    this.#damagedUpTo = undefined;
    this.#position = Math.max(this.#position, end);
    if (known !== undefined) this.#expected = known;
  }

  /** Moves to the next place where a frame may begin, or to the end. */
  async #search(from: number): Promise<void> {
    this.#damagedUpTo = undefined;
    let position = from;
    const end = this.#end;
    while (position + FRAME_HEADER_BYTES <= end) {
      if (!this.#holds(position, FRAME_HEADER_BYTES)) await this.#fill(position, FRAME_HEADER_BYTES);
      if (!this.#holds(position, FRAME_HEADER_BYTES)) break;
      const bytes = this.#buffer.subarray(position - this.#bufferAt, this.#buffered);
      const at = findMagic(bytes, 0);
      position += Math.min(at, Math.floor(bytes.length / ALIGNMENT) * ALIGNMENT);
      if (at < bytes.length) {
        this.#position = position;
        return;
      }
    }
    this.#position = end;
  }

  /** Of what is buffered. */
  #headerAt(position: number): FrameHeader | undefined {
    const isThere = this.#holds(position, FRAME_HEADER_BYTES);
    return isThere ? readFrameHeader(this.#buffer, position - this.#bufferAt, position) : undefined;
  }

  /** Of what is buffered; undefined when it is damaged. */
  #payloadAt(position: number, { length, payloadCrc }: FrameHeader): Uint8Array | undefined {
    if (!this.#holds(position, frameBytes(length))) return undefined;
    const start = position - this.#bufferAt + FRAME_HEADER_BYTES;
    const payload = this.#buffer.subarray(start, start + length);
    return checksum(payload) === payloadCrc ? payload : undefined;
  }

  #holds(position: number, length: number): boolean {
    return position >= this.#bufferAt && position + length <= this.#bufferAt + this.#buffered;
  }

  /** Buffers `length` bytes from `position` on, and what comes after them, where the file has so many. */
  async #fill(position: number, length: number): Promise<void> {
    const end = this.#end;
    if (position + length > end) return;
    const at = position - this.#bufferAt;
    const kept = at >= 0 && at < this.#buffered ? this.#buffer.subarray(at, this.#buffered) : EMPTY;
    const target = this.#bufferFor(length, end - position);
    // The same buffer or another one: `set` copies what overlaps as it should.
    target.set(kept);
    this.#buffer = target;
    this.#bufferAt = position;
    this.#buffered = kept.length;
    const room = target.subarray(kept.length, Math.min(target.length, end - position));
    this.#buffered += (await readFully(this.#options.file, room, position + kept.length)).length;
  }

  /** One that `length` bytes fit into, and no larger than what is left needs. */
  #bufferFor(length: number, left: number): Buffer {
    const wanted = Math.max(length, Math.min(left, BUFFER_BYTES));
    if (wanted <= this.#buffer.length) return this.#buffer;
    // A segment that is followed grows little by little.
    return Buffer.allocUnsafe(Math.max(wanted, Math.min(2 * this.#buffer.length, BUFFER_BYTES)));
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
