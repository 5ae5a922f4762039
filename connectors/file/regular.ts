import type { FileHandle } from 'node:fs/promises';
import { type Chunk, Framer, type FramingState, type Outlet, type Positions } from '#component';
import type { FoundFile } from './find.js';
import { identityOf } from './identity.js';
import { type ByteInput, type Compression, openInput } from './input.js';
import type { FileSourceOptions } from './open.js';
import { asJson, type FilePosition, fingerprintOf, stillValid } from './position.js';

/** What reading needs of the run. */
export interface Reading {
  readonly outlet: Outlet;
  readonly signal: AbortSignal;
  readonly from: Positions;
}

export interface OpenedFile {
  readonly file: FoundFile;
  readonly handle: FileHandle;
  readonly compression: Compression;
}

/** Reads a regular file to its end, from where an earlier run left it. */
export async function* readRegular(
  { file, handle, compression }: OpenedFile,
  options: FileSourceOptions,
  reading: Reading,
  begin: (input: ByteInput) => void = () => {},
): AsyncGenerator<Chunk> {
  const { name, stats } = file;
  const key = identityOf(stats);
  const isCompressed = compression !== 'none';
  const saved = await stillValid(reading.from.get(key), handle, isCompressed);
  if (saved?.done?.size === stats.size && saved.done.modifiedMs === stats.mtimeMs) return;
  const fingerprint = await fingerprintOf(handle);
  const resumeOf = (framing: FramingState, done?: FilePosition['done']) => ({
    key,
    position: asJson({ name, framing, fingerprint, ...(done && { done }) }),
  });
  const start = saved?.framing ?? { offset: 0 };
  const input = openInput(handle, compression, name, start.offset);
  begin(input);
  const partition = { source: options.context.stage, name };
  const framer = new Framer(options.framing, partition, start, (framing) => resumeOf(framing));
  yield* framedBytes(framer, input, reading);
  if (!isCompressed || reading.signal.aborted) return;
  // So that nothing has to be decompressed to find out that there is nothing more.
  const done = { size: stats.size, modifiedMs: stats.mtimeMs };
  const resume = resumeOf(framer.state, done);
  yield { partition, bytes: new Uint8Array(0), offset: framer.position, readAtMs: Date.now(), resume };
}

export function framedBytes(framer: Framer, input: ByteInput, reading: Reading): AsyncGenerator<Chunk> {
  const { outlet, signal } = reading;
  return framer.chunks({ read: (into) => input.read(into), outlet, signal, isFinal: () => !signal.aborted });
}
