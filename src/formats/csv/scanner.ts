import type { CsvFraming } from '../format.js';

const NEWLINE = 10;
const QUOTE = 34;

/**
 * Finds where records of CSV end that has comments, or a character that makes the next one a part of the text. The address
 * after a record's newline is its end; -1 says that it is not there.
 */
export class CsvScanner {
  readonly #escape: number;
  readonly #comment: number;
  #atStart = true;
  #inComment = false;
  #inQuotes = false;
  #isEscaped = false;

  constructor({ escapeByte, commentByte }: CsvFraming) {
    this.#escape = escapeByte;
    this.#comment = commentByte;
  }

  /** Whether the line that begins at this address is a comment, which is no record. */
  isComment(bytes: Uint8Array, at: number): boolean {
    return bytes[at] === this.#comment;
  }

  /** The end of the record or comment that begins at `from`. */
  first(bytes: Uint8Array, from: number, to: number): number {
    this.begin();
    return this.resume(bytes, from, to);
  }

  /** A record or comment begins with the bytes that are seen next. */
  begin(): void {
    this.#atStart = true;
    this.#inComment = false;
    this.#inQuotes = false;
    this.#isEscaped = false;
  }

  /** The end of the record that it is in. What it has seen until then is remembered for the bytes behind `to`. */
  resume(bytes: Uint8Array, from: number, to: number): number {
    if (this.#atStart && from < to) {
      this.#atStart = false;
      this.#inComment = this.isComment(bytes, from);
    }
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (this.#inComment) {
        if (byte === NEWLINE) return at + 1;
      } else if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === this.#escape) this.#isEscaped = true;
      else if (byte === QUOTE) this.#inQuotes = !this.#inQuotes;
      else if (byte === NEWLINE && !this.#inQuotes) return at + 1;
    }
    return -1;
  }
}
