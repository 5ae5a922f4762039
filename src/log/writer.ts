import { dirname } from 'node:path';
import { MillraceError } from '../base/errors.js';
import { isDiskFull } from '../base/storage.js';
import { SyncGroup } from '../base/sync-group.js';
import { ActiveSegment } from './active-segment.js';
import { groupBytes, nextGroup, type Waiting, writeGroup } from './append-group.js';
import { broken, diskFull, misuse } from './errors.js';
import { isUint32, MAX_PAYLOAD_BYTES } from './frame.js';
import { giveUp } from './given-up.js';
import { recover, type Sealed } from './recover.js';
import { type Retention, retainedFrom } from './retention.js';
import { Trimmer } from './trimmer.js';
import type { AppendAbout, LogOptions, LogState } from './types.js';

const DEFAULT_SEGMENT_BYTES = 64 * 2 ** 20;
const SMALL_BUFFER_BYTES = 64 * 1024;
/** A buffer that one huge payload needed is not kept. */
const MAX_KEPT_BYTES = 16 * 2 ** 20;

/**
 * Appends to a log. One at a time per folder; the caller sees to that.
 *
 * When a write or a sync fails for another reason than a full disk, everything rejects from then on: `open` another writer
 * with the last state that was durable, and append again what came after it.
 */
export class LogWriter {
  readonly #options: LogOptions;
  readonly #segmentBytes: number;
  readonly #sealed: Sealed[];
  readonly #syncs: SyncGroup;
  readonly #trimmer: Trimmer;
  /** Sealed, and not durable yet. */
  #unsynced: ActiveSegment[] = [];
  #active: ActiveSegment;
  #nextOffset: number;
  #durableOffset: number;
  #folderNeedsSync = true;
  #waiting: Waiting[] = [];
  /** What writes goes one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Removals go one after the other, and beside appends, which do not wait for the disk. */
  #trims: Promise<void> = Promise.resolve();
  #buffer = Buffer.allocUnsafe(SMALL_BUFFER_BYTES);
  #broken: MillraceError | undefined;
  #sealedSync: Promise<void> = Promise.resolve();

  private constructor(options: LogOptions, sealed: Sealed[], active: ActiveSegment) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#sealed = sealed;
    this.#active = active;
    this.#nextOffset = active.baseOffset;
    this.#durableOffset = active.baseOffset;
    this.#syncs = new SyncGroup(() => this.#syncNow());
    this.#trimmer = new Trimmer(options);
  }

  /**
   * Goes on in a new segment.
   * @param state the last one that counts: what came later is cut off. Without it all counts that is sound: the end of the
   * last segment is searched for, and what a write that was cut short left there is removed
   */
  static async open(options: LogOptions, state: LogState | undefined): Promise<LogWriter> {
    const { storage, folder } = options;
    try {
      await storage.makeFolder(folder);
      const { sealed, nextOffset, wasCut } = await recover(options, state);
      // The folder may be new, and its name must last as well.
      if (sealed.length === 0) await storage.syncFolder(dirname(folder));
      const writer = new LogWriter(options, sealed, await ActiveSegment.create(storage, folder, nextOffset));
      // The new segment tells readers where the one before ends, even if what was cut off comes back.
      if (wasCut) await writer.sync().catch((error) => writer.#closeThenThrow(error));
      return writer;
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw isDiskFull(error) ? diskFull(folder, error) : broken('log_open_failed', folder, error);
    }
  }

  /** What a checkpoint keeps once `sync` has resolved. */
  get state(): LogState {
    const { baseOffset: segment, position, segmentId } = this.#active;
    return { nextOffset: this.#nextOffset, segment, position, segmentId };
  }

  /** Of the oldest record that is there; `nextOffset` when there is none. */
  get firstOffset(): number {
    return this.#sealed[0]?.baseOffset ?? this.#active.baseOffset;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Of all segments. */
  get bytes(): number {
    return this.#sealed.reduce((sum, { bytes }) => sum + bytes, this.#active.position);
  }

  /**
   * Resolves to the offset of the payload's first record once it is written, which is not durable yet. Many may be called
   * at once; they are written in this order. Rejects with MillraceError `disk_full` when there is no room: then nothing was
   * appended, and the same may be tried again.
   */
  append(payload: Uint8Array, about: AppendAbout): Promise<number> {
    const { records, kind } = about;
    if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES)
      return Promise.reject(misuse(`a payload has 1 to ${MAX_PAYLOAD_BYTES} bytes, not ${payload.length}`));
    if (!isUint32(records) || records === 0 || !isUint32(kind))
      return Promise.reject(misuse(`a payload has records and a kind, not ${records} and ${kind}`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, about, resolve, reject });
      if (this.#waiting.length === 1) void this.#inTurn(() => this.#writeWaiting());
    });
  }

  /** Resolves when all that was appended before the call is durable. Calls that wait at the same time share a sync. */
  sync(): Promise<void> {
    return this.#syncs.run();
  }

  /**
   * Removes the segments whose records all lie before this offset. A checkpoint that needs none of them must be durable.
   * What cannot be removed costs room and nothing else: it is reported, once, and stays until the next time.
   */
  trim(beforeOffset: number): Promise<void> {
    const trimmed = this.#trims.then(() => this.#trim(beforeOffset));
    this.#trims = trimmed.catch(() => {});
    return trimmed;
  }

  /**
   * Removes the oldest segments, as far as the retention allows. A checkpoint that needs nothing below `below` must be
   * durable.
   */
  async retain(retention: Retention, nowMs = Date.now()): Promise<void> {
    const segments = [...this.#sealed, this.#active.sealed];
    await this.trim(await retainedFrom(this.#options, segments, this.#nextOffset, retention, nowMs));
  }

  /** Waits for what is under way. Does not sync. */
  async close(): Promise<void> {
    await this.#trims;
    await this.#queue;
    this.#broken ??= misuse('the log is closed');
    await this.#syncs.idle();
    for (const segment of [...this.#unsynced, this.#active]) await segment.close();
    this.#unsynced = [];
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(task);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #trim(beforeOffset: number): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#broken) throw this.#broken;
      if (beforeOffset >= this.#nextOffset && !this.#active.isEmpty) await this.#sealForTrim();
    });
    const ends = [...this.#sealed.slice(1), this.#active].map(({ baseOffset }) => baseOffset);
    const count = this.#sealed.filter((_, i) => ends[i]! <= beforeOffset).length;
    if (count === 0) return;
    // The segment that stays keeps the end of the log, and must outlive the others.
    await this.sync();
    await this.#trimmer.removeFirst(this.#sealed, count);
  }

  async #closeThenThrow(error: unknown): Promise<never> {
    await this.close().catch(() => {});
    throw error;
  }

  /** Never rejects: each append is told for itself. */
  async #writeWaiting(): Promise<void> {
    const entries = this.#waiting;
    this.#waiting = [];
    let next = 0;
    while (next < entries.length) {
      const group = nextGroup(entries, next, this.#room);
      try {
        if (this.#broken) throw this.#broken;
        const firstOffset = await this.#writeGroup(group);
        let offset = firstOffset;
        for (const { about, resolve } of group) {
          resolve(offset);
          offset += about.records;
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      next += group.length;
    }
  }

  async #writeGroup(group: readonly Waiting[]): Promise<number> {
    const bytes = groupBytes(group);
    if (!this.#active.isEmpty && bytes > this.#room) await this.#roll();
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(bytes);
    const buffer = this.#buffer.subarray(0, bytes);
    const [firstOffset, durableOffset] = [this.#nextOffset, this.#durableOffset];
    const { segmentId, position } = this.#active;
    const place = { segmentId, position, nextOffset: firstOffset, durableOffset };
    const frames: [offset: number, position: number, timestampMs: number][] = [];
    const nextOffset = writeGroup(buffer, group, place, (...frame) => frames.push(frame));
    await this.#orFail(() => this.#writeOrCut(buffer));
    for (const frame of frames) this.#active.note(...frame);
    this.#nextOffset = nextOffset;
    if (this.#buffer.length > MAX_KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(SMALL_BUFFER_BYTES);
    return firstOffset;
  }

  get #room(): number {
    return this.#segmentBytes - this.#active.position;
  }

  async #writeOrCut(buffer: Buffer): Promise<void> {
    try {
      await this.#active.write(buffer);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      try {
        await this.#active.cut();
      } catch (cause) {
        // Whole frames may be left that were refused: only another writer can tell them from the others.
        throw broken('log_write_failed', this.#options.folder, cause);
      }
      throw error;
    }
  }

  /** Goes on in a new segment; the old one is made durable meanwhile, and before the next one is begun. */
  async #roll(): Promise<void> {
    const { storage, folder } = this.#options;
    await this.#sealedSync;
    if (this.#broken) throw this.#broken;
    const before = this.#active;
    this.#active = await this.#orFail(() => ActiveSegment.create(storage, folder, this.#nextOffset));
    this.#folderNeedsSync = true;
    this.#unsynced.push(before);
    this.#sealed.push(before.sealed);
    await before.saveIndex(this.#options);
    // A failure is kept in #broken.
    this.#sealedSync = this.sync().catch(() => {});
  }

  /** So that the last records can be removed too, an empty segment keeps their end. */
  async #sealForTrim(): Promise<void> {
    try {
      await this.#roll();
    } catch (error) {
      if ((error as MillraceError).code !== 'disk_full') throw error;
      this.#options.log?.warn({ folder: this.#options.folder, err: error }, 'the last records stay for now');
    }
  }

  async #syncNow(): Promise<void> {
    if (this.#broken) throw this.#broken;
    const nextOffset = this.#nextOffset;
    const segments = [...this.#unsynced, this.#active];
    const needsFolder = this.#folderNeedsSync;
    this.#folderNeedsSync = false;
    try {
      for (const segment of segments) await segment.sync();
      if (needsFolder) await this.#options.storage.syncFolder(this.#options.folder);
    } catch (error) {
      for (const { segmentId } of segments) giveUp(segmentId);
      this.#broken ??= broken('log_sync_failed', this.#options.folder, error);
      throw this.#broken;
    }
    this.#durableOffset = nextOffset;
    const done = this.#unsynced.filter((segment) => segments.includes(segment));
    this.#unsynced = this.#unsynced.filter((segment) => !segments.includes(segment));
    for (const segment of done) await segment.close();
  }

  /** A full disk is waited for; after anything else the writer is broken. */
  async #orFail<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (isDiskFull(error)) throw diskFull(this.#options.folder, error);
      const failure =
        error instanceof MillraceError ? error : broken('log_write_failed', this.#options.folder, error);
      this.#broken ??= failure;
      throw this.#broken;
    }
  }
}
