import { type ArenaWriter, type Batch, fieldOf } from '../../batch/index.js';
import type { Encoder } from '../format.js';
import { writePlain } from '../plain.js';

const QUOTE = 34;
const CARRIAGE_RETURN = 13;
const NEWLINE = 10;

/** Writes the listed fields as CSV (RFC 4180, but with a bare newline). Null and absent values are empty cells. */
export class CsvEncoder implements Encoder {
  readonly header?: Uint8Array;
  readonly #columns: readonly string[];
  readonly #delimiter: number;

  constructor(columns: readonly string[], delimiter: number, header: boolean) {
    this.#columns = columns;
    this.#delimiter = delimiter;
    if (!header) return;
    const separator = String.fromCharCode(delimiter);
    const quoted = (name: string): string =>
      name === '' || /["\r\n]/.test(name) || name.includes(separator)
        ? `"${name.replaceAll('"', '""')}"`
        : name;
    this.header = new TextEncoder().encode(`${columns.map(quoted).join(separator)}\n`);
  }

  encode(batch: Batch, writer: ArenaWriter): void {
    const vectors = this.#columns.map((name) => fieldOf(batch, name));
    for (let row = 0; row < batch.rows; row++) {
      const start = writer.at;
      for (let cell = 0; cell < vectors.length; cell++) {
        if (cell > 0) writer.byte(this.#delimiter);
        const vector = vectors[cell];
        if (!vector) continue;
        const from = writer.at;
        writePlain(writer, vector, row);
        this.#quote(writer, from);
      }
      // An empty line would be no record: its only cell is written in quotes.
      if (writer.at === start) writeEmptyCell(writer);
      writer.byte(NEWLINE);
    }
  }

  /** Puts what was written since `from` in quotes where it has to be. */
  #quote(writer: ArenaWriter, from: number): void {
    const { bytes } = writer.arena;
    const end = writer.at;
    let quotes = 0;
    let special = false;
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
}

function writeEmptyCell(writer: ArenaWriter): void {
  writer.byte(QUOTE);
  writer.byte(QUOTE);
}
