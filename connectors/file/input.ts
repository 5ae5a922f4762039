import type { FileHandle } from 'node:fs/promises';
import * as zlib from 'node:zlib';
import { MillraceError, messageOf } from '#component';
import { fileError } from './errors.js';

type Decompressor = zlib.Gunzip;

export type Compression = 'none' | 'gzip' | 'zstd';

/** The bytes of a file, decompressed. */
export interface ByteInput {
  /** Reads up to `into.length` bytes; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Leaves out so many bytes before the first read; false where there are fewer, or when the signal aborts. */
  skip(bytes: number, signal: AbortSignal): Promise<boolean>;
  /** How many bytes of the file as it lies there have been read. */
  readonly consumed: number;
}

/** What the ending of a path says. */
export function compressionByName(path: string): Compression {
  if (path.endsWith('.gz')) return 'gzip';
  return path.endsWith('.zst') ? 'zstd' : 'none';
}

/** Looks at the name, then at the first bytes (RFC 1952, RFC 8878); leaves the position of `handle` where it is. */
export async function detectCompression(path: string, handle: FileHandle): Promise<Compression> {
  const named = compressionByName(path);
  if (named !== 'none') return named;
  if (!(await handle.stat()).isFile()) return 'none';
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  if (bytesRead >= 2 && buffer.readUInt16BE(0) === 0x1f8b) return 'gzip';
  return bytesRead === 4 && buffer.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none';
}

/**
 * @param hasPositions a regular file, read from its beginning; a pipe or a device is read from where it stands
 */
export function openInput(
  handle: FileHandle,
  compression: Compression,
  name: string,
  hasPositions: boolean,
): ByteInput {
  return compression === 'none'
    ? new PlainInput(handle, name, hasPositions)
    : new CompressedInput(handle, compression, name, hasPositions);
}

class PlainInput implements ByteInput {
  consumed = 0;
  private readonly handle: FileHandle;
  private readonly name: string;
  private readonly hasPositions: boolean;

  constructor(handle: FileHandle, name: string, hasPositions: boolean) {
    this.handle = handle;
    this.name = name;
    this.hasPositions = hasPositions;
  }

  async skip(bytes: number): Promise<boolean> {
    this.consumed += bytes;
    return true;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      const position = this.hasPositions ? this.consumed : null;
      const { bytesRead } = await this.handle.read(into, 0, into.length, position);
      this.consumed += bytesRead;
      return bytesRead;
    } catch (error) {
      throw fileError(error, 'read', this.name);
    }
  }
}

const COMPRESSED_BYTES = 64 * 1024;
const DECOMPRESSED_BYTES = 256 * 1024;

/**
 * Feeds the decompressor one piece at a time and takes all that comes of it before the next, so that everything
 * before the damage in a damaged file is read, and little waits in memory.
 */
class CompressedInput implements ByteInput {
  consumed = 0;
  private readonly handle: FileHandle;
  private readonly name: string;
  private readonly decompressor: Decompressor;
  private readonly compressed = Buffer.alloc(COMPRESSED_BYTES);
  private readonly ready: Buffer[] = [];
  private ended = false;
  /** The compressed data has come to its end; what follows may only be padding. */
  private isOver = false;
  private error: unknown;
  private readonly hasPositions: boolean;

  constructor(
    handle: FileHandle,
    compression: Exclude<Compression, 'none'>,
    name: string,
    hasPositions: boolean,
  ) {
    this.handle = handle;
    this.name = name;
    this.hasPositions = hasPositions;
    this.decompressor = compression === 'gzip' ? gunzip() : unzstd(name);
    this.decompressor.on('data', (bytes: Buffer) => this.ready.push(bytes));
    this.decompressor.on('error', (error) => {
      this.error = error;
    });
  }

  async skip(bytes: number, signal: AbortSignal): Promise<boolean> {
    let left = bytes;
    while (left > 0) {
      if (signal.aborted || !(await this.makeReady())) return false;
      left -= this.take(left).length;
    }
    return true;
  }

  async read(into: Uint8Array): Promise<number> {
    if (!(await this.makeReady())) return 0;
    const bytes = this.take(into.length);
    into.set(bytes);
    return bytes.length;
  }

  /** Decompresses until there are bytes; false at the end. */
  private async makeReady(): Promise<boolean> {
    while (this.ready.length === 0) {
      if (this.error !== undefined) throw this.damaged();
      if (this.ended) return false;
      await this.feed();
    }
    return true;
  }

  /** At most so many of the bytes that are ready. */
  private take(most: number): Buffer {
    const bytes = this.ready[0]!;
    if (bytes.length <= most) this.ready.shift();
    else this.ready[0] = bytes.subarray(most);
    return bytes.subarray(0, most);
  }

  private async feed(): Promise<void> {
    const { compressed } = this;
    const position = this.hasPositions ? this.consumed : null;
    const { bytesRead } = await this.handle
      .read(compressed, 0, compressed.length, position)
      .catch((error) => {
        throw fileError(error, 'read', this.name);
      });
    this.consumed += bytesRead;
    this.ended = bytesRead === 0;
    // An empty file holds no stream that could be cut off.
    if (this.consumed === 0) return;
    if (!this.isOver) await this.decompress(compressed.subarray(0, bytesRead));
    if (this.isOver && this.error === undefined) this.checkPadding(compressed.subarray(0, bytesRead));
  }

  private async decompress(bytes: Buffer): Promise<void> {
    const { decompressor } = this;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        decompressor.off('error', done).off('end', end);
        resolve();
      };
      // It also ends before the file does, at a zero after the data, and then never asks for more.
      const end = (): void => {
        this.isOver = true;
        done();
      };
      decompressor.on('error', done).on('end', end);
      if (bytes.length === 0) decompressor.end();
      else decompressor.write(bytes, done);
    });
  }

  /** Tapes and some programs fill the last block with zeros, which gzip ignores too; anything else would be lost. */
  private checkPadding(bytes: Buffer): void {
    const from = Math.max(0, this.decompressor.bytesWritten - (this.consumed - bytes.length));
    if (bytes.subarray(from).some((byte) => byte !== 0)) {
      this.error = new Error('there is something after the end of the compressed data');
    }
  }

  private damaged(): MillraceError {
    const reason = messageOf(this.error);
    const how = reason.includes('unexpected end') ? 'it is cut off' : `it is damaged (${reason})`;
    return new MillraceError(
      'bad_compression',
      `cannot decompress ${this.name}: ${how}; what came before byte ${this.consumed} was read`,
      { blame: 'data', cause: this.error },
    );
  }
}

function gunzip(): Decompressor {
  return zlib.createGunzip({ chunkSize: DECOMPRESSED_BYTES });
}

function unzstd(name: string): Decompressor {
  const { createZstdDecompress } = zlib as unknown as {
    createZstdDecompress?: (options: { chunkSize: number }) => Decompressor;
  };
  if (createZstdDecompress) return createZstdDecompress({ chunkSize: DECOMPRESSED_BYTES });
  const message = `cannot decompress ${name}: Node ${process.versions.node} cannot read zstd; use Node 22.15 or newer, or decompress the file first (zstd -d)`;
  throw new MillraceError('unsupported_compression', message, { blame: 'config' });
}
