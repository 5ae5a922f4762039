import type { Arena } from '../../batch/index.js';
import type { Step } from './frame.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const SPACE = 0x20;

const decoder = new TextDecoder();

/**
 * Finds members and items in JSON text without parsing it. The text is valid (the decoder checked it) and lies in
 * the arena; a text that is not valid gives some answer, but never a place outside of it.
 */
export class JsonWalker {
  readonly #bytes: Uint8Array;
  /** Where the value that was found last lies. */
  start = 0;
  end = 0;

  constructor(arena: Arena) {
    this.#bytes = arena.bytes;
  }

  /** Finds a member of the object at [from, to); of equal keys the last counts. Returns whether there is one. */
  member(from: number, to: number, step: Exclude<Step, number>): boolean {
    const bytes = this.#bytes;
    let isFound = false;
    let at = this.#skipSpace(from + 1, to);
    while (at < to && bytes[at] === QUOTE) {
      const keyStart = at + 1;
      at = this.#skipString(at, to);
      const isWanted = this.#isKey(keyStart, at - 1, step);
      at = this.#skipSpace(at, to);
      if (bytes[at] !== COLON) return isFound;
      const start = this.#skipSpace(at + 1, to);
      at = this.#skipValue(start, to);
      if (isWanted) {
        isFound = true;
        this.start = start;
        this.end = at;
      }
      at = this.#skipSpace(at, to);
      if (bytes[at] !== COMMA) return isFound;
      at = this.#skipSpace(at + 1, to);
    }
    return isFound;
  }

  /** Finds an item of the array at [from, to). Returns whether there is one. */
  item(from: number, to: number, index: number): boolean {
    let at = this.#skipSpace(from + 1, to);
    for (let i = 0; at < to - 1; i++) {
      const start = at;
      at = this.#skipValue(start, to);
      if (i === index) {
        this.start = start;
        this.end = at;
        return true;
      }
      at = this.#skipSpace(at, to);
      if (this.#bytes[at] !== COMMA) return false;
      at = this.#skipSpace(at + 1, to);
    }
    return false;
  }

  #isKey(start: number, end: number, step: Exclude<Step, number>): boolean {
    const bytes = this.#bytes;
    const wanted = step.bytes;
    const length = end - start;
    if (length === wanted.length) {
      for (let i = 0; ; i++) {
        if (i === length) return true;
        if (bytes[start + i] !== wanted[i]) break;
      }
    }
    // An escape is longer than what it stands for, so only longer keys can be equal in another spelling.
    if (length <= wanted.length || !bytes.subarray(start, end).includes(BACKSLASH)) return false;
    return JSON.parse(decoder.decode(bytes.subarray(start - 1, end + 1))) === step.name;
  }

  #skipSpace(at: number, to: number): number {
    const bytes = this.#bytes;
    while (at < to && bytes[at]! <= SPACE) at++;
    return at;
  }

  /** The address after the string whose opening quote is at `at`. */
  #skipString(at: number, to: number): number {
    const bytes = this.#bytes;
    for (let i = at + 1; i < to; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE) return i + 1;
      if (byte === BACKSLASH) i++;
    }
    return to;
  }

  #skipValue(at: number, to: number): number {
    const bytes = this.#bytes;
    const first = bytes[at]!;
    if (first === QUOTE) return this.#skipString(at, to);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.#skipNested(at, to);
    let end = at;
    // Brackets and braces differ from their opening only in bits that this mask ignores; a scalar holds none.
    while (end < to && bytes[end]! > SPACE && bytes[end] !== COMMA && (bytes[end]! | 0x20) !== 0x7d) end++;
    return end;
  }

  #skipNested(at: number, to: number): number {
    const bytes = this.#bytes;
    let depth = 0;
    for (let i = at; i < to; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE) i = this.#skipString(i, to) - 1;
      else if ((byte | 0x20) === OPEN_BRACE) depth++;
      else if ((byte | 0x20) === 0x7d && --depth === 0) return i + 1;
    }
    return to;
  }
}
