import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { MillraceError } from '#component';
import type { Compression } from './input.js';

/** What makes a compressed file of pieces that were compressed each on its own (gzip's members, zstd's frames). */
export interface Compressor {
  /** Works on the threads of libuv; the same bytes always give the same. */
  compress(bytes: Uint8Array): Promise<Uint8Array>;
  /** @throws what zlib throws when it is damaged or gives more than `maxBytes` */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

interface Zstd {
  readonly zstdCompress?: (
    bytes: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
    done: (error: Error | null, compressed: Uint8Array) => void,
  ) => void;
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
}

/** `ZSTD_c_checksumFlag` of zstd.h: frames without a checksum would hide damage, which gzip's members never do. */
const ZSTD_CHECKSUM_FLAG = 201;

/** Each buffer that is full costs a way to another thread and back. */
const CHUNK_BYTES = 128 * 1024;

const gzip = promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.gzip);

/** zlib leaves the time in the header at 0 and the name out. */
const GZIP: Compressor = {
  compress: (bytes) => gzip(bytes, { chunkSize: CHUNK_BYTES }),
  decompress: (bytes, maxBytes) => zlib.gunzipSync(bytes, { maxOutputLength: maxBytes }),
};

/** @throws MillraceError `unsupported_compression` where this Node cannot */
export function createCompressor(compression: Compression, name: string): Compressor | undefined {
  if (compression === 'none') return undefined;
  if (compression === 'gzip') return GZIP;
  const { zstdCompress, zstdDecompressSync } = zlib as Zstd;
  if (zstdCompress && zstdDecompressSync) {
    const compress = promisify(zstdCompress);
    return {
      compress: (bytes) => compress(bytes, { params: { [ZSTD_CHECKSUM_FLAG]: 1 } }),
      decompress: (bytes, maxBytes) => zstdDecompressSync(bytes, { maxOutputLength: maxBytes }),
    };
  }
  const message = `cannot compress ${name}: Node ${process.versions.node} cannot write zstd; use Node 22.15 or newer, or \`compression: gzip\``;
  throw new MillraceError('unsupported_compression', message, { blame: 'config' });
}
