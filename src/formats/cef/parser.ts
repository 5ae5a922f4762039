import type { Arena, ArenaWriter } from '../../batch/index.js';
import { PairParser, ValueKind } from '../pairs/index.js';

const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;
const BAR = 124;
const LOWER_N = 110;
const LOWER_R = 114;

const encoder = new TextEncoder();
const MARK = encoder.encode('CEF:');
const HEADER = [
  'cefVersion',
  'deviceVendor',
  'deviceProduct',
  'deviceVersion',
  'deviceEventClassId',
  'name',
  'severity',
];
const HEADER_KEYS = HEADER.map((name) => encoder.encode(name));
const LABEL = encoder.encode('Label');
/** Fields of the customer's own, each named by a second one with `Label` behind its name. */
const CUSTOM_FIELDS = [
  ...['c6a1', 'c6a2', 'c6a3', 'c6a4', 'cfp1', 'cfp2', 'cfp3', 'cfp4', 'cn1', 'cn2', 'cn3'],
  ...['cs1', 'cs2', 'cs3', 'cs4', 'cs5', 'cs6', 'deviceCustomDate1', 'deviceCustomDate2', 'flexDate1'],
  ...['flexString1', 'flexString2'],
].map((name) => encoder.encode(name));

/**
 * Splits events of ArcSight's Common Event Format, version 25 of its guide, in the reading of Vector's parse_cef: what stands
 * before `CEF:` is skipped, values are without spaces around them and without quotes that enclose them.
 */
export class CefParser extends PairParser {
  readonly #strict: boolean;
  readonly #translate: boolean;
  readonly #headerAt: number[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #extensionAt = 0;

  /** @param translate whether custom fields get the names that their labels give them */
  constructor(strict: boolean, translate: boolean) {
    super();
    this.#strict = strict;
    this.#translate = translate;
  }

  override begin(arena: Arena): void {
    HEADER_KEYS.forEach((key, i) => {
      this.#headerAt[i] = arena.place(key);
    });
  }

  protected split(bytes: Uint8Array, start: number, end: number, writer: ArenaWriter): void {
    this.#bytes = bytes;
    this.#end = end;
    let at = start;
    while (at < end && !this.#startsWith(at, MARK)) at++;
    if (at === end) {
      this.refuse('expected "CEF:"', start, end);
      return;
    }
    at += MARK.length;
    for (let i = 0; i < HEADER.length && at >= 0; i++) at = this.#header(i, at);
    this.#extensionAt = at;
    if (at >= 0) at = this.#extension(at);
    if (at >= 0 && this.#translate) this.#translateCustomFields(writer);
  }

  override unescape(bytes: Uint8Array, start: number, end: number, to: number): number {
    for (let at = start; at < end; at++) {
      const next = bytes[at + 1]!;
      const isEscape =
        bytes[at] === BACKSLASH &&
        at + 1 < end &&
        (isEscaped(next) || (next === BAR && start < this.#extensionAt));
      if (isEscape) at++;
      bytes[to++] = isEscape ? (next === LOWER_N || next === LOWER_R ? NEWLINE : next) : bytes[at]!;
    }
    return to;
  }

  /** Reads a field of the header, with the bar before all but the first. Returns the address after it, or -1. */
  #header(index: number, from: number): number {
    const bytes = this.#bytes;
    if (index > 0 && (from >= this.#end || bytes[from] !== BAR)) {
      return this.refuse(`expected "|" and the ${HEADER[index]}`, from, -1);
    }
    const start = index > 0 ? from + 1 : from;
    let at = start;
    let escaped = false;
    while (at < this.#end && bytes[at] !== BAR) {
      if (bytes[at] === BACKSLASH) {
        const next = at + 1 < this.#end ? bytes[at + 1] : 0;
        if (next !== BACKSLASH && next !== BAR) {
          return this.refuse('expected a backslash or "|" after the backslash', at + 1, -1);
        }
        escaped = true;
        at++;
      }
      at++;
    }
    const key = this.#headerAt[index]!;
    this.#add(key, key + HEADER_KEYS[index]!.length, escaped, start, at);
    return at;
  }

  /** Reads the pairs after the header, and the bar before them. Returns the address after them, or -1. */
  #extension(from: number): number {
    if (from >= this.#end) return this.refuse('expected "|" after the severity', from, -1);
    let at = from;
    while (at < this.#end) {
      const equals = this.#keyEnd(at);
      if (equals < 0) break;
      let key = at;
      while (this.#bytes[key] === SPACE || this.#bytes[key] === BAR) key++;
      at = this.#value(key, equals);
      if (at < 0) return -1;
    }
    let rest = at === from ? from + 1 : at;
    while (rest < this.#end && this.#bytes[rest]! <= SPACE) rest++;
    if (rest < this.#end && (this.#strict || at === from))
      return this.refuse('expected a key and "="', rest, -1);
    return this.#end;
  }

  /** Where spaces and bars stand and a key after them: the address of its `=`. Otherwise -1. */
  #keyEnd(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (at < this.#end && (bytes[at] === SPACE || bytes[at] === BAR)) at++;
    const key = at;
    if (key === from) return -1;
    while (at < this.#end && bytes[at] !== SPACE && bytes[at] !== EQUALS && bytes[at] !== BACKSLASH) at++;
    return at > key && at < this.#end && bytes[at] === EQUALS ? at : -1;
  }

  /** Reads the value after the `=`: up to the next key or the end. Returns the address after it, or -1. */
  #value(keyStart: number, equals: number): number {
    const bytes = this.#bytes;
    let escaped = false;
    let at = equals + 1;
    while (at < this.#end) {
      const byte = bytes[at]!;
      if (byte === BACKSLASH) {
        escaped = true;
        at += at + 1 < this.#end && isEscaped(bytes[at + 1]!) ? 2 : 1;
      } else if (byte === EQUALS && this.#strict) {
        return this.refuse(`unexpected "=" in a value: it is written as "\\="`, at, -1);
      } else if (byte === SPACE || byte === BAR) {
        if (this.#keyEnd(at) >= 0) break;
        at = this.#afterNoKey(at);
      } else {
        at++;
      }
    }
    this.#add(keyStart, equals, escaped, equals + 1, at);
    return at;
  }

  /** The address up to which no key begins, where none begins at `at`. */
  #afterNoKey(at: number): number {
    const bytes = this.#bytes;
    while (at < this.#end && (bytes[at] === SPACE || bytes[at] === BAR)) at++;
    while (at < this.#end && bytes[at] !== SPACE && bytes[at] !== EQUALS && bytes[at] !== BACKSLASH) at++;
    return at;
  }

  #add(keyStart: number, keyEnd: number, escaped: boolean, start: number, end: number): void {
    const bytes = this.#bytes;
    let from = start;
    let to = end;
    while (from < to && bytes[from]! <= SPACE) from++;
    while (to > from && bytes[to - 1]! <= SPACE) to--;
    if (to - from >= 2 && bytes[from] === QUOTE && bytes[to - 1] === QUOTE) {
      from++;
      to--;
    }
    this.pairs.add(keyStart, keyEnd, escaped ? ValueKind.ESCAPED : ValueKind.PLAIN, from, to);
  }

  /** `cs1Label=Rule cs1=deny` becomes `Rule=deny`. A field without its label keeps its name. */
  #translateCustomFields(writer: ArenaWriter): void {
    const { pairs } = this;
    for (let label = HEADER.length; label < pairs.count; label++) {
      const start = pairs.keyStarts[label]!;
      const length = pairs.keyEnds[label]! - start - LABEL.length;
      if (length <= 0 || !this.#startsWith(start + length, LABEL)) continue;
      const field = CUSTOM_FIELDS.find((name) => name.length === length && this.#startsWith(start, name));
      const value = field ? pairs.findLast(this.#bytes, field) : -1;
      if (value < 0 || pairs.valueEnds[label] === pairs.valueStarts[label]) continue;
      let nameStart = pairs.valueStarts[label]!;
      let nameEnd = pairs.valueEnds[label]!;
      if (pairs.kinds[label] === ValueKind.ESCAPED) {
        const copy = writer.borrow(nameEnd - nameStart);
        nameEnd = this.unescape(this.#bytes, nameStart, nameEnd, copy);
        nameStart = copy;
      }
      pairs.keyStarts[value] = nameStart;
      pairs.keyEnds[value] = nameEnd;
      pairs.keyEnds[label] = start;
    }
  }

  #startsWith(at: number, text: Uint8Array): boolean {
    if (this.#end - at < text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.#bytes[at + i] !== text[i]) return false;
    return true;
  }
}

/** What a backslash escapes in values; in the header these are itself and the bar. */
function isEscaped(byte: number): boolean {
  return byte === BACKSLASH || byte === EQUALS || byte === LOWER_N || byte === LOWER_R;
}
