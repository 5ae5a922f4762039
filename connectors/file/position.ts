import type { FileHandle } from 'node:fs/promises';
import type { Chunk, FramingState, JsonValue, Partition, Resume } from '#component';
import { type Fingerprint, fingerprintOf, isEqual } from '../fingerprint.js';

/** How far a file has been read. Plain JSON data, for checkpoints. */
export interface FilePosition {
  /** As the file was called then. */
  readonly name: string;
  /**
   * A last line without a newline that was passed on as a record lies before its offset. When the file grows after
   * all, what follows belongs to the next record, for the one before cannot be taken back: no byte is lost or read twice.
   */
  readonly framing: FramingState;
  readonly fingerprint: Fingerprint;
  /** Offsets are those of the decompressed bytes. */
  readonly isCompressed?: true;
  /** Of a compressed file that was read to its end: what it was like then. */
  readonly done?: { readonly size: number; readonly modifiedMs: number };
}

export function fingerprintOfFile(handle: FileHandle, bytes?: number): Promise<Fingerprint> {
  return fingerprintOf(async (into) => (await handle.read(into, 0, into.length, 0)).bytesRead, bytes);
}

/** The position, if this still is the file of which it tells, and has not become shorter. */
export async function stillValid(
  saved: JsonValue | undefined,
  handle: FileHandle,
  isCompressed: boolean,
): Promise<FilePosition | undefined> {
  if (saved === undefined) return undefined;
  const position = saved as unknown as FilePosition;
  const { framing, fingerprint, done } = position;
  if ((position.isCompressed ?? false) !== isCompressed) return undefined;
  // How much of a compressed file was read before its end is not known: skipping will show whether it is all there.
  const least = isCompressed ? (done?.size ?? 0) : framing.offset;
  if ((await handle.stat()).size < least) return undefined;
  return isEqual(await fingerprintOfFile(handle, fingerprint.bytes), fingerprint) ? position : undefined;
}

export function resumeAt(key: string, position: FilePosition): Resume {
  return { key, position: position as unknown as JsonValue };
}

/** A chunk without records, which only says where to go on. */
export function onlyResume(partition: Partition, offset: number, resume: Resume): Chunk {
  return { partition, bytes: new Uint8Array(0), offset, readAtMs: Date.now(), resume };
}
