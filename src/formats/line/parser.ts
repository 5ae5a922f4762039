import { isDigit } from '../../base/ascii.js';
import type { ArenaWriter } from '../../batch/index.js';

const SPACE = 32;
const DASH = 45;

/** A field of records whose fields are known before. */
export interface LineField {
  readonly name: string;
  /** `json`: the parser writes the value, when it is wanted. */
  readonly kind: 'text' | 'int' | 'double' | 'timestamp' | 'json';
  /** The field is one of these texts, each of at most 12 bytes: the parser gives its index. */
  readonly values?: readonly string[];
}

/** What a parser of lines throws where a record is not as it has to be, and catches itself. */
class Unexpected extends Error {}

/**
 * Parses records of one format whose fields are known before: it finds where in the arena each field lies, and copies
 * nothing. One parser is used for one record after another.
 */
export abstract class LineParser {
  readonly fields: readonly LineField[];
  /** Arena addresses of each field's text; both are 0 where it is absent. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Of timestamps the microseconds since 1970, of fields with `values` the index. */
  readonly numbers: Float64Array;
  protected bytes: Uint8Array = new Uint8Array(0);
  protected start = 0;
  protected end = 0;
  protected at = 0;
  /** When the source read the record, in milliseconds since 1970. */
  protected readAtMs = 0;

  constructor(fields: readonly LineField[]) {
    this.fields = fields;
    this.starts = new Int32Array(fields.length);
    this.ends = new Int32Array(fields.length);
    this.numbers = new Float64Array(fields.length);
  }

  /** Returns what is wrong with the record at addresses [start, end), or undefined. */
  parse(bytes: Uint8Array, start: number, end: number, readAtMs: number): string | undefined {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.at = start;
    this.readAtMs = readAtMs;
    this.starts.fill(0);
    this.ends.fill(0);
    try {
      this.line();
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Unexpected) return thrown.message;
      throw thrown;
    }
  }

  /** Reads the record from `start` to `end` and sets its fields; throws `expected(…)` or `unexpected(…)`. */
  protected abstract line(): void;

  /** Writes a field of kind `json` of the record that was parsed last, which has it. */
  writeJson(_field: number, _writer: ArenaWriter): void {}

  protected expected(what: string, hint = '', at = this.at): Error {
    return this.unexpected(`expected ${what}`, hint, at);
  }

  protected unexpected(problem: string, hint = '', at = this.at): Error {
    return new Unexpected(`${problem} at column ${at - this.start + 1}${hint}`);
  }

  /** The byte at `at`, or -1 at the end of the record. */
  protected peek(): number {
    return this.at < this.end ? this.bytes[this.at]! : -1;
  }

  protected setExtent(field: number, start: number, end: number): void {
    this.starts[field] = start;
    this.ends[field] = end;
  }

  /** Sets the field, unless `-` stands for its absence. */
  protected setUnlessDash(field: number, start: number, end: number): void {
    if (end !== start + 1 || this.bytes[start] !== DASH) this.setExtent(field, start, end);
  }

  protected setNumber(field: number, start: number, end: number, value: number): void {
    this.setExtent(field, start, end);
    this.numbers[field] = value;
  }

  protected skipSpaces(): void {
    while (this.at < this.end && this.bytes[this.at] === SPACE) this.at++;
  }

  /** Skips what is no space. */
  protected skipWord(): void {
    while (this.at < this.end && this.bytes[this.at] !== SPACE) this.at++;
  }

  /** Skips everything before the byte, or up to the end of the record. */
  protected skipTo(byte: number): void {
    while (this.at < this.end && this.bytes[this.at] !== byte) this.at++;
  }

  /** Skips one byte, which has to be this one. */
  protected take(byte: number, what: string): void {
    if (this.peek() !== byte) throw this.expected(what);
    this.at++;
  }

  /** Skips digits and returns their number. */
  protected skipDigits(): number {
    const from = this.at;
    while (this.at < this.end && isDigit(this.bytes[this.at]!)) this.at++;
    return this.at - from;
  }

  /** Reads digits as an integer field. */
  protected takeInteger(field: number, what: string): void {
    const start = this.at;
    if (this.skipDigits() === 0) throw this.expected(what);
    this.setExtent(field, start, this.at);
  }

  /** Whether the text stands at an address of the record. */
  protected startsWith(at: number, text: Uint8Array): boolean {
    if (this.end - at < text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.bytes[at + i] !== text[i]) return false;
    return true;
  }

  /** Skips at least one space. */
  protected takeSpaces(what: string): void {
    this.take(SPACE, `a space and ${what}`);
    this.skipSpaces();
  }

  /** Skips spaces, tabs and line ends around the record. */
  protected trim(): void {
    while (this.at < this.end && this.bytes[this.at]! <= SPACE) this.at++;
    while (this.end > this.at && this.bytes[this.end - 1]! <= SPACE) this.end--;
  }

  /** Whether a lone `-` stands here. */
  protected atDash(): boolean {
    const { at } = this;
    if (at >= this.end || this.bytes[at] !== DASH) return false;
    return at + 1 === this.end || this.bytes[at + 1] === SPACE;
  }

  /** Skips a lone `-`, which stands for an absent field. */
  protected dash(): boolean {
    if (!this.atDash()) return false;
    this.at++;
    return true;
  }
}
