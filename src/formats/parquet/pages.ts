import { Encoding } from './schema.js';
import { encodeThrift, type ThriftStruct } from './thrift.js';

/** Parquet's numbers. */
const PageType = { DATA: 0, DICTIONARY: 2 } as const;
/** A varint of 32 bits takes no more, a width one. */
const MOST_HEADER_BYTES = 6;

/** One page with its header. */
export interface Page {
  readonly header: Uint8Array;
  /** Compressed. */
  readonly body: Uint8Array;
  /** Of header and body before compression. */
  readonly plainBytes: number;
}

export type Compress = (bytes: Uint8Array) => Uint8Array;

/** A data page (of version 1) of a column in which each value may be null. */
export function dataPage(
  levels: Uint8Array,
  values: Uint8Array,
  rows: number,
  encoding: number,
  compress: Compress,
): Page {
  const plain = new Uint8Array(levels.length + values.length);
  plain.set(levels);
  plain.set(values, levels.length);
  return page(PageType.DATA, plain, compress, {
    5: {
      struct: {
        1: { i32: rows },
        2: { i32: encoding },
        3: { i32: Encoding.RLE },
        4: { i32: Encoding.RLE },
      },
    },
  });
}

export function dictionaryPage(values: Uint8Array, count: number, compress: Compress): Page {
  return page(PageType.DICTIONARY, values, compress, {
    7: { struct: { 1: { i32: count }, 2: { i32: Encoding.PLAIN } } },
  });
}

function page(type: number, plain: Uint8Array, compress: Compress, rest: ThriftStruct): Page {
  const body = compress(plain);
  const header = encodeThrift({
    1: { i32: type },
    2: { i32: plain.length },
    3: { i32: body.length },
    ...rest,
  });
  return { header, body, plainBytes: header.length + plain.length };
}

/** The definition levels of a page: 1 for each value, 0 for each null. */
export function levelsOf(validity: Uint8Array, rows: number, nullCount: number): Uint8Array {
  const runs = nullCount === 0 ? repeated(1, rows) : packedBits(validity, rows);
  const levels = new Uint8Array(4 + runs.length);
  new DataView(levels.buffer).setUint32(0, runs.length, true);
  levels.set(runs, 4);
  return levels;
}

/** A run of the same bit (Parquet's hybrid of run lengths and packed bits). */
function repeated(bit: number, count: number): Uint8Array {
  const run = new Uint8Array(MOST_HEADER_BYTES);
  const at = writeVarint(run, 0, count * 2);
  run[at] = bit;
  return run.subarray(0, at + 1);
}

/** A run of bits that lie as they are: eight to a byte, the first in the lowest. */
function packedBits(bits: Uint8Array, count: number): Uint8Array {
  const bytes = (count + 7) >> 3;
  const run = new Uint8Array(MOST_HEADER_BYTES + bytes);
  const at = writeVarint(run, 0, bytes * 2 + 1);
  run.set(bits.subarray(0, bytes), at);
  return run.subarray(0, at + bytes);
}

/** The indices of a dictionary's values, `count` of them below 2^16: their width in bits, then one run of packed bits. */
export function packedIndices(indices: Uint16Array, count: number, dictionarySize: number): Uint8Array {
  const width = Math.max(1, 32 - Math.clz32(dictionarySize - 1));
  const groups = (count + 7) >> 3;
  const run = new Uint8Array(MOST_HEADER_BYTES + groups * width);
  run[0] = width;
  const start = writeVarint(run, 1, groups * 2 + 1);
  let at = start;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < count; i++) {
    held |= indices[i]! << bits;
    bits += width;
    for (; bits >= 8; bits -= 8, held >>>= 8) run[at++] = held;
  }
  if (bits > 0) run[at] = held;
  return run.subarray(0, start + groups * width);
}

function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 128) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at] = rest;
  return at + 1;
}
