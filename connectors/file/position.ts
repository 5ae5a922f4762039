import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { FramingState, JsonValue } from '#component';

/** So many bytes at the beginning of a file tell it from another that has come to have its inode. */
const FINGERPRINT_BYTES = 1024;

/** How far a file has been read. Plain JSON data, for checkpoints. */
export interface FilePosition {
  /** For people who look into a checkpoint. */
  readonly name: string;
  readonly framing: FramingState;
  readonly fingerprint: Fingerprint;
  /** Of a compressed file that was read to its end: what it was like then. */
  readonly done?: { readonly size: number; readonly modifiedMs: number };
}

export interface Fingerprint {
  readonly bytes: number;
  readonly sha256: string;
}

/** The fingerprint of the file's first bytes, or of fewer where it is shorter. */
export async function fingerprintOf(handle: FileHandle, bytes = FINGERPRINT_BYTES): Promise<Fingerprint> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
  return { bytes: bytesRead, sha256: hashOf(buffer.subarray(0, bytesRead)) };
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** The position, if this still is the file of which it tells, and has not become shorter. */
export async function stillValid(
  saved: JsonValue | undefined,
  handle: FileHandle,
  isCompressed: boolean,
): Promise<FilePosition | undefined> {
  if (saved === undefined) return undefined;
  const position = saved as unknown as FilePosition;
  const { size } = await handle.stat();
  if (!isCompressed && size < position.framing.offset) return undefined;
  const now = await fingerprintOf(handle, position.fingerprint.bytes);
  return now.sha256 === position.fingerprint.sha256 ? position : undefined;
}

/** As data for a checkpoint. */
export function asJson(position: FilePosition): JsonValue {
  return position as unknown as JsonValue;
}
