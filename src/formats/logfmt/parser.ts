import { PairParser, ValueKind } from '../pairs/index.js';

const QUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;
const SPACE = 32;
const U = 117;

/** Bytes that may follow a backslash: `"/\bfnrt` and `u`. */
const ESCAPES = new Uint8Array(256);
for (const char of '"/\\bfnrtu') ESCAPES[char.charCodeAt(0)] = 1;

/**
 * The pairs of one logfmt line, in the grammar of go-logfmt (https://github.com/go-logfmt/logfmt): pairs end at
 * bytes up to U+0020, `=` and `"` stand only where they mean something, and quoted values are escaped as in JSON.
 */
export class LogfmtParser extends PairParser {
  protected split(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (bytes[at]! <= SPACE) at++;
      else at = this.#pair(bytes, at, end);
    }
  }

  /** Reads the pair at `at`. Returns where it ends, or `end` after a problem. */
  #pair(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end && bytes[at]! > SPACE && bytes[at] !== EQUALS && bytes[at] !== QUOTE) at++;
    if (at < end && bytes[at] === QUOTE) return this.refuse(`unexpected '"' in a key`, at, end);
    if (at === from) return this.refuse(`unexpected '=': expected a key before it`, at, end);
    const keyEnd = at;
    if (at === end || bytes[at] !== EQUALS) {
      this.pairs.add(from, keyEnd, ValueKind.TRUE, 0, 0);
      return at;
    }
    const valueStart = at + 1;
    if (valueStart < end && bytes[valueStart] === QUOTE) {
      return this.#quoted(bytes, from, keyEnd, valueStart, end);
    }
    at = valueStart;
    while (at < end && bytes[at]! > SPACE) {
      if (bytes[at] === EQUALS) {
        return this.refuse(`unexpected '=' in a value: values that hold it need quotes`, at, end);
      }
      if (bytes[at] === QUOTE) return this.refuse(`unexpected '"' in a value without quotes`, at, end);
      at++;
    }
    this.pairs.add(from, keyEnd, ValueKind.PLAIN, valueStart, at);
    return at;
  }

  #quoted(bytes: Uint8Array, keyStart: number, keyEnd: number, open: number, end: number): number {
    for (let at = open + 1; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.pairs.add(keyStart, keyEnd, ValueKind.JSON, open, at + 1);
        return at + 1;
      }
      if (byte < SPACE) return this.refuse('invalid quoted value: a control character', at, end);
      if (byte !== BACKSLASH) continue;
      at++;
      if (at >= end) break;
      if (!isEscape(bytes, at, end)) {
        return this.refuse('invalid quoted value: no such escape', at - 1, end);
      }
      if (bytes[at] === U) at += 4;
    }
    return this.refuse('unterminated quoted value', end, end);
  }
}

/** Whether what follows a backslash, at `at`, is an escape of a JSON string. */
function isEscape(bytes: Uint8Array, at: number, end: number): boolean {
  if (ESCAPES[bytes[at]!] === 0) return false;
  if (bytes[at] !== U) return true;
  if (at + 4 >= end) return false;
  for (let i = 1; i <= 4; i++) {
    const byte = bytes[at + i]!;
    const isHex = (byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 102);
    if (!isHex) return false;
  }
  return true;
}
