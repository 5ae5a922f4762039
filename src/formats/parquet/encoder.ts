import * as zlib from 'node:zlib';
import { MillraceError } from '../../base/errors.js';
import type { ArenaWriter, Batch, Shape } from '../../batch/index.js';
import { DocumentWriter } from '../columnar/documents.js';
import type { Encoder, Written } from '../format.js';
import { type Chunk, encodeColumn } from './columns.js';
import { footerOf, MAGIC } from './footer.js';
import type { Compress, Page } from './pages.js';
import { type ChunkMeta, rowGroupTrailer } from './row-group.js';
import { columnsOf, type ParquetColumn } from './schema.js';

export type Codec = 'none' | 'gzip' | 'zstd';

/** Parquet's numbers. */
const CODECS: Readonly<Record<Codec, number>> = { none: 0, gzip: 2, zstd: 6 };
/** Higher levels make pages a tenth smaller, and take three times as long. */
const GZIP_LEVEL = 1;

/**
 * Writes each batch as a row group (https://parquet.apache.org/docs/file-format/). What the footer will say about it lies
 * behind its pages, where no reader looks, so that a file can be gone on with from any batch; when it ends, the footer is
 * made of that.
 */
export class ParquetEncoder implements Encoder {
  readonly header = MAGIC;
  readonly #columns: readonly ParquetColumn[];
  readonly #documents: DocumentWriter | undefined;
  readonly #codec: Codec;
  readonly #compress: Compress;

  /** @throws MillraceError `unsupported_compression` where this Node cannot */
  constructor(shape: Shape, codec: Codec) {
    this.#columns = columnsOf(shape);
    this.#documents = shape.open ? new DocumentWriter(shape) : undefined;
    this.#codec = codec;
    this.#compress = compressorOf(codec);
  }

  readonly footerOf = (written: Written): Promise<Uint8Array> =>
    footerOf(written, this.#columns, CODECS[this.#codec]);

  encode(batch: Batch, writer: ArenaWriter): void {
    if (batch.rows === 0) return;
    const start = writer.at;
    const chunks = this.#columns.map((column, i) => {
      const documents = i === this.#columns.length - 1 ? this.#documents : undefined;
      const chunk = encodeColumn(column, batch, writer, this.#compress, documents);
      return writeChunk(chunk, batch.rows, start, writer);
    });
    writer.bytes(rowGroupTrailer({ rows: batch.rows, chunks }, writer.at - start));
  }
}

function writeChunk(chunk: Chunk, rows: number, groupStart: number, writer: ArenaWriter): ChunkMeta {
  const { dictionary, data, nulls, least, greatest } = chunk;
  const start = writer.at - groupStart;
  if (dictionary) writePage(dictionary, writer);
  const dataStart = writer.at - groupStart;
  writePage(data, writer);
  return {
    values: rows,
    plainBytes: data.plainBytes + (dictionary?.plainBytes ?? 0),
    bytes: writer.at - groupStart - start,
    start,
    ...(dictionary && { dataStart }),
    nulls,
    ...(least && greatest && { least: base64(least), greatest: base64(greatest) }),
  };
}

function writePage({ header, body }: Page, writer: ArenaWriter): void {
  writer.bytes(header);
  writer.bytes(body);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function compressorOf(codec: Codec): Compress {
  if (codec === 'none') return (bytes) => bytes;
  if (codec === 'gzip') return (bytes) => zlib.gzipSync(bytes, { level: GZIP_LEVEL });
  const { zstdCompressSync } = zlib as { zstdCompressSync?: Compress };
  if (zstdCompressSync) return (bytes) => zstdCompressSync(bytes);
  const message = `Node ${process.versions.node} cannot write zstd; use Node 22.15 or newer, or \`format: { type: parquet, codec: gzip }\``;
  throw new MillraceError('unsupported_compression', message, { blame: 'config' });
}
