import type { ArenaWriter } from '../../batch/index.js';
import { Pairs } from '../pairs/index.js';

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const EQUALS = 61;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const MAX_NAME_BYTES = 32;
const NONE = 0;

/** How closely structured data has to follow RFC 5424, section 6.3. `parameters`: as `loose`, but no element is empty. */
export type Rules = 'strict' | 'loose' | 'parameters';

/** The structured data of one syslog message, read again and again: its elements and their parameters. */
export class StructuredData {
  /** What is wrong where `read` stopped, in the words that follow "expected". */
  problem = '';
  /** The address that `problem` is about. */
  problemAt = 0;
  readonly #elements = new Pairs();
  readonly #parameters = new Pairs();
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;

  /** Reads elements from `at`, where `[` stands, on. Returns the address after the last one, or -1. */
  read(bytes: Uint8Array, at: number, end: number, rules: Rules): number {
    this.#bytes = bytes;
    this.#end = end;
    this.#elements.clear();
    this.#parameters.clear();
    let next = at;
    while (next < end && bytes[next] === OPEN) {
      const after = this.#element(next, rules);
      if (after < 0) return -1;
      next = after;
    }
    const hasRepeated = this.#elements.dropRepeated(bytes);
    return rules === 'strict' && hasRepeated ? this.#failRepeated() : next;
  }

  #failRepeated(): -1 {
    const { keyStarts, keyEnds } = this.#elements;
    let first = 0;
    while (keyEnds[first] !== keyStarts[first]) first++;
    return this.#fail('an id that no other element has', keyStarts[first]!);
  }

  /** Whether there is an element that could be read. */
  get isEmpty(): boolean {
    return this.#elements.count === 0;
  }

  /** Writes `{"id":{"name":"value",…},…}`. Of elements and parameters of the same name the last counts. */
  write(writer: ArenaWriter): void {
    const elements = this.#elements;
    const parameters = this.#parameters;
    writer.byte(OPEN_BRACE);
    let isFirst = true;
    for (let i = 0; i < elements.count; i++) {
      if (elements.keyEnds[i] === elements.keyStarts[i]) continue;
      if (!isFirst) writer.byte(COMMA);
      isFirst = false;
      writeName(writer, elements.keyStarts[i]!, elements.keyEnds[i]!);
      writer.byte(COLON);
      writer.byte(OPEN_BRACE);
      parameters.dropRepeated(this.#bytes, elements.valueStarts[i]!, elements.valueEnds[i]!);
      this.#writeParameters(writer, elements.valueStarts[i]!, elements.valueEnds[i]!);
      writer.byte(CLOSE_BRACE);
    }
    writer.byte(CLOSE_BRACE);
  }

  #writeParameters(writer: ArenaWriter, from: number, to: number): void {
    const { keyStarts, keyEnds, valueStarts, valueEnds } = this.#parameters;
    let isFirst = true;
    for (let i = from; i < to; i++) {
      if (keyEnds[i] === keyStarts[i]) continue;
      if (!isFirst) writer.byte(COMMA);
      isFirst = false;
      writeName(writer, keyStarts[i]!, keyEnds[i]!);
      writer.byte(COLON);
      writeValue(writer, valueStarts[i]!, valueEnds[i]!);
    }
  }

  /** Returns the address after the element at `open`, or -1. */
  #element(open: number, rules: Rules): number {
    const first = this.#parameters.count;
    const idEnd = this.#nameEnd(open + 1, rules);
    const after = idEnd < 0 ? -1 : this.#parametersFrom(idEnd, rules);
    if (after >= 0 && (rules !== 'parameters' || this.#parameters.count > first)) {
      this.#elements.add(open + 1, idEnd, NONE, first, this.#parameters.count);
      return after;
    }
    if (rules !== 'loose') return -1;
    this.#parameters.count = first;
    let close = open;
    while (close < this.#end && this.#bytes[close] !== CLOSE) close++;
    return close < this.#end ? close + 1 : -1;
  }

  /** Reads parameters up to the element's `]`. Returns the address after it, or -1. */
  #parametersFrom(from: number, rules: Rules): number {
    const bytes = this.#bytes;
    let at = from;
    for (;;) {
      if (at >= this.#end) return this.#fail('"]" after the structured data', at);
      if (bytes[at] === CLOSE) return at + 1;
      if (bytes[at] !== SPACE) return this.#fail('a space or "]"', at);
      at++;
      if (rules !== 'strict') {
        while (at < this.#end && bytes[at] === SPACE) at++;
        if (bytes[at] === CLOSE && at < this.#end) return at + 1;
      }
      const nameEnd = this.#nameEnd(at, rules);
      if (nameEnd < 0) return -1;
      if (nameEnd >= this.#end || bytes[nameEnd] !== EQUALS) return this.#fail('"=" after the name', nameEnd);
      let open = nameEnd + 1;
      if (rules !== 'strict') while (open < this.#end && bytes[open] === SPACE) open++;
      if (open >= this.#end || bytes[open] !== QUOTE) return this.#fail('a value in quotes', open);
      const close = this.#valueEnd(open + 1, rules);
      if (close < 0) return -1;
      this.#parameters.add(at, nameEnd, NONE, open + 1, close);
      at = close + 1;
    }
  }

  /** The end of the name that begins at `start`, or -1. */
  #nameEnd(start: number, rules: Rules): number {
    let at = start;
    while (at < this.#end) {
      const byte = this.#bytes[at]!;
      if (byte === EQUALS || byte === CLOSE || byte <= SPACE || byte === QUOTE) break;
      if (rules === 'strict' && (byte > 126 || at - start >= MAX_NAME_BYTES)) {
        return this.#fail('a name of 1 to 32 printable ASCII characters', start);
      }
      at++;
    }
    return at > start ? at : this.#fail('a name of 1 to 32 printable ASCII characters', start);
  }

  /** The address of the quote that ends the value, or -1. */
  #valueEnd(start: number, rules: Rules): number {
    const bytes = this.#bytes;
    for (let at = start; at < this.#end; at++) {
      if (bytes[at] === QUOTE) return at;
      if (bytes[at] === BACKSLASH) {
        const isEscape = at + 1 < this.#end && isEscaped(bytes[at + 1]!);
        if (isEscape) at++;
        else if (rules === 'strict')
          return this.#fail('a quote, backslash or "]" after the backslash', at + 1);
      } else if (bytes[at] === CLOSE && rules === 'strict') {
        return this.#fail('a backslash before the "]" in a value', at);
      }
    }
    return this.#fail('a closing quote', this.#end);
  }

  #fail(what: string, at: number): -1 {
    this.problem = what;
    this.problemAt = at;
    return -1;
  }
}

/** What a backslash in a value escapes; before anything else it is a backslash. */
function isEscaped(byte: number): boolean {
  return byte === QUOTE || byte === BACKSLASH || byte === CLOSE;
}

function writeName(writer: ArenaWriter, start: number, end: number): void {
  writer.byte(QUOTE);
  writer.escaped(start, end - start);
  writer.byte(QUOTE);
}

/** Writes a value as a JSON string, without its escapes. */
function writeValue(writer: ArenaWriter, start: number, end: number): void {
  const { bytes } = writer.arena;
  writer.byte(QUOTE);
  let from = start;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== BACKSLASH || at + 1 >= end || !isEscaped(bytes[at + 1]!)) continue;
    writer.escaped(from, at - from);
    from = ++at;
  }
  writer.escaped(from, end - from);
  writer.byte(QUOTE);
}
