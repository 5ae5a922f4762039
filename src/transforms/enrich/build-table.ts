import { setImmediate as turn } from 'node:timers/promises';
import { murmur3 } from '../../base/hash.js';
import {
  Arena,
  ArenaWriter,
  type Batch,
  fieldOf,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import { MillraceError, recordEndsOf } from '../../component/index.js';
import { type FormatConfig, type Framing, formatNamed, frame, writePlain } from '../../formats/index.js';
import { CELL_WORDS, ROW_WORDS, type SharedTable, SLOT_WORDS, TableParts } from './table.js';

/** So many rows are decoded at a time; between two turns other work of the process goes on. */
const ROWS_PER_TURN = 8192;
/** Working memory beside the table's text. Virtual: only what is touched counts. */
const WORKING_BYTES = 64 * 1024 * 1024;
const INLINE_BYTES = 12;
const NEWLINE = 10;

export interface TableOptions {
  /** What a person calls it: its path. */
  readonly name: string;
  readonly format: FormatConfig;
  readonly key: string;
  readonly fields: readonly string[];
}

/**
 * Makes a table of a file's content: of rows with the same key the last one counts, and rows without a key are left out. Throws
 * MillraceError where the content is not what the options say.
 */
export async function buildTable(content: Uint8Array, options: TableOptions): Promise<SharedTable> {
  const arena = new Arena(content.length + WORKING_BYTES);
  const decoding = formatNamed(options.format.type)!.decoder!;
  const framing = decoding.framing(options.format);
  const decoder = decoding.create(options.format);
  const header = headerAt(content, framing, decoding.preambleLines?.(options.format) ?? 0);
  const body = header.end;
  const partition = {
    source: options.name,
    name: options.name,
    ...(body > 0 && { preamble: withoutNewline(content.slice(header.start, body)) }),
  };
  const wanted = { names: new Set([options.key, ...options.fields]), all: false };
  const start = arena.place(content.subarray(body));
  const end = start + content.length - body;
  arena.bytes[end] = 0;
  const top = arena.top;
  const builder = new TableBuilder(options);
  for (let at = start; at < end; ) {
    arena.reset(top);
    const { records, next } = frame(arena, framing, at, end, ROWS_PER_TURN, -start);
    const { columns, document, refused } = decoder.decode(arena, records, wanted, partition, 0);
    const [first] = refused;
    if (first) throw wrong(options, `row ${builder.read + first.row + 1} cannot be read: ${first.message}`);
    const batch = {
      rows: records.count,
      columns,
      document,
      origin: records,
      untouched: undefined,
      partition,
      readAtMs: 0,
    };
    builder.add(arena, batch);
    at = next;
    await turn();
  }
  return builder.finish();
}

/** Where the header line lies, without the comments before it; nowhere when there are no `lines` of it. */
function headerAt(content: Uint8Array, framing: Framing, lines: number): { start: number; end: number } {
  const ends = recordEndsOf(framing);
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  const next = (at: number): number => {
    const end = ends.first(bytes, at);
    return end < 0 ? bytes.length : end;
  };
  let start = 0;
  if (lines === 0) return { start, end: start };
  while (ends.isComment?.(bytes, start)) start = next(start);
  return { start, end: next(start) };
}

function withoutNewline(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}

function wrong({ name }: TableOptions, message: string): MillraceError {
  return new MillraceError('table_wrong', `the table ${name}: ${message}`, { blame: 'data' });
}

interface Column {
  readonly cells: Int32Array;
  /** The same memory. */
  readonly numbers: Float64Array;
  readonly tags: Uint8Array;
}

/** Collects rows; arrays grow by doubling. */
class TableBuilder {
  /** How many rows were read, with those that are left out. */
  read = 0;
  readonly #options: TableOptions;
  #rows = 0;
  #ends = new Int32Array(1024 * ROW_WORDS);
  #hashes = new Int32Array(1024);
  #texts = new Uint8Array(64 * 1024);
  #textBytes = 0;
  readonly #columns: Column[];

  constructor(options: TableOptions) {
    this.#options = options;
    this.#columns = options.fields.map(() => newColumn(1024));
  }

  add(arena: Arena, batch: Batch): void {
    const { key, fields } = this.#options;
    const column = (name: string): Vector => {
      const vector = fieldOf(batch, name);
      if (!vector) throw wrong(this.#options, `it has no column "${name}"`);
      return vector;
    };
    const keys = column(key);
    const vectors = fields.map(column);
    const writer = new ArenaWriter(arena);
    for (let row = 0; row < batch.rows; row++) {
      writer.begin();
      writePlain(writer, keys, row);
      if (writer.length > 0) this.#row(arena, writer.at - writer.length, writer.length, vectors, row);
    }
    this.read += batch.rows;
  }

  #row(arena: Arena, key: number, keyLength: number, vectors: readonly Vector[], row: number): void {
    this.#makeRoom();
    const at = this.#rows * ROW_WORDS;
    this.#hashes[this.#rows] = murmur3(arena.bytes, key, key + keyLength, 0);
    this.#ends[at] = this.#textBytes;
    this.#text(arena, key, keyLength);
    this.#ends[at + 1] = this.#textBytes;
    for (const [i, vector] of vectors.entries()) this.#cell(arena, this.#columns[i]!, vector, row);
    this.#ends[at + 2] = this.#textBytes;
    this.#rows++;
  }

  #cell(arena: Arena, { cells, numbers, tags }: Column, vector: Vector, row: number): void {
    const tag = vector.uniform ?? (vector.tags[row] as Tag);
    tags[this.#rows] = tag;
    const at = this.#rows * CELL_WORDS;
    if (tag !== Tag.TEXT && tag !== Tag.JSON && tag !== Tag.BIGINT) {
      numbers[this.#rows * 2 + 1] = vector.numbers?.[row] ?? 0;
      return;
    }
    const length = textLength(vector.views!, row);
    for (let word = 0; word < CELL_WORDS; word++) cells[at + word] = vector.views![row * 4 + word]!;
    if (length <= INLINE_BYTES) return;
    cells[at + 3] = this.#textBytes;
    this.#text(arena, textAddress(vector.views!, row), length);
  }

  #text(arena: Arena, address: number, length: number): void {
    if (this.#textBytes + length > this.#texts.length) {
      const grown = new Uint8Array((this.#textBytes + length) * 2);
      grown.set(this.#texts);
      this.#texts = grown;
    }
    this.#texts.set(arena.bytes.subarray(address, address + length), this.#textBytes);
    this.#textBytes += length;
  }

  #makeRoom(): void {
    const room = this.#hashes.length;
    if (this.#rows < room) return;
    this.#hashes = grown(this.#hashes);
    this.#ends = grown(this.#ends);
    for (const [i, old] of this.#columns.entries()) {
      const column = newColumn(room * 2);
      column.cells.set(old.cells);
      column.tags.set(old.tags);
      this.#columns[i] = column;
    }
  }

  finish(): SharedTable {
    const rows = this.#rows;
    const slots = 2 ** Math.ceil(Math.log2(Math.max(8, rows * 2)));
    const columns = this.#columns.length;
    const buffer = new SharedArrayBuffer(TableParts.byteLength(slots, rows, columns, this.#textBytes));
    const parts = new TableParts(buffer, slots, rows, columns);
    parts.rows.set(this.#ends.subarray(0, rows * ROW_WORDS));
    parts.texts.set(this.#texts.subarray(0, this.#textBytes));
    for (const [i, { cells, tags }] of this.#columns.entries()) {
      parts.cells.set(cells.subarray(0, rows * CELL_WORDS), i * rows * CELL_WORDS);
      parts.tags.set(tags.subarray(0, rows), i * rows);
    }
    for (let row = 0; row < rows; row++) this.#insert(parts, slots, row);
    const uniform = this.#columns.map(({ tags }) => {
      const agree = rows > 0 && tags.subarray(0, rows).every((tag) => tag === tags[0]);
      return agree ? (tags[0] as Tag) : undefined;
    });
    return { buffer, rows, slots, uniform };
  }

  #insert({ slots: table, rows, texts }: TableParts, slots: number, row: number): void {
    const hash = this.#hashes[row]!;
    const start = rows[row * ROW_WORDS]!;
    const end = rows[row * ROW_WORDS + 1]!;
    for (let slot = hash & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const other = table[slot * SLOT_WORDS + 1]! - 1;
      if (other >= 0) {
        const otherStart = rows[other * ROW_WORDS]!;
        const isSame =
          table[slot * SLOT_WORDS] === hash &&
          rows[other * ROW_WORDS + 1]! - otherStart === end - start &&
          Buffer.compare(texts.subarray(start, end), texts.subarray(otherStart, otherStart + end - start)) ===
            0;
        if (!isSame) continue;
      }
      table[slot * SLOT_WORDS] = hash;
      table[slot * SLOT_WORDS + 1] = row + 1;
      return;
    }
  }
}

function newColumn(rows: number): Column {
  const cells = new Int32Array(rows * CELL_WORDS);
  return { cells, numbers: new Float64Array(cells.buffer), tags: new Uint8Array(rows) };
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
