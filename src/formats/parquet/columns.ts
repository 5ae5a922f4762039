import type { ArenaWriter, Batch } from '../../batch/index.js';
import type { DocumentWriter } from '../columnar/documents.js';
import { placedTexts, type Texts, withTexts } from '../columnar/texts.js';
import {
  buildDoubles,
  buildInt64s,
  columnOf,
  toBitmap,
  writeJsonText,
  writeTextValue,
} from '../columnar/values.js';
import { dictionaryOf } from './dictionary.js';
import { type Compress, dataPage, dictionaryPage, levelsOf, type Page, packedIndices } from './pages.js';
import { Encoding, type ParquetColumn } from './schema.js';

/** The pages of a column in one row group. */
export interface Chunk {
  readonly dictionary?: Page;
  readonly data: Page;
  readonly nulls: number;
  readonly least?: Uint8Array;
  readonly greatest?: Uint8Array;
}

interface Nullable {
  readonly validity: Uint8Array;
  readonly nullCount: number;
}

/** Makes the pages of a column. The writer's memory is scratch. */
export function encodeColumn(
  column: ParquetColumn,
  batch: Batch,
  writer: ArenaWriter,
  compress: Compress,
  documents: DocumentWriter | undefined,
): Chunk {
  const { rows } = batch;
  if (documents) return textChunk(writer, rows, documents.rowsOf(batch, writer), compress);
  const vector = columnOf(batch, column.name);
  switch (column.kind) {
    case 'text': {
      const placed = placedTexts(writer.arena, vector);
      if (placed) return chunkOfTexts(writer.arena.bytes, placed, compress);
      return textChunk(writer, rows, (row) => writeTextValue(writer, vector, row), compress);
    }
    case 'any':
      return textChunk(writer, rows, (row) => writeJsonText(writer, vector, row), compress);
    case 'int':
    case 'timestamp': {
      const { values, ...nulls } = buildInt64s(writer.arena, vector, column.kind);
      return numberChunk(withoutNulls(values, nulls), rows, nulls, compress);
    }
    case 'double': {
      const { values, ...nulls } = buildDoubles(writer.arena, vector, 'double');
      return numberChunk(withoutNulls(values, nulls), rows, nulls, compress);
    }
    case 'bool': {
      const { values, ...nulls } = buildDoubles(writer.arena, vector, 'bool');
      const bits = toBitmap(withoutNulls(values, nulls));
      return { data: plainPage(bits, rows, nulls, compress), nulls: nulls.nullCount };
    }
  }
}

function plainPage(
  values: Uint8Array,
  rows: number,
  { validity, nullCount }: Nullable,
  compress: Compress,
): Page {
  return dataPage(levelsOf(validity, rows, nullCount), values, rows, Encoding.PLAIN, compress);
}

function numberChunk(
  values: BigInt64Array | Float64Array,
  rows: number,
  nulls: Nullable,
  compress: Compress,
): Chunk {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const chunk = { data: plainPage(bytes, rows, nulls, compress), nulls: nulls.nullCount };
  const range = rangeOf(values);
  if (!range) return chunk;
  const at = (i: number) => bytes.slice(i * 8, i * 8 + 8);
  return { ...chunk, least: at(range.least), greatest: at(range.greatest) };
}

/** Where the least and the greatest value stand. Without values there are none, and with NaN or zeros of both signs no sure ones. */
function rangeOf(values: BigInt64Array | Float64Array): { least: number; greatest: number } | undefined {
  let least = 0;
  let greatest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) return undefined;
    if (value < values[least]!) least = i;
    if (value > values[greatest]!) greatest = i;
  }
  const isZero = (value: bigint | number | undefined) => value === 0;
  if (values.length === 0 || isZero(values[least]) || isZero(values[greatest])) return undefined;
  return { least, greatest };
}

function withoutNulls<T extends BigInt64Array | Float64Array>(
  values: T,
  { validity, nullCount }: Nullable,
): T {
  if (nullCount === 0) return values;
  let to = 0;
  for (let row = 0; row < values.length; row++) {
    if ((validity[row >> 3]! & (1 << (row & 7))) !== 0) values[to++] = values[row]!;
  }
  return values.subarray(0, to) as T;
}

function textChunk(
  writer: ArenaWriter,
  rows: number,
  write: (row: number) => boolean,
  compress: Compress,
): Chunk {
  return withTexts(writer, rows, write, (texts) => chunkOfTexts(writer.arena.bytes, texts, compress));
}

function chunkOfTexts(bytes: Uint8Array, texts: Texts, compress: Compress): Chunk {
  const rows = texts.starts.length;
  const nulls = texts.nullCount;
  const dictionary = dictionaryOf(bytes, texts);
  if (!dictionary) return { data: plainPage(plainTexts(bytes, texts), rows, texts, compress), nulls };
  const { firstRows, indices } = dictionary;
  const levels = levelsOf(texts.validity, rows, nulls);
  const packed = packedIndices(indices, indices.length, firstRows.length);
  return {
    dictionary: dictionaryPage(plainTexts(bytes, texts, firstRows), firstRows.length, compress),
    data: dataPage(levels, packed, rows, Encoding.RLE_DICTIONARY, compress),
    nulls,
  };
}

/** Each text with its length before it; all that are not null, or those of some rows. */
function plainTexts(bytes: Uint8Array, { starts, lengths, validity }: Texts, rows?: Int32Array): Uint8Array {
  const count = rows?.length ?? starts.length;
  let size = 0;
  for (let i = 0; i < count; i++) size += 4 + lengths[rows ? rows[i]! : i]!;
  const plain = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const row = rows ? rows[i]! : i;
    if ((validity[row >> 3]! & (1 << (row & 7))) === 0) continue;
    const length = lengths[row]!;
    plain[at] = length;
    plain[at + 1] = length >>> 8;
    plain[at + 2] = length >>> 16;
    plain[at + 3] = length >>> 24;
    at += 4;
    const start = starts[row]!;
    if (length > LONG_TEXT) plain.set(bytes.subarray(start, start + length), at);
    else for (let b = 0; b < length; b++) plain[at + b] = bytes[start + b]!;
    at += length;
  }
  return plain.subarray(0, at);
}

/** A copy by the engine costs about as much as a loop over so many bytes. */
const LONG_TEXT = 48;
