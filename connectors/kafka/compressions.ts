import * as zlib from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import { MillraceError } from '#component';

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
/** By its name; the number in a batch's attributes is its place in the list. */
export type Compression = (typeof COMPRESSIONS)[number];

/** More than that comes out of no batch that a broker would take with its usual limits. */
const MOST_UNPACKED_BYTES = 256 * 2 ** 20;
/** Java's snappy streams begin with this; behind it come a version and blocks, each with its length before it. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

export function unpack(number: number, packed: Buffer): Buffer {
  const compression = COMPRESSIONS[number];
  switch (compression) {
    case 'none':
      return packed;
    case 'gzip':
      return zlib.gunzipSync(packed, { maxOutputLength: MOST_UNPACKED_BYTES });
    case 'snappy':
      return packed.subarray(0, XERIAL.length).equals(XERIAL)
        ? unpackXerial(packed)
        : compressionsAlgorithms.snappy.decompressSync(packed);
    case 'lz4':
      return compressionsAlgorithms.lz4.decompressSync(packed);
    case 'zstd':
      return needZstd().decompressSync(packed);
    default:
      throw new Error(`no compression has the number ${number}`);
  }
}

export function pack(compression: Compression, bytes: Buffer): Buffer {
  if (compression === 'none') return bytes;
  if (compression === 'gzip') return zlib.gzipSync(bytes, { level: 1 });
  if (compression === 'zstd') return needZstd().compressSync(bytes);
  return compressionsAlgorithms[compression].compressSync(bytes);
}

/** Node has zstd from 22.15 on. */
const hasZstd = 'zstdCompressSync' in zlib;

function needZstd(): typeof compressionsAlgorithms.zstd {
  if (hasZstd) return compressionsAlgorithms.zstd;
  const message =
    'records are compressed with zstd, which this version of Node cannot read: use Node 22.15 or newer, or let producers use another compression';
  throw new MillraceError('unsupported_compression', message, { blame: 'config' });
}

function unpackXerial(packed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= packed.length; ) {
    const length = packed.readInt32BE(at);
    parts.push(compressionsAlgorithms.snappy.decompressSync(packed.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(parts);
}
