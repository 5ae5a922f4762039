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
  readonly #delimiter: number;
  readonly #quotesAll: boolean;
  readonly #null: Uint8Array;
  readonly #lineEnd: Uint8Array;

  constructor(columns: readonly string[], { delimiter, hasHeader, quotesAll, nullText, lineEnd }: CsvStyle) {
    this.#columns = columns;
    this.#delimiter = delimiter;
    this.#quotesAll = quotesAll;
    this.#null = new TextEncoder().encode(nullText);
    this.#lineEnd = new TextEncoder().encode(lineEnd);
    if (!hasHeader) return;
    const separator = String.fromCharCode(delimiter);
    const quoted = (name: string): string =>
      quotesAll || name === '' || /["\r\n]/.test(name) || name.includes(separator)
        ? `"${name.replaceAll('"', '""')}"`
        : name;
    this.header = new TextEncoder().encode(`${columns.map(quoted).join(separator)}${lineEnd}`);
  }

  encode(batch: Batch, writer: ArenaWriter): void {
    const vectors = this.#columns.map((name) => fieldOf(batch, name));
    for (let row = 0; row < batch.rows; row++) {
      const start = writer.at;
      for (let cell = 0; cell < vectors.length; cell++) {
        if (cell > 0) writer.byte(this.#delimiter);
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
    const end = writer.at;
    let quotes = 0;
    // A text that looks like null is none.
    let special = this.#quotesAll || this.#looksNull(bytes, from, end);
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) quotes++;
      else if (byte === this.#delimiter || byte === NEWLINE || byte === CARRIAGE_RETURN) special = true;
    }
    if (!special && quotes === 0) return;
    writer.reserve(quotes + 2);
    let to = end + quotes + 2;
    writer.advance(to);
    bytes[--to] = QUOTE;
    for (let at = end - 1; at >= from; at--) {
      bytes[--to] = bytes[at]!;
      if (bytes[to] === QUOTE) bytes[--to] = QUOTE;
    }
    bytes[from] = QUOTE;
  }

  #looksNull(bytes: Uint8Array, from: number, end: number): boolean {
    const { length } = this.#null;
    if (length === 0 || end - from !== length) return false;
    return this.#null.every((byte, i) => bytes[from + i] === byte);
  }
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
