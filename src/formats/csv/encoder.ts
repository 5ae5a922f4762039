import {
  type ArenaWriter,
  type Batch,
  fieldOf,
  Tag,
  textAt,
  textLength,
  type Vector,
} from '../../batch/index.js';
import type { Encoder } from '../format.js';
import { writePlain } from '../plain.js';

const QUOTE = 34;
const CARRIAGE_RETURN = 13;
const NEWLINE = 10;

export interface CsvStyle {
  readonly delimiter: number;
  /** The byte before which another like it has to stand, and the one that no line may begin with; -1: none. */
  readonly escapeByte: number;
  readonly commentByte: number;
  readonly hasHeader: boolean;
  readonly quotesAll: boolean;
  /** For null and absent values; it is never in quotes. */
  readonly nullText: string;
  readonly lineEnd: '\n' | '\r\n';
}

/** Writes the listed fields as CSV (RFC 4180). */
export class CsvEncoder implements Encoder {
  readonly header?: Uint8Array;
  readonly #columns: readonly string[];
  readonly #style: CsvStyle;
  readonly #null: Uint8Array;
  readonly #lineEnd: Uint8Array;

  constructor(columns: readonly string[], style: CsvStyle) {
    const { hasHeader, nullText, lineEnd, delimiter } = style;
    this.#columns = columns;
    this.#style = style;
    this.#null = new TextEncoder().encode(nullText);
    this.#lineEnd = new TextEncoder().encode(lineEnd);
    if (!hasHeader) return;
    const names = columns.map((name) => headerCell(name, style));
    this.header = new TextEncoder().encode(`${names.join(String.fromCharCode(delimiter))}${lineEnd}`);
  }

  encode(batch: Batch, writer: ArenaWriter): void {
    const vectors = this.#columns.map((name) => fieldOf(batch, name));
    for (let row = 0; row < batch.rows; row++) {
      const start = writer.at;
      for (let cell = 0; cell < vectors.length; cell++) {
        if (cell > 0) writer.byte(this.#style.delimiter);
        this.#cell(writer, vectors[cell], row);
      }
      // An empty line would be no record: its only cell is written in quotes.
      if (writer.at === start) writeEmptyCell(writer);
      writer.bytes(this.#lineEnd);
    }
  }

  #cell(writer: ArenaWriter, vector: Vector | undefined, row: number): void {
    if (!vector || isNull(writer, vector, row)) {
      if (this.#null.length > 0) writer.bytes(this.#null);
      return;
    }
    const from = writer.at;
    writePlain(writer, vector, row);
    this.#quote(writer, from);
  }

  /** Puts what was written since `from` in quotes where it has to be. */
  #quote(writer: ArenaWriter, from: number): void {
    const { bytes } = writer.arena;
    const { delimiter, escapeByte, commentByte, quotesAll } = this.#style;
    const end = writer.at;
    let quotes = 0;
    // A text that looks like null is none, and one that looks like a comment is none either.
    let special =
      quotesAll || this.#looksNull(bytes, from, end) || (end > from && bytes[from] === commentByte);
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE || byte === escapeByte) quotes++;
      else if (byte === delimiter || byte === NEWLINE || byte === CARRIAGE_RETURN) special = true;
    }
    if (!special && quotes === 0) return;
    writer.reserve(quotes + 2);
    let to = end + quotes + 2;
    writer.advance(to);
    bytes[--to] = QUOTE;
    for (let at = end - 1; at >= from; at--) {
      bytes[--to] = bytes[at]!;
      if (bytes[to] === QUOTE || bytes[to] === escapeByte) bytes[--to] = bytes[at]!;
    }
    bytes[from] = QUOTE;
  }

  #looksNull(bytes: Uint8Array, from: number, end: number): boolean {
    const { length } = this.#null;
    if (length === 0 || end - from !== length) return false;
    return this.#null.every((byte, i) => bytes[from + i] === byte);
  }
}

/** A name as it stands in the header line. */
function headerCell(name: string, { delimiter, escapeByte, commentByte, quotesAll }: CsvStyle): string {
  const has = (byte: number): boolean => byte >= 0 && name.includes(String.fromCharCode(byte));
  const isSpecial = has(delimiter) || has(escapeByte) || name.charCodeAt(0) === commentByte;
  if (!quotesAll && !isSpecial && name !== '' && !/["\r\n]/.test(name)) return name;
  const escaped = has(escapeByte)
    ? name.replaceAll(String.fromCharCode(escapeByte), (one) => one + one)
    : name;
  return `"${escaped.replaceAll('"', '""')}"`;
}

function isNull(writer: ArenaWriter, vector: Vector, row: number): boolean {
  const tag = vector.uniform ?? vector.tags[row];
  if (tag === Tag.JSON)
    return textLength(vector.views!, row) === 4 && textAt(writer.arena, vector, row) === 'null';
  return tag === Tag.ABSENT || tag === Tag.NULL || tag === Tag.ERROR;
}

function writeEmptyCell(writer: ArenaWriter): void {
  writer.byte(QUOTE);
  writer.byte(QUOTE);
}
