import type { Written } from '../format.js';
import { type ChunkMeta, LENGTHS_BYTES, type RowGroupMeta } from './row-group.js';
import { Encoding, type ParquetColumn, Physical, schemaElements } from './schema.js';
import { encodeThrift, type ThriftStruct, type ThriftValue } from './thrift.js';

/** A file begins and ends with it. */
export const MAGIC = new TextEncoder().encode('PAR1');
const FORMAT_VERSION = 2;

interface PlacedGroup extends RowGroupMeta {
  readonly at: number;
}

/** The footer of a file with these row groups: FileMetaData, its length, and the magic bytes. */
export async function footerOf(
  written: Written,
  columns: readonly ParquetColumn[],
  codec: number,
): Promise<Uint8Array> {
  const groups = await readGroups(written);
  const meta = encodeThrift({
    1: { i32: FORMAT_VERSION },
    2: structs(schemaElements(columns)),
    3: { i64: groups.reduce((sum, { rows }) => sum + rows, 0) },
    4: structs(groups.map((group) => rowGroup(group, columns, codec))),
    6: { binary: 'millrace' },
    // Each column is ordered as its type is: without it readers do not look at the least and the greatest values.
    7: structs(columns.map(() => ({ 1: { struct: {} } }))),
  });
  const footer = new Uint8Array(meta.length + 4 + MAGIC.length);
  footer.set(meta);
  new DataView(footer.buffer).setUint32(meta.length, meta.length, true);
  footer.set(MAGIC, meta.length + 4);
  return footer;
}

/** Reads backward, from the end of each group to that of the one before it. */
async function readGroups(written: Written): Promise<PlacedGroup[]> {
  const groups: PlacedGroup[] = [];
  for (let end = written.length; end > MAGIC.length; ) {
    const lengths = await readAt(written, end - LENGTHS_BYTES, LENGTHS_BYTES);
    const textBytes = lengths.getUint32(0, true);
    const text = await readAt(written, end - LENGTHS_BYTES - textBytes, textBytes);
    end -= lengths.getUint32(4, true);
    groups.push({ ...(JSON.parse(new TextDecoder().decode(text)) as RowGroupMeta), at: end });
  }
  return groups.reverse();
}

async function readAt(written: Written, position: number, length: number): Promise<DataView> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const count = await written.read(bytes.subarray(at), position + at);
    if (count === 0) throw new Error(`a Parquet file has no ${length} bytes at ${position}`);
    at += count;
  }
  return new DataView(bytes.buffer);
}

function rowGroup(
  { at, rows, chunks }: PlacedGroup,
  columns: readonly ParquetColumn[],
  codec: number,
): ThriftStruct {
  return {
    1: structs(chunks.map((chunk, i) => columnChunk(chunk, at, columns[i]!, codec))),
    2: { i64: chunks.reduce((sum, { plainBytes }) => sum + plainBytes, 0) },
    3: { i64: rows },
    5: { i64: at },
    6: { i64: chunks.reduce((sum, { bytes }) => sum + bytes, 0) },
  };
}

function columnChunk(chunk: ChunkMeta, at: number, column: ParquetColumn, codec: number): ThriftStruct {
  const { values, plainBytes, bytes, start, dataStart } = chunk;
  const encodings = [
    Encoding.RLE,
    Encoding.PLAIN,
    ...(dataStart === undefined ? [] : [Encoding.RLE_DICTIONARY]),
  ];
  const meta: ThriftStruct = {
    1: { i32: column.physical },
    2: { list: encodings.map((i32) => ({ i32 })), of: 'i32' },
    3: { list: [{ binary: column.name }], of: 'binary' },
    4: { i32: codec },
    5: { i64: values },
    6: { i64: plainBytes },
    7: { i64: bytes },
    9: { i64: at + (dataStart ?? start) },
    11: dataStart === undefined ? undefined : { i64: at + start },
    12: { struct: statistics(chunk, column) },
  };
  return { 2: { i64: at + start }, 3: { struct: meta } };
}

function statistics({ nulls, least, greatest }: ChunkMeta, { physical }: ParquetColumn): ThriftStruct {
  const bytesOf = (base64: string | undefined) =>
    base64 === undefined || physical === Physical.BYTE_ARRAY
      ? undefined
      : { binary: Uint8Array.from(Buffer.from(base64, 'base64')) };
  return { 3: { i64: nulls }, 5: bytesOf(greatest), 6: bytesOf(least) };
}

function structs(list: readonly ThriftStruct[]): ThriftValue {
  return { list: list.map((struct) => ({ struct })), of: 'struct' };
}
