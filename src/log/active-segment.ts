import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Storage, StoredFile } from '../base/storage.js';
import type { Sealed } from './recover.js';
import { encodeSegmentHeader, NEW_SUFFIX, removeFile, SEGMENT_HEADER_BYTES, segmentName } from './segment.js';
import { INDEX_EVERY_BYTES, IndexBuilder, saveIndex } from './segment-index.js';
import type { LogOptions } from './types.js';

const ID_BYTES = 8;

/** The segment that is written. */
export class ActiveSegment {
  readonly baseOffset: number;
  readonly segmentId: string;
  readonly #file: StoredFile;
  readonly #index = new IndexBuilder();
  #position = SEGMENT_HEADER_BYTES;
  #needsSync = true;

  private constructor(file: StoredFile, baseOffset: number, segmentId: string) {
    this.#file = file;
    this.baseOffset = baseOffset;
    this.segmentId = segmentId;
  }

  /**
   * Replaces a segment of the same name, in one step: where a log is empty, nothing but that name says which offset comes
   * next. Leaves nothing behind when it cannot be made.
   */
  static async create(storage: Storage, folder: string, baseOffset: number): Promise<ActiveSegment> {
    const name = segmentName(baseOffset);
    const newName = `${name}${NEW_SUFFIX}`;
    await removeFile(storage, folder, newName);
    const file = await storage.open(join(folder, newName), 'write');
    try {
      const segmentId = randomBytes(ID_BYTES).toString('hex');
      await file.write(encodeSegmentHeader({ baseOffset, segmentId, createdMs: Date.now() }), 0);
      await storage.rename(join(folder, newName), join(folder, name));
      return new ActiveSegment(file, baseOffset, segmentId);
    } catch (error) {
      await file.close().catch(() => {});
      await removeFile(storage, folder, newName).catch(() => {});
      throw error;
    }
  }

  /** How many bytes of the file count. */
  get position(): number {
    return this.#position;
  }

  get isEmpty(): boolean {
    return this.#position === SEGMENT_HEADER_BYTES;
  }

  /** What is to be known of it once it is not written any more. */
  get sealed(): Sealed {
    const { baseOffset, position: bytes } = this;
    return { baseOffset, bytes, ...(this.isEmpty ? {} : { latestMs: this.#index.latestMs }) };
  }

  /** Where that is worth it. What goes wrong here is only slower to read. */
  async saveIndex({ storage, folder, log }: LogOptions): Promise<void> {
    if (this.#position <= INDEX_EVERY_BYTES) return;
    const { baseOffset } = this;
    try {
      await saveIndex(storage, folder, baseOffset, this.#index.build(this.segmentId, this.#position));
    } catch (error) {
      log?.warn({ folder, segment: baseOffset, err: error }, 'a segment stays without an index');
    }
  }

  /** Says where a frame lies that the next `write` brings. */
  note(baseOffset: number, position: number, timestampMs: number): void {
    this.#index.add(baseOffset, position, timestampMs);
  }

  /** Frames, one after the other. When it throws, none of them counts. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#needsSync = true;
    await this.#file.write(bytes, this.#position);
    this.#position += bytes.length;
  }

  /** Removes what a write that failed has left behind. */
  async cut(): Promise<void> {
    await this.#file.truncate(this.#position);
  }

  async sync(): Promise<void> {
    if (!this.#needsSync) return;
    this.#needsSync = false;
    await this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
