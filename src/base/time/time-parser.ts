import { isDigit } from '../ascii.js';
import { TimeFormatError, type TimePiece, timePieces } from './directives.js';
import { dayAt, endOfLetters, monthAt, zoneOffset } from './names.js';
import { type TimeContext, WrittenTime } from './written-time.js';

const SPACE = 32;
const PLUS = 43;
const COMMA = 44;
const DASH = 45;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const NANO_DIGITS = 9;

/** The conversions that are numbers, and the digits that they have at most. `u` and `w`, days of the week, tell nothing. */
const MAX_DIGITS: Readonly<Record<string, number>> = {
  Y: 4,
  y: 2,
  m: 2,
  d: 2,
  j: 3,
  H: 2,
  I: 2,
  M: 2,
  S: 2,
  u: 1,
  w: 1,
};

const encoder = new TextEncoder();

/** A piece as the parser runs it: the letter of a conversion, or a literal's bytes, or neither: spaces. */
interface Step {
  readonly name: string;
  /** Of a conversion that is a number, else 0. */
  readonly mostDigits: number;
  readonly digits: number | undefined;
  readonly literal: Uint8Array | undefined;
}

/**
 * Reads times in a format of strptime(3) (see `timePieces`) from bytes. Names are English, in full or their first three
 * letters, in any case; numbers may have fewer digits than they could and spaces before them; spaces in the format stand for
 * any number of them. Throws TimeFormatError for a format that is wrong or that tells no day.
 */
export class TimeParser {
  readonly written = new WrittenTime();
  readonly #steps: readonly Step[];
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  constructor(format: string) {
    const pieces = timePieces(format);
    const names = new Set(pieces.map((piece) => (piece.kind === 'conversion' ? piece.name : '')));
    const tellsDay =
      names.has('s') || names.has('Q') || names.has('j') || (names.has('d') && hasMonth(names));
    if (!tellsDay) {
      throw new TimeFormatError('a time format needs a day and a month (%m or %b, %d), %j or %s', 0);
    }
    this.#steps = pieces.map(stepOf);
  }

  /** Fills `written` from the text at [start, end). Returns the address after it, or -1 when it is no such time. */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.written.clear();
    for (const step of this.#steps) if (!this.#step(step)) return -1;
    return this.#at;
  }

  /** Microseconds since 1970 of a text that is one time and no more; NaN when it is none. */
  micros(bytes: Uint8Array, start: number, end: number, context: TimeContext): number {
    return this.read(bytes, start, end) === end ? this.written.micros(context) : Number.NaN;
  }

  #step({ name, mostDigits, digits, literal }: Step): boolean {
    if (literal) return this.#literal(literal);
    if (mostDigits > 0) return this.#part(name, this.#number(mostDigits));
    switch (name) {
      case '':
        this.#skipSpaces();
        return true;
      case 'b':
        return this.#month();
      case 'a':
        return this.#weekday();
      case 'p':
        return this.#half();
      case '.f':
        return this.#at < this.#end && isPoint(this.#bytes[this.#at]!)
          ? this.#fraction(digits, this.#at + 1)
          : digits === undefined;
      case 'z':
      case 'Z':
        return this.#zone();
      case 's':
      case 'Q':
        return this.#epoch(name === 's' ? 1 : 1000);
      default:
        return this.#fraction(digits, this.#at);
    }
  }

  #part(name: string, value: number): boolean {
    const { written } = this;
    if (name === 'Y') written.year = value;
    else if (name === 'y') written.year = century(value);
    else if (name === 'm') written.month = value;
    else if (name === 'd') written.day = value;
    else if (name === 'j') written.dayOfYear = value;
    else if (name === 'H' || name === 'I') written.hour = value;
    else if (name === 'M') written.minute = value;
    else if (name === 'S') written.second = value;
    return value >= 0;
  }

  #literal(text: Uint8Array): boolean {
    if (this.#end - this.#at < text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.#bytes[this.#at + i] !== text[i]) return false;
    this.#at += text.length;
    return true;
  }

  #skipSpaces(): void {
    while (this.#at < this.#end && isSpace(this.#bytes[this.#at]!)) this.#at++;
  }

  /** At most `most` digits, spaces before them left out; -1 when there is none. */
  #number(most: number): number {
    this.#skipSpaces();
    const limit = Math.min(this.#at + most, this.#end);
    const start = this.#at;
    let value = 0;
    while (this.#at < limit && isDigit(this.#bytes[this.#at]!))
      value = value * 10 + this.#bytes[this.#at++]! - ZERO;
    return this.#at === start ? -1 : value;
  }

  /** Digits after the point of the second: exactly `digits` where that is given, what goes beyond nanoseconds left out. */
  #fraction(digits: number | undefined, start: number): boolean {
    let at = start;
    let value = 0;
    const limit = digits === undefined ? this.#end : Math.min(start + digits, this.#end);
    while (at < limit && isDigit(this.#bytes[at]!)) {
      if (at - start < NANO_DIGITS) value = value * 10 + this.#bytes[at]! - ZERO;
      at++;
    }
    const found = at - start;
    this.#at = at;
    this.written.nanosecond = value * 10 ** Math.max(NANO_DIGITS - found, 0);
    return found > 0 && (digits === undefined || found === digits);
  }

  #month(): boolean {
    const found = monthAt(this.#bytes, this.#at, this.#end);
    if (found < 0) return false;
    this.#at += found & 15;
    this.written.month = (found >> 4) + 1;
    return true;
  }

  #weekday(): boolean {
    const found = dayAt(this.#bytes, this.#at, this.#end);
    this.#at += found & 15;
    return found >= 0;
  }

  /** `am` or `pm`, in any case. */
  #half(): boolean {
    const first = this.#bytes[this.#at]! | 32;
    const isHalf =
      this.#at + 2 <= this.#end &&
      (first === 97 || first === 112) &&
      (this.#bytes[this.#at + 1]! | 32) === 109;
    if (!isHalf) return false;
    this.written.half = first === 112 ? 1 : 0;
    this.#at += 2;
    return true;
  }

  /** `+0200`, `+02:00`, `+02`, or an abbreviation that means one offset: `Z`, `UTC`, `EST`. */
  #zone(): boolean {
    this.#skipSpaces();
    const sign = this.#bytes[this.#at];
    if (this.#at >= this.#end || (sign !== PLUS && sign !== DASH)) return this.#zoneName();
    this.#at++;
    const start = this.#at;
    const hours = this.#number(2);
    if (this.#at - start !== 2 || hours > 23) return false;
    let minutes = 0;
    const hasColon = this.#bytes[this.#at] === COLON && this.#at < this.#end;
    if (hasColon) this.#at++;
    if (hasColon || (this.#at < this.#end && isDigit(this.#bytes[this.#at]!))) {
      const from = this.#at;
      minutes = this.#number(2);
      if (this.#at - from !== 2 || minutes > 59) return false;
    }
    this.written.offsetSeconds = (hours * 60 + minutes) * (sign === DASH ? -60 : 60);
    return true;
  }

  #zoneName(): boolean {
    const end = endOfLetters(this.#bytes, this.#at, this.#end);
    const offset = zoneOffset(this.#bytes, this.#at, end);
    if (offset === undefined) return false;
    this.#at = end;
    this.written.offsetSeconds = offset;
    return true;
  }

  /** Seconds since 1970 in so many parts; times of a thousand years and more from now are none. */
  #epoch(parts: number): boolean {
    const isNegative = this.#at < this.#end && this.#bytes[this.#at] === DASH;
    if (isNegative) this.#at++;
    const size = this.#number(15);
    if (size < 0) return false;
    const count = isNegative ? -size : size;
    const seconds = Math.floor(count / parts);
    this.written.epochSeconds = seconds;
    if (parts > 1) this.written.nanosecond = Math.round(((count - seconds * parts) * 1e9) / parts);
    return Math.abs(seconds) < 1e11;
  }
}

function hasMonth(names: ReadonlySet<string>): boolean {
  return names.has('m') || names.has('b');
}

function stepOf(piece: TimePiece): Step {
  const none = { name: '', mostDigits: 0, digits: undefined, literal: undefined };
  if (piece.kind === 'space') return none;
  if (piece.kind === 'literal') return { ...none, literal: encoder.encode(piece.text) };
  const { name, digits } = piece;
  return { ...none, name, mostDigits: MAX_DIGITS[name] ?? 0, digits };
}

/** A year of two digits is the nearest to 2000 that POSIX allows: 69 to 99 are of the last century. */
function century(year: number): number {
  if (year < 0) return year;
  return year + (year >= 69 ? 1900 : 2000);
}

function isPoint(byte: number): boolean {
  return byte === POINT || byte === COMMA;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13);
}
