import {
  type Arena,
  type ArenaWriter,
  type Batch,
  type Document,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import type { Encoder } from '../format.js';
import { copyRecords } from '../lines.js';
import { MAX_NUMBER_BYTES, writeDouble, writeInteger, writeTimestamp } from '../text.js';
import { NameTable } from './names.js';

const NEWLINE = 10;
const OPEN = 123;
const CLOSE = 125;
/** Scratch that the kernel copyMembers asks for: this many bytes for each byte of a document, and some. */
const INDEX_SHARE = 5;
const INDEX_BASE = 1024;

const utf8 = new TextEncoder();
const NULL = utf8.encode('null');
const TRUE = utf8.encode('true');
const FALSE = utf8.encode('false');

/**
 * Writes each row as one JSON object on a line: what is left of its document, in the document's own bytes, then its
 * columns. Absent fields are left out; NaN, infinities and values that could not be computed become null.
 */
export class JsonEncoder implements Encoder {
  /** `,"name":` by name. */
  readonly #keys = new Map<string, Uint8Array>();
  #columns: Column[] = [];

  encode(batch: Batch, writer: ArenaWriter): void {
    if (batch.untouched === 'json') {
      copyRecords(batch, writer);
      return;
    }
    this.#columns = this.#placeColumns(batch, writer);
    const members =
      batch.document && new MemberWriter(batch.document, batch.rows, this.#columns.length === 0, writer);
    if (members) this.#writeDocuments(batch.rows, members, writer);
    else this.#writeColumns(batch.rows, writer);
    this.#columns = [];
  }

  #placeColumns(batch: Batch, writer: ArenaWriter): Column[] {
    const columns: Column[] = [];
    for (const [name, vector] of batch.columns) {
      if (vector.uniform === Tag.ABSENT) continue;
      let key = this.#keys.get(name);
      if (!key) {
        key = utf8.encode(`,${JSON.stringify(name)}:`);
        this.#keys.set(name, key);
      }
      const address = writer.borrow(key.length);
      writer.arena.bytes.set(key, address);
      columns.push({ key: address, keyLength: key.length, vector });
    }
    return columns;
  }

  /** The kernel writes what it can; a row with a fraction or a far year is written here, and then the kernel goes on. */
  #writeColumns(rows: number, writer: ArenaWriter): void {
    const columns = this.#columns;
    const { words, kernels } = writer.arena;
    const table = writer.borrow((columns.length + 1) * COLUMN_WORDS * 4);
    for (const [i, column] of columns.entries()) describe(column, words, table / 4 + i * COLUMN_WORDS);
    const state = table + columns.length * COLUMN_WORDS * 4;
    for (let row = 0; row < rows; row++) {
      const at = writer.at;
      row = kernels.writeJsonRows(table, columns.length, row, rows, at, writer.limit, state);
      writer.advance(words[state / 4]!);
      if (row === rows) return;
      writer.byte(OPEN);
      this.#writeRow(row, false, writer);
    }
  }

  #writeDocuments(rows: number, members: MemberWriter, writer: ArenaWriter): void {
    for (let row = 0; row < rows; row++) {
      if (!members.copyWhole(row)) this.#writeRow(row, members.write(row), writer);
    }
  }

  /** The row's columns and what closes the row. `follows`: a member was written before. */
  #writeRow(row: number, follows: boolean, writer: ArenaWriter): void {
    const columns = this.#columns;
    let skip = follows ? 0 : 1;
    for (let i = 0; i < columns.length; i++) {
      const { key, keyLength, vector } = columns[i]!;
      const tag = vector.uniform ?? vector.tags[row]!;
      if (tag === Tag.ABSENT) continue;
      writeMember(writer, key + skip, keyLength - skip, vector, row, tag);
      skip = 0;
    }
    const { bytes } = writer.arena;
    const at = writer.reserve(2);
    bytes[at] = CLOSE;
    bytes[at + 1] = NEWLINE;
    writer.advance(at + 2);
  }
}

interface Column {
  /** Where `,"name":` lies. */
  readonly key: number;
  readonly keyLength: number;
  readonly vector: Vector;
}

/** How the kernel writeJsonRows wants a column described. */
const COLUMN_WORDS = 6;
const MIXED = 255;

function describe({ key, keyLength, vector }: Column, words: Int32Array, at: number): void {
  words[at] = key;
  words[at + 1] = keyLength;
  words[at + 2] = vector.tags.byteOffset;
  words[at + 3] = vector.uniform ?? MIXED;
  words[at + 4] = vector.numbers?.byteOffset ?? 0;
  words[at + 5] = vector.views?.byteOffset ?? 0;
}

function writeMember(
  writer: ArenaWriter,
  key: number,
  keyLength: number,
  vector: Vector,
  row: number,
  tag: number,
): void {
  const { kernels, bytes } = writer.arena;
  if (tag === Tag.TEXT) {
    const length = textLength(vector.views!, row);
    const at = writer.reserve(keyLength + length * 6 + 2);
    writer.advance(kernels.writeTextMember(at, key, keyLength, textAddress(vector.views!, row), length));
    return;
  }
  if (tag === Tag.JSON || tag === Tag.BIGINT) {
    const length = textLength(vector.views!, row);
    const at = kernels.copyBytes(writer.reserve(keyLength + length), key, keyLength);
    writer.advance(kernels.copyBytes(at, textAddress(vector.views!, row), length));
    return;
  }
  const at = kernels.copyBytes(writer.reserve(keyLength + MAX_NUMBER_BYTES), key, keyLength);
  writer.advance(writeNumber(bytes, at, tag, vector.numbers, row));
}

function writeNumber(
  bytes: Uint8Array,
  at: number,
  tag: number,
  numbers: Float64Array | undefined,
  row: number,
): number {
  switch (tag) {
    case Tag.INT:
      return writeInteger(bytes, at, numbers![row]!);
    case Tag.DOUBLE:
      return Number.isFinite(numbers![row]!)
        ? writeDouble(bytes, at, numbers![row]!)
        : writeWord(bytes, at, NULL);
    case Tag.TIMESTAMP:
      bytes[at] = 34;
      at = writeTimestamp(bytes, at + 1, numbers![row]!);
      bytes[at] = 34;
      return at + 1;
    case Tag.BOOL:
      return writeWord(bytes, at, numbers![row] === 0 ? FALSE : TRUE);
    default:
      return writeWord(bytes, at, NULL);
  }
}

function writeWord(bytes: Uint8Array, at: number, word: Uint8Array): number {
  for (let i = 0; i < word.length; i++) bytes[at + i] = word[i]!;
  return at + word.length;
}

/** Writes the beginnings of rows that have a document. */
export class MemberWriter {
  readonly #writer: ArenaWriter;
  readonly #arena: Arena;
  readonly #vector: Vector;
  readonly #messageHidden: boolean;
  readonly #messageKey: Uint8Array = utf8.encode('"message":');
  readonly #alone: boolean;
  /** Address of the table of hidden names, 0 when there are none. */
  #names = 0;
  #index = 0;

  /** @param alone whether the rows have no columns */
  constructor(document: Document, rows: number, alone: boolean, writer: ArenaWriter) {
    this.#writer = writer;
    this.#arena = writer.arena;
    this.#vector = document.vector;
    this.#alone = alone;
    this.#messageHidden = document.hidden.has('message');
    if (document.hidden.size === 0) return;
    const table = new NameTable(document.hidden);
    this.#names = writer.borrow(table.size);
    table.place(this.#arena, this.#names);
    let longest = 0;
    for (let row = 0; row < rows; row++) {
      if (this.#isPresent(row)) longest = Math.max(longest, textLength(this.#vector.views!, row));
    }
    this.#index = writer.borrow(longest * INDEX_SHARE + INDEX_BASE);
  }

  #isPresent(row: number): boolean {
    return (this.#vector.uniform ?? this.#vector.tags[row]) !== Tag.ABSENT;
  }

  /** Copies the row's document with its newline when that is all of the row; otherwise writes nothing and returns false. */
  copyWhole(row: number): boolean {
    if (!this.#alone || this.#names !== 0 || !this.#isPresent(row)) return false;
    const views = this.#vector.views!;
    const start = textAddress(views, row);
    if (this.#arena.bytes[start] !== OPEN) return false;
    const length = textLength(views, row);
    const at = this.#arena.kernels.copyBytes(this.#writer.reserve(length + 1), start, length);
    this.#arena.bytes[at] = NEWLINE;
    this.#writer.advance(at + 1);
    return true;
  }

  /** Opens the row's object and writes the members that are left. Returns whether there is any. */
  write(row: number): boolean {
    const writer = this.#writer;
    const { bytes, kernels } = this.#arena;
    if (!this.#isPresent(row)) {
      writer.byte(OPEN);
      return false;
    }
    const views = this.#vector.views!;
    const start = textAddress(views, row);
    const length = textLength(views, row);
    const at = writer.reserve(length + 16);
    bytes[at] = OPEN;
    if (bytes[start] !== OPEN) return this.#writeMessage(at + 1, start, length);
    if (this.#names !== 0) {
      const end = kernels.copyMembers(at + 1, start, length, this.#names, this.#index);
      writer.advance(end);
      return end > at + 1;
    }
    let end = start + length - 1;
    while (bytes[end - 1]! <= 32) end--;
    writer.advance(kernels.copyBytes(at, start, end - start));
    return end > start + 1;
  }

  #writeMessage(at: number, start: number, length: number): boolean {
    if (!this.#messageHidden) {
      at = writeWord(this.#arena.bytes, at, this.#messageKey);
      at = this.#arena.kernels.copyBytes(at, start, length);
    }
    this.#writer.advance(at);
    return !this.#messageHidden;
  }
}
