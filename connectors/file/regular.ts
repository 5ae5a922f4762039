import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type Chunk, Framer, type FramingState, type Outlet, type Positions, type Resume } from '#component';
import { type ByteInput, type Compression, openInput } from './input.js';
import type { FileSourceOptions } from './open.js';
import { type FilePosition, fingerprintOfFile, onlyResume, resumeAt, stillValid } from './position.js';

/** What reading needs of the run. */
export interface Reading {
  readonly outlet: Outlet;
  readonly signal: AbortSignal;
  readonly from: Positions;
}

export interface OpenedFile {
  /** Of its position. */
  readonly key: string;
  readonly name: string;
  readonly handle: FileHandle;
  readonly stats: Stats;
  readonly compression: Compression;
}

/** Reads a regular file to its end, from where an earlier run left it. */
export async function* readRegular(
  opened: OpenedFile,
  options: FileSourceOptions,
  reading: Reading,
  begin: (input: Pick<ByteInput, 'consumed'>) => void = () => {},
): AsyncGenerator<Chunk> {
  const { key, name, handle, stats, compression } = opened;
  const { signal, from } = reading;
  const isCompressed = compression !== 'none';
  const saved = await stillValid(from.get(key), handle, isCompressed);
  if (saved?.done?.size === stats.size && saved.done.modifiedMs === stats.mtimeMs) {
    begin({ consumed: stats.size });
    return;
  }
  const resumeOf = await resumesOf(opened);
  const partition = { source: options.context.stage, name };
  let start: FramingState = saved?.framing ?? { offset: 0 };
  let input = openInput(handle, compression, name, true);
  begin(input);
  const isThere = await input.skip(start.offset, signal);
  if (signal.aborted) return;
  if (!isThere) {
    start = { offset: 0 };
    input = openInput(handle, compression, name, true);
    begin(input);
  }
  // The position of an earlier file must not be taken for one in this file once it has grown.
  if (from.has(key) && start.offset === 0) yield onlyResume(partition, 0, resumeOf(start));
  const framer = new Framer(options.framing, partition, start, (framing) => resumeOf(framing));
  yield* framedBytes(framer, input, reading);
  if (!isCompressed || signal.aborted) return;
  // So that nothing has to be decompressed to find out that there is nothing more.
  const done = { size: stats.size, modifiedMs: stats.mtimeMs };
  yield onlyResume(framer.currentPartition, framer.position, resumeOf(framer.state, done));
}

async function resumesOf({
  key,
  name,
  handle,
  compression,
}: OpenedFile): Promise<(framing: FramingState, done?: FilePosition['done']) => Resume> {
  const known = {
    name,
    fingerprint: await fingerprintOfFile(handle),
    ...(compression !== 'none' && { isCompressed: true as const }),
  };
  return (framing, done) => resumeAt(key, { ...known, framing, ...(done && { done }) });
}

export function framedBytes(framer: Framer, input: ByteInput, reading: Reading): AsyncGenerator<Chunk> {
  const { outlet, signal } = reading;
  return framer.chunks({ read: (into) => input.read(into), outlet, signal, isFinal: () => !signal.aborted });
}
