import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import {
  type Chunk,
  Framer,
  type FramingOptions,
  type FramingState,
  fileIdentity,
  type Outlet,
  type Partition,
  type Resume,
} from '#component';
import { FINGERPRINT_BYTES, type Fingerprint, fingerprint } from '../fingerprint.js';
import { fileError } from './errors.js';
import { type FilePosition, onlyResume, resumeAt } from './position.js';

/** How far before a file's end the beginning of its last line is looked for. */
const LOOK_BACK_BYTES = 64 * 1024;
/** A file that has more than this many batches to read lets the next file have its turn. */
const BATCHES_A_TURN = 16;

/** What a file was like when it was read to its end and closed. */
export interface Finished {
  readonly size: number;
  readonly modifiedMs: number;
}

/** A file that is read for as long as it grows. Holds no lent buffer between its turns. */
export class FollowedFile {
  readonly path: string;
  readonly identity: string;
  /** When its path was first seen to name another file or none. */
  detachedAtMs: number | undefined;
  private readonly handle: FileHandle;
  private readonly options: FramingOptions;
  private partition: Partition;
  private framer: Framer;
  private position = 0;
  /** The first bytes, so far as they were there when they were read. */
  private firstBytes: Buffer = Buffer.alloc(0);
  private fingerprint: Fingerprint = fingerprint(this.firstBytes);
  private lastReadAtMs = Date.now();
  private isAtEnd = false;
  private modifiedMs = 0;

  constructor(
    file: { readonly path: string; readonly name: string; readonly stats: Stats },
    handle: FileHandle,
    source: string,
    options: FramingOptions,
  ) {
    this.path = file.path;
    this.identity = fileIdentity(file.stats);
    this.handle = handle;
    this.options = options;
    this.partition = { source, name: file.name };
    this.framer = this.framerAt({ offset: 0 });
  }

  private framerAt(state: FramingState): Framer {
    return new Framer(this.options, this.partition, state, (framing) => this.resumeOf(framing));
  }

  private resumeOf(framing: FramingState): Resume {
    return resumeAt(this.identity, { name: this.partition.name, framing, fingerprint: this.fingerprint });
  }

  /** A chunk that says only how far the file has been read. */
  whereItIs(): Chunk {
    const { state } = this.framer;
    return onlyResume(this.partition, state.offset, this.resumeOf(state));
  }

  /** Skips what is there: goes to the beginning of the last line. The preamble is read all the same. */
  async *skipToEnd(outlet: Outlet, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    const { size } = await this.stat();
    if (this.options.preambleLines > 0) await this.readPreamble(outlet, signal);
    // Where it begins must be known after a crash too, when lines have come in the meantime.
    const hasBegun = this.options.preambleLines === 0 || this.partition.preamble !== undefined;
    if (hasBegun && !signal.aborted) {
      const position = await this.startOfLastLine(size);
      if (position >= this.framer.position) this.goTo(position);
    }
    if (signal.aborted) return;
    await this.takeFingerprint(size);
    yield this.whereItIs();
  }

  private async startOfLastLine(size: number): Promise<number> {
    const from = Math.max(0, size - LOOK_BACK_BYTES);
    const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(10);
    if (newline < 0) return from === 0 ? 0 : size;
    return from + newline + 1;
  }

  /** Goes on where the file was left, in this run or in an earlier one. */
  async goOn(saved: FilePosition): Promise<void> {
    await this.takeFingerprint(saved.fingerprint.bytes);
    this.framer = this.framerAt(saved.framing);
    this.partition = this.framer.currentPartition;
    this.position = saved.framing.offset;
  }

  private async readPreamble(outlet: Outlet, signal: AbortSignal): Promise<void> {
    for await (const chunk of this.turn(outlet, signal)) {
      outlet.giveBack(chunk.bytes.buffer);
    }
    this.partition = this.framer.currentPartition;
  }

  private goTo(position: number): void {
    this.framer = this.framerAt({ offset: position });
    this.position = position;
  }

  /** Reads what has come since the last turn. */
  async *turn(outlet: Outlet, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    const { size, mtimeMs } = await this.stat();
    if (size < this.position || (size > 0 && mtimeMs !== this.modifiedMs && !(await this.isSame()))) {
      yield* this.finish(outlet, signal);
      this.startAgain();
      yield this.whereItIs();
    }
    this.modifiedMs = mtimeMs;
    this.isAtEnd = size === this.position;
    if (this.isAtEnd) {
      const waitMs = this.framer.flushAfterMs ?? Number.POSITIVE_INFINITY;
      if (Date.now() - this.lastReadAtMs >= waitMs) yield* this.flush(outlet, signal);
      return;
    }
    this.lastReadAtMs = Date.now();
    await this.takeFingerprint(size);
    let left = BATCHES_A_TURN * outlet.batchBytes;
    const read = async (into: Uint8Array): Promise<number> => {
      const count = left > 0 ? await this.readAt(into) : 0;
      left -= count;
      return count;
    };
    yield* this.framer.chunks({ read, outlet, signal, isFinal: () => false });
  }

  /** Whether there was nothing more to read at its last turn for so long that nothing will come. */
  isOver(nowMs: number, waitMs: number): boolean {
    return (
      this.detachedAtMs !== undefined && nowMs - Math.max(this.detachedAtMs, this.lastReadAtMs) >= waitMs
    );
  }

  /** Passes on lines that nothing has come to go on with. */
  private flush(outlet: Outlet, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    return this.framer.chunks({ read: async () => 0, outlet, signal, isFinal: () => false, flush: true });
  }

  /** The last line of a file that ends here is a record, with or without its newline. */
  async *finish(outlet: Outlet, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    yield* this.framer.chunks({ read: async () => 0, outlet, signal, isFinal: () => true });
  }

  remember(): Finished {
    return { size: this.position, modifiedMs: this.modifiedMs };
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** The file was emptied or written anew in its place. */
  private startAgain(): void {
    const { source, name } = this.partition;
    this.partition = { source, name };
    this.setFirstBytes(Buffer.alloc(0));
    this.goTo(0);
  }

  private async readAt(into: Uint8Array): Promise<number> {
    try {
      const { bytesRead } = await this.handle.read(into, 0, into.length, this.position);
      this.position += bytesRead;
      return bytesRead;
    } catch (error) {
      throw fileError(error, 'read', this.partition.name);
    }
  }

  private async stat(): Promise<Stats> {
    try {
      return await this.handle.stat();
    } catch (error) {
      throw fileError(error, 'read', this.partition.name);
    }
  }

  /** The bytes that were at the beginning when they were read are still there. */
  private async isSame(): Promise<boolean> {
    const { length } = this.firstBytes;
    const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(length), 0, length, 0);
    return bytesRead === length && buffer.equals(this.firstBytes);
  }

  private async takeFingerprint(upTo: number): Promise<void> {
    const length = Math.min(FINGERPRINT_BYTES, upTo);
    if (length <= this.firstBytes.length) return;
    const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(length), 0, length, 0);
    if (bytesRead === length) this.setFirstBytes(buffer);
  }

  private setFirstBytes(bytes: Buffer): void {
    this.firstBytes = bytes;
    this.fingerprint = fingerprint(bytes);
  }
}
