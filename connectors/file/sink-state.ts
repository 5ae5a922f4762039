import { type JsonValue, MillraceError } from '#component';
import type { Compressor } from './compressor.js';
import type { Compression } from './input.js';
import { MEMBER_BYTES } from './member-writer.js';

/** To what the file of a sink can be taken back. A pipe or a device can be taken back to nothing: its state is null. */
export interface FileState {
  readonly path: string;
  readonly identity: string;
  /** Of a compressed file, the length of its whole members. */
  readonly length: number;
  readonly compression: Compression;
  /** The plain text after them, as a member in base64; none where it is empty. */
  readonly tail?: string;
}

/** @throws MillraceError `checkpoint_damaged`, or `other_path` when it is that of several files */
export function readState(state: JsonValue, name: string): FileState {
  const saved = (state ?? {}) as Record<string, unknown>;
  const { path, identity, length, compression = 'none', tail } = saved;
  if (typeof saved.series === 'string') throw otherPath(name, 'several files');
  const isRight =
    typeof path === 'string' &&
    typeof identity === 'string' &&
    Number.isSafeInteger(length) &&
    (length as number) >= 0 &&
    (compression === 'none' || compression === 'gzip' || compression === 'zstd') &&
    (tail === undefined || typeof tail === 'string');
  if (!isRight) throw damaged(name);
  return {
    path,
    identity,
    length: length as number,
    compression,
    ...(tail === undefined ? {} : { tail }),
  };
}

/** @throws MillraceError `checkpoint_damaged` */
export function readTail({ tail }: FileState, compressor: Compressor, name: string): Uint8Array | undefined {
  if (tail === undefined) return undefined;
  try {
    return compressor.decompress(Buffer.from(tail, 'base64'), MEMBER_BYTES);
  } catch (error) {
    throw damaged(name, error);
  }
}

/** Files of the last checkpoint are unfinished, and cannot go on under the path that is configured now. */
export function otherPath(name: string, before: string): MillraceError {
  const message = `at the last checkpoint ${name} was ${before}, and what was written there cannot go on here; go back to that path until the run has ended, or start over with --fresh`;
  return new MillraceError('other_path', message, { blame: 'config' });
}

export function damaged(name: string, cause?: unknown): MillraceError {
  const message = `what the checkpoint holds about ${name} cannot be understood; --fresh starts over`;
  return new MillraceError('checkpoint_damaged', message, { blame: 'external', cause });
}

/**
 * Whether the file at a path is the one of a checkpoint. The numbers of devices may be others after the machine was started
 * anew; then the same inode under the same name counts, if the file is as long as it was.
 */
export function isSameFile(
  state: FileState,
  { path, identity, length }: { readonly path: string; readonly identity: string; readonly length: number },
): boolean {
  if (state.identity === identity) return true;
  return state.path === path && inodeOf(state.identity) === inodeOf(identity) && length >= state.length;
}

function inodeOf(identity: string): string {
  return identity.slice(identity.lastIndexOf(':') + 1);
}
