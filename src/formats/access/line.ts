import { isDigit } from '../../base/ascii.js';
import { type LineField, LineParser } from '../line/index.js';
import { parseAccessTime, TIME_LENGTH } from './time.js';

const SPACE = 32;
const QUOTE = 34;
const DASH = 45;
const OPEN = 91;
const CLOSE = 93;
const BACKSLASH = 92;

/** The fields in the order in which the kernel `splitAccessLog` and the columns list them. */
export const COMBINED_FIELDS: readonly LineField[] = [
  { name: 'host', kind: 'text' },
  { name: 'identity', kind: 'text' },
  { name: 'user', kind: 'text' },
  { name: 'timestamp', kind: 'timestamp' },
  { name: 'method', kind: 'text' },
  { name: 'path', kind: 'text' },
  { name: 'protocol', kind: 'text' },
  { name: 'status', kind: 'int' },
  { name: 'size', kind: 'int' },
  { name: 'referrer', kind: 'text' },
  { name: 'agent', kind: 'text' },
];
export const COMMON_FIELDS = COMBINED_FIELDS.slice(0, -2);
const [HOST, IDENTITY, USER, TIMESTAMP, METHOD, PATH, PROTOCOL, STATUS, SIZE, REFERRER, AGENT] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
];

/**
 * Parses one access-log line of any shape that servers write: several spaces between fields, `-` for each field
 * (also without its brackets or quotes), user names with spaces, requests that are not three words (their method,
 * path and protocol are absent, as in Vector's parse_apache_log). For the lines that the kernel leaves over.
 */
export class AccessLine extends LineParser {
  readonly #combined: boolean;

  constructor(combined: boolean) {
    super(combined ? COMBINED_FIELDS : COMMON_FIELDS);
    this.#combined = combined;
  }

  protected line(): void {
    this.#word(HOST!, 'a host');
    this.#word(IDENTITY!, 'an identity or "-"');
    this.#user();
    this.#timestamp();
    if (this.#quoted(METHOD!, 'request')) this.#request();
    this.#number(STATUS!, 'a status');
    this.#number(SIZE!, 'a size');
    if (this.#combined) {
      this.#quoted(REFERRER!, 'referrer', ' (a line that ends after the size has the format common)');
      this.#quoted(AGENT!, 'user agent');
      if (this.at < this.end && this.bytes[this.at] !== SPACE) throw this.expected('a space');
    } else {
      this.skipSpaces();
      if (this.at < this.end) {
        throw this.expected(
          'the end of the line',
          ' (a line with referrer and user agent has the format combined)',
        );
      }
    }
  }

  #word(field: number, what: string): void {
    this.skipSpaces();
    const start = this.at;
    this.skipWord();
    if (this.at === start) throw this.expected(what);
    this.setUnlessDash(field, start, this.at);
  }

  /** A user name may hold spaces: it ends before a word that begins with `[`, or before a `-` in place of the time. */
  #user(): void {
    this.skipSpaces();
    const start = this.at;
    this.skipWord();
    if (this.at === start) throw this.expected('a user or "-"');
    const wordEnd = this.at;
    let end = wordEnd;
    for (;;) {
      this.skipSpaces();
      if (this.at === this.end) throw this.expected('"[" before the timestamp', '', wordEnd);
      if (this.bytes[this.at] === OPEN || (end === wordEnd && this.atDash())) break;
      this.skipWord();
      end = this.at;
    }
    this.setUnlessDash(USER!, start, end);
  }

  #timestamp(): void {
    if (this.dash()) return;
    const start = this.at + 1;
    if (this.bytes[start] === DASH && this.bytes[start + 1] === CLOSE) {
      this.at = start + 2;
      return;
    }
    let close = start;
    while (close < this.end && this.bytes[close] !== CLOSE) close++;
    if (close === this.end) throw this.expected('"]" after the timestamp', '', this.end);
    const text = Buffer.from(this.bytes.subarray(start, Math.min(close, start + 2 * TIME_LENGTH))).toString(
      'latin1',
    );
    const time = parseAccessTime(text);
    if (typeof time === 'string') throw this.unexpected(time, '', start);
    this.numbers[TIMESTAMP!] = time;
    this.starts[TIMESTAMP!] = start;
    this.ends[TIMESTAMP!] = close;
    this.at = close + 1;
  }

  /** A text in quotes as `field`. False when `-` stands there. */
  #quoted(field: number, what: string, hint = ''): boolean {
    this.#spaceBefore(`the ${what}`, hint);
    if (this.dash()) return false;
    if (this.at >= this.end || this.bytes[this.at] !== QUOTE)
      throw this.expected(`a quoted ${what} or "-"`, hint);
    const start = this.at + 1;
    let at = start;
    while (at < this.end && this.bytes[at] !== QUOTE) at += this.bytes[at] === BACKSLASH ? 2 : 1;
    if (at >= this.end) {
      const opened = start - this.start;
      throw this.expected('a closing quote', ` for the ${what} that begins at column ${opened}`, this.end);
    }
    this.setUnlessDash(field, start, at);
    this.at = at + 1;
    return true;
  }

  #spaceBefore(what: string, hint = ''): void {
    if (this.at < this.end && this.bytes[this.at] !== SPACE)
      throw this.expected(`a space before ${what}`, hint);
    this.skipSpaces();
  }

  /** Splits the request, which was set as the method. */
  #request(): void {
    const bytes = this.bytes;
    let start = this.starts[METHOD!]!;
    let end = this.ends[METHOD!]!;
    this.starts[METHOD!] = 0;
    this.ends[METHOD!] = 0;
    while (start < end && bytes[start] === SPACE) start++;
    while (start < end && bytes[end - 1] === SPACE) end--;
    let methodEnd = start;
    while (methodEnd < end && isMethodByte(bytes[methodEnd]!)) methodEnd++;
    if (methodEnd === start || methodEnd === end || bytes[methodEnd] !== SPACE) return;
    let protocol = end;
    while (bytes[protocol - 1] !== SPACE) protocol--;
    let path = methodEnd;
    while (bytes[path] === SPACE) path++;
    if (path >= protocol) return;
    let pathEnd = protocol;
    while (bytes[pathEnd - 1] === SPACE) pathEnd--;
    this.setUnlessDash(METHOD!, start, methodEnd);
    this.setUnlessDash(PATH!, path, pathEnd);
    this.setUnlessDash(PROTOCOL!, protocol, end);
  }

  #number(field: number, what: string): void {
    this.#spaceBefore(what);
    if (this.dash()) return;
    const start = this.at;
    while (this.at < this.end && isDigit(this.bytes[this.at]!)) this.at++;
    const ended = this.at === this.end || this.bytes[this.at] === SPACE;
    if (this.at === start || !ended) throw this.expected(`${what} in digits or "-"`, '', start);
    this.starts[field] = start;
    this.ends[field] = this.at;
  }
}

function isMethodByte(byte: number): boolean {
  const lower = byte | 32;
  return (lower >= 97 && lower <= 122) || isDigit(byte) || byte === DASH || byte === 95;
}
