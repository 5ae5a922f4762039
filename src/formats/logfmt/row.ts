const QUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;
const SPACE = 32;
const U = 117;

/** What stands after a key. BARE: nothing, not even `=`. QUOTED: a text in quotes, these included in its extent. */
export const ValueKind = { BARE: 0, PLAIN: 1, QUOTED: 2 } as const;

const FIRST_CAPACITY = 64;
/** Bytes that may follow a backslash: `"/\bfnrt` and `u`. */
const ESCAPES = new Uint8Array(256);
for (const char of '"/\\bfnrtu') ESCAPES[char.charCodeAt(0)] = 1;

/**
 * The pairs of one logfmt line, in the grammar of go-logfmt (https://github.com/go-logfmt/logfmt): pairs end at
 * bytes up to U+0020, `=` and `"` stand only where they mean something, and quoted values are escaped as in JSON.
 */
export class LogfmtRow {
  count = 0;
  keyStarts = new Int32Array(FIRST_CAPACITY);
  keyEnds = new Int32Array(FIRST_CAPACITY);
  kinds = new Uint8Array(FIRST_CAPACITY);
  valueStarts = new Int32Array(FIRST_CAPACITY);
  valueEnds = new Int32Array(FIRST_CAPACITY);
  #problem: string | undefined;

  /** Splits [start, end). Returns what is wrong with it, or undefined. */
  parse(bytes: Uint8Array, start: number, end: number): string | undefined {
    this.count = 0;
    this.#problem = undefined;
    let at = start;
    while (at < end) {
      if (bytes[at]! <= SPACE) at++;
      else at = this.#pair(bytes, start, at, end);
    }
    return this.#problem;
  }

  /** Reads the pair at `at`. Returns where it ends, or `end` after a problem. */
  #pair(bytes: Uint8Array, start: number, from: number, end: number): number {
    let at = from;
    while (at < end && bytes[at]! > SPACE && bytes[at] !== EQUALS && bytes[at] !== QUOTE) at++;
    if (at < end && bytes[at] === QUOTE) return this.#refuse(`unexpected '"' in a key`, at - start, end);
    if (at === from) return this.#refuse(`unexpected '=': expected a key before it`, at - start, end);
    const pair = this.#add(from, at);
    if (at === end || bytes[at] !== EQUALS) {
      this.kinds[pair] = ValueKind.BARE;
      return at;
    }
    const valueStart = at + 1;
    if (valueStart < end && bytes[valueStart] === QUOTE)
      return this.#quoted(bytes, start, pair, valueStart, end);
    at = valueStart;
    while (at < end && bytes[at]! > SPACE) {
      if (bytes[at] === EQUALS) {
        return this.#refuse(`unexpected '=' in a value: values that hold it need quotes`, at - start, end);
      }
      if (bytes[at] === QUOTE)
        return this.#refuse(`unexpected '"' in a value without quotes`, at - start, end);
      at++;
    }
    this.kinds[pair] = ValueKind.PLAIN;
    this.valueStarts[pair] = valueStart;
    this.valueEnds[pair] = at;
    return at;
  }

  #quoted(bytes: Uint8Array, start: number, pair: number, open: number, end: number): number {
    for (let at = open + 1; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.kinds[pair] = ValueKind.QUOTED;
        this.valueStarts[pair] = open;
        this.valueEnds[pair] = at + 1;
        return at + 1;
      }
      if (byte < SPACE) return this.#refuse('invalid quoted value: a control character', at - start, end);
      if (byte !== BACKSLASH) continue;
      at++;
      if (at >= end) break;
      if (!isEscape(bytes, at, end))
        return this.#refuse('invalid quoted value: no such escape', at - start - 1, end);
      if (bytes[at] === U) at += 4;
    }
    return this.#refuse('unterminated quoted value', end - start, end);
  }

  #refuse(what: string, offset: number, end: number): number {
    this.#problem = `${what} at column ${offset + 1}`;
    return end;
  }

  #add(keyStart: number, keyEnd: number): number {
    const pair = this.count++;
    if (pair === this.keyStarts.length) this.#grow();
    this.keyStarts[pair] = keyStart;
    this.keyEnds[pair] = keyEnd;
    return pair;
  }

  #grow(): void {
    const twice = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.keyStarts = twice(this.keyStarts);
    this.keyEnds = twice(this.keyEnds);
    this.valueStarts = twice(this.valueStarts);
    this.valueEnds = twice(this.valueEnds);
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
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
