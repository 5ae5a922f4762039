import type { ArenaWriter } from '../../batch/index.js';
import { PairParser, ValueKind } from '../pairs/index.js';

const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const BACKSLASH = 92;
const LOWER_N = 110;

/** How keys and values are told apart. */
export interface KeyValueDialect {
  /** Between a key and its value, and between two pairs: at least one byte each. */
  readonly keyValueDelimiter: Uint8Array;
  readonly fieldDelimiter: Uint8Array;
  /** Whether spaces around the delimiter of key and value are no part of either. */
  readonly lenient: boolean;
  /** Whether a key may stand alone. */
  readonly standaloneKeys: boolean;
}

/**
 * Splits `key=value` pairs of any delimiters in the reading of Vector's parse_key_value: keys and values may stand in single
 * or double quotes, which end only before a delimiter or the end of the record; a quote that does not is a part of the text.
 */
export class KeyValueParser extends PairParser {
  readonly #dialect: KeyValueDialect;
  readonly #spaced: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #writer: ArenaWriter | undefined;
  /** The next delimiter of key and value, or the end, and where the text before it ends without spaces. */
  #nextDelimiter = 0;
  #trimmedEnd = 0;
  /** What `#quoted` or `#bare` found. */
  #from = 0;
  #to = 0;
  #escaped = false;

  constructor(dialect: KeyValueDialect) {
    super();
    this.#dialect = dialect;
    this.#spaced = dialect.fieldDelimiter.length === 1 && dialect.fieldDelimiter[0] === SPACE;
  }

  protected split(bytes: Uint8Array, start: number, end: number, writer: ArenaWriter): void {
    this.#bytes = bytes;
    this.#end = end;
    this.#writer = writer;
    this.#nextDelimiter = 0;
    let at = this.#pair(start);
    while (at >= 0 && this.#skipAll(at) < end) {
      const next = this.#afterFieldDelimiter(at);
      // Spaces at the end are no delimiter before another pair.
      at = next < 0 ? this.refuse('expected a delimiter between two pairs', at, -1) : this.#pair(next);
    }
  }

  override unescape(bytes: Uint8Array, start: number, end: number, to: number): number {
    for (let at = start; at < end; at++) {
      const next = bytes[at + 1];
      if (bytes[at] !== BACKSLASH || at + 1 >= end || !isEscaped(next!)) {
        bytes[to++] = bytes[at]!;
        continue;
      }
      bytes[to++] = next === LOWER_N ? NEWLINE : next!;
      at++;
    }
    return to;
  }

  /** Reads the pair at `from`. Returns the address after it, or -1. */
  #pair(from: number): number {
    const start = this.#skipBlanks(from);
    const keyEnd = this.#key(start);
    if (keyEnd < 0) return this.refuse('expected a key', start, -1);
    this.#unescapeKey();
    const keyStart = this.#from;
    const keyTo = this.#to;
    const valueStart = this.#afterKeyValueDelimiter(keyEnd);
    if (valueStart < 0 && !this.#dialect.standaloneKeys) {
      return this.refuse('expected a value after the key', keyEnd, -1);
    }
    const after = this.#value(valueStart < 0 ? keyEnd : valueStart);
    const kind = valueStart < 0 ? ValueKind.TRUE : this.#escaped ? ValueKind.ESCAPED : ValueKind.PLAIN;
    this.pairs.add(keyStart, keyTo, kind, this.#from, this.#to);
    return after;
  }

  /** Finds the key at `start`. Returns the address after it, or -1. */
  #key(start: number): number {
    const { standaloneKeys } = this.#dialect;
    const quote = this.#bytes[start]!;
    if (start < this.#end && (quote === SINGLE_QUOTE || quote === DOUBLE_QUOTE)) {
      const after = this.#quoted(start, quote);
      const ends =
        after >= 0 &&
        (this.#afterKeyDelimiterAsEnd(after) || (standaloneKeys && this.#afterFieldDelimiter(after) >= 0));
      if (after >= 0 && (ends || this.#skipBlanks(after) === this.#end)) {
        return this.#to > this.#from ? after : -1;
      }
    }
    this.#escaped = false;
    const delimiter = this.#findDelimiter(start);
    const field = standaloneKeys ? this.#findField(start, delimiter) : delimiter;
    const isWhole =
      this.#trimmedEnd > start && (!standaloneKeys || field + this.#fieldLength > this.#trimmedEnd);
    if (isWhole) {
      this.#from = start;
      this.#to = this.#trimmedEnd;
      return delimiter;
    }
    if (!standaloneKeys) return -1;
    const end = this.#findField(start, this.#end);
    this.#bare(start, end);
    return this.#to > this.#from ? end : -1;
  }

  get #fieldLength(): number {
    return this.#dialect.fieldDelimiter.length;
  }

  /** Finds the value at `start`. Returns the address after it. */
  #value(start: number): number {
    const quote = this.#bytes[start]!;
    if (start < this.#end && (quote === SINGLE_QUOTE || quote === DOUBLE_QUOTE)) {
      const after = this.#quoted(start, quote);
      const ends =
        after >= 0 && (this.#afterFieldDelimiter(after) >= 0 || this.#skipBlanks(after) === this.#end);
      if (ends) return after;
    }
    this.#escaped = false;
    const end = this.#findField(start, this.#end);
    this.#bare(start, end);
    return end;
  }

  /** Finds the text in quotes at `open`. Returns the address after the closing quote, or -1. */
  #quoted(open: number, quote: number): number {
    this.#escaped = false;
    for (let at = open + 1; at < this.#end; at++) {
      if (this.#bytes[at] === quote) {
        this.#from = open + 1;
        this.#to = at;
        return at + 1;
      }
      if (this.#bytes[at] === BACKSLASH) {
        this.#escaped = true;
        at++;
      }
    }
    return -1;
  }

  /** The text of [start, end) without spaces around it. */
  #bare(start: number, end: number): void {
    let from = start;
    let to = end;
    while (from < to && this.#bytes[from]! <= SPACE) from++;
    while (to > from && this.#bytes[to - 1]! <= SPACE) to--;
    this.#from = from;
    this.#to = to;
  }

  /** Keys are compared byte by byte, so one with escapes is written down without them. */
  #unescapeKey(): void {
    if (!this.#escaped) return;
    const copy = this.#writer!.borrow(this.#to - this.#from);
    this.#to = this.unescape(this.#bytes, this.#from, this.#to, copy);
    this.#from = copy;
  }

  /** The address of the next delimiter of key and value from `at` on, or the end. Found once for all keys before it. */
  #findDelimiter(at: number): number {
    if (this.#nextDelimiter < at || this.#nextDelimiter === 0) {
      const found = find(this.#bytes, at, this.#end, this.#dialect.keyValueDelimiter);
      this.#nextDelimiter = found;
      this.#trimmedEnd = found;
      while (this.#trimmedEnd > at && this.#bytes[this.#trimmedEnd - 1]! <= SPACE) this.#trimmedEnd--;
    }
    return this.#nextDelimiter;
  }

  #findField(at: number, end: number): number {
    return find(this.#bytes, at, end, this.#dialect.fieldDelimiter);
  }

  /** The address after the delimiter between two pairs at `at`, spaces before it included; -1 when there is none. */
  #afterFieldDelimiter(at: number): number {
    let next = at;
    while (next < this.#end && this.#bytes[next] === SPACE) next++;
    if (this.#spaced) return next > at ? next : -1;
    return startsWith(this.#bytes, next, this.#end, this.#dialect.fieldDelimiter)
      ? next + this.#fieldLength
      : -1;
  }

  #afterKeyDelimiterAsEnd(at: number): boolean {
    const next = this.#skipBlanksBeforeDelimiter(at);
    return startsWith(this.#bytes, next, this.#end, this.#dialect.keyValueDelimiter);
  }

  /** The address after the delimiter of key and value at `at`; -1 when there is none. */
  #afterKeyValueDelimiter(at: number): number {
    const { keyValueDelimiter, lenient } = this.#dialect;
    const from = lenient ? this.#skipBlanksBeforeDelimiter(at) : at;
    if (!startsWith(this.#bytes, from, this.#end, keyValueDelimiter)) return -1;
    const after = from + keyValueDelimiter.length;
    return lenient ? this.#skipBlanks(after) : after;
  }

  /** A delimiter of key and value may begin with a space itself. */
  #skipBlanksBeforeDelimiter(at: number): number {
    return this.#dialect.keyValueDelimiter[0]! > SPACE ? this.#skipBlanks(at) : at;
  }

  #skipBlanks(at: number): number {
    while (at < this.#end && (this.#bytes[at] === SPACE || this.#bytes[at] === TAB)) at++;
    return at;
  }

  #skipAll(at: number): number {
    while (at < this.#end && this.#bytes[at]! <= SPACE) at++;
    return at;
  }
}

function isEscaped(byte: number): boolean {
  return byte === LOWER_N || byte === BACKSLASH || byte === DOUBLE_QUOTE;
}

function startsWith(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** The address of the first `text` from `at` on, or `end`. */
function find(bytes: Uint8Array, at: number, end: number, text: Uint8Array): number {
  const first = text[0]!;
  for (let from = at; from < end; from++) {
    if (bytes[from] === first && startsWith(bytes, from, end, text)) return from;
  }
  return end;
}
