import type * as Arrow from 'apache-arrow';
import {
  type Arena,
  ArenaFull,
  ArenaWriter,
  type Batch,
  type Partition,
  type Records,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import { type Decoded, type Piece, type PieceDecoder, PieceRefused, type Wanted } from '../format.js';
import { JsonDecoder } from '../json/decode.js';
import { JsonEncoder } from '../json/encode.js';
import { decodeColumn } from './columns.js';
import { DOCUMENT_MARK, JSON_EXTENSION, loadArrow } from './load.js';
import { FILE_PREFIX_BYTES, isFileFooter, isFilePrefix, MessageType, messageAt } from './message.js';
import type { Window } from './numbers.js';

const NEWLINE = 10;
const ALIGNMENT = 8;
const EVERYTHING: Wanted = { names: new Set(), all: true };

type Place = Piece & { readonly offset: number };

/**
 * Reads record batches of Arrow IPC streams and files. Columns keep their types; those of JSON are looked into as JSON is, and
 * the column that our encoder makes of all other fields becomes these fields again.
 */
export class ArrowDecoder implements PieceDecoder {
  readonly #arrow = loadArrow();
  readonly #json = new JsonDecoder();
  readonly #encoder = new JsonEncoder();

  pieceAt(bytes: Uint8Array, start: number, end: number): Piece {
    const message = messageAt(bytes, start, end);
    if (!message || message.end > end)
      return { start, end, records: isFileFooter(bytes, start, end) ? 0 : 1 };
    const { type, rows } = message;
    const isUnknown =
      type !== MessageType.RECORDS && type !== MessageType.SCHEMA && type !== MessageType.NONE;
    return { start, end: message.end, records: isUnknown ? 1 : rows };
  }

  decode(
    arena: Arena,
    piece: Place,
    { from, to }: { readonly from: number; readonly to: number },
    wanted: Wanted,
    partition: Partition,
    readAtMs: number,
  ): Decoded & { readonly records: Records } {
    const rows = { from, count: to - from };
    try {
      const batch = this.#read(arena, piece, partition.preamble);
      if (batch.numRows < to) throw new RangeError(`it has only ${batch.numRows} records`);
      return this.#decode(arena, batch, rows, piece.offset, wanted, partition, readAtMs);
    } catch (error) {
      if (error instanceof ArenaFull || error instanceof PieceRefused) throw error;
      const { message } = error as Error;
      const reason = /compressed/.test(message)
        ? 'its buffers are compressed: write it without compression'
        : message;
      throw new PieceRefused(`an Arrow record batch cannot be read: ${reason}`);
    }
  }

  /** The library reads the schema again for each message, which takes as long as a few hundred rows. */
  #read(arena: Arena, { start, end }: Place, preamble: Uint8Array | undefined): Arrow.RecordBatch {
    if (!messageAt(arena.bytes, start, end))
      throw new PieceRefused('expected an Arrow message, found other bytes');
    if (!preamble) throw new PieceRefused('there is no schema before this Arrow message');
    const schema = isFilePrefix(preamble, 0) ? preamble.slice(FILE_PREFIX_BYTES) : preamble;
    // Buffers of 64 bits must lie where such numbers may.
    const at = start % ALIGNMENT === 0 ? start : arena.place(arena.bytes.subarray(start, end));
    const message = arena.bytes.subarray(at, at + end - start);
    const next = this.#arrow.RecordBatchReader.from([schema, message]).next();
    if (next.done) throw new PieceRefused('expected a batch of records, found another Arrow message');
    return next.value;
  }

  #decode(
    arena: Arena,
    batch: Arrow.RecordBatch,
    rows: Window,
    offset: number,
    wanted: Wanted,
    partition: Partition,
    readAtMs: number,
  ): Decoded & { readonly records: Records } {
    const all = new Map<string, Vector>();
    let document: Decoded['document'];
    for (const [i, field] of batch.schema.fields.entries()) {
      const vector = decodeColumn(this.#arrow, arena, field.name, batch.data.children[i]!, rows);
      const isJson = field.metadata.get(JSON_EXTENSION[0]![0]) === JSON_EXTENSION[0]![1];
      if (!isJson) {
        all.set(field.name, vector);
        continue;
      }
      const isDocument = field.metadata.get(DOCUMENT_MARK[0]) === DOCUMENT_MARK[1];
      const decoded = this.#texts(arena, vector, isDocument ? { ...wanted, all: true } : EVERYTHING);
      if (isDocument && decoded.refused.length === 0) document = decoded.document;
      else all.set(field.name, mendJson(vector, decoded));
    }
    const records = this.#records(
      arena,
      { rows: rows.count, columns: all, document, partition, readAtMs },
      offset,
      rows,
    );
    const isWanted = (name: string) => wanted.all || wanted.names.has(name);
    const columns = new Map([...all].filter(([name]) => isWanted(name)));
    if (document && !wanted.all)
      for (const [name, vector] of document.members) if (!columns.has(name)) columns.set(name, vector);
    return { columns, document: wanted.all ? document : undefined, refused: [], records };
  }

  /** Decodes the JSON texts of a column, which need to lie one after another for that. */
  #texts(arena: Arena, vector: Vector, wanted: Wanted): Decoded {
    const { length: count } = vector;
    const records: Records = {
      count,
      starts: arena.int32(count),
      lengths: arena.int32(count),
      // None is the first of its partition, which may begin with a byte order mark.
      offsets: arena.float64(count).fill(1),
    };
    const writer = new ArenaWriter(arena);
    writer.begin();
    for (let row = 0; row < count; row++) {
      records.starts[row] = writer.at;
      if ((vector.uniform ?? vector.tags[row]) === Tag.TEXT)
        writer.copy(textAddress(vector.views!, row), textLength(vector.views!, row));
      else writer.text('null');
      records.lengths[row] = writer.at - records.starts[row]!;
      writer.byte(NEWLINE);
    }
    writer.end();
    return this.#json.decode(arena, records, wanted);
  }

  /** Each record as a line of JSON; its position is that of its message, and its number there. */
  #records(
    arena: Arena,
    fields: Pick<Batch, 'rows' | 'columns' | 'document' | 'partition' | 'readAtMs'>,
    offset: number,
    { from, count }: Window,
  ): Records {
    const none = { count, starts: arena.int32(0), lengths: arena.int32(0), offsets: arena.float64(0) };
    const writer = new ArenaWriter(arena);
    writer.begin();
    this.#encoder.encode({ ...fields, origin: none, untouched: undefined }, writer);
    const { start, end } = writer.end();
    const starts = arena.int32(count);
    const lengths = arena.int32(count);
    const offsets = arena.float64(count);
    arena.kernels.frameLines(start, end, starts.byteOffset, lengths.byteOffset, offsets.byteOffset, 0, count);
    for (let row = 0; row < count; row++) offsets[row] = offset + from + row;
    return { count, starts, lengths, offsets };
  }
}

/** The texts of a column as JSON; those that are none stay texts. */
function mendJson(vector: Vector, { document, refused }: Decoded): Vector {
  if (!document) return vector;
  const { length, tags, uniform } = vector;
  const { views } = document.vector;
  for (let row = 0; row < length; row++) if ((uniform ?? tags[row]) === Tag.TEXT) tags[row] = Tag.JSON;
  if (refused.length === 0) return { ...vector, uniform: uniform === Tag.TEXT ? Tag.JSON : uniform, views };
  for (const { row } of refused) {
    tags[row] = Tag.TEXT;
    views!.set(vector.views!.subarray(row * 4, row * 4 + 4), row * 4);
  }
  return { ...vector, uniform: undefined, views };
}
