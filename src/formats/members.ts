const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const COMMA = 44;
const MESSAGE = new TextEncoder().encode('message');
const decoder = new TextDecoder();

/**
 * Walks over the members of a document's JSON text, which is known to be valid JSON. A text that is no object has the
 * one member `message`. One instance is used again and again, so that a walk makes no objects.
 */
export class Members {
  /** Addresses of the key without its quotes, and of the value with them. */
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** Whether the key is not in the text: it is `message`. */
  implied = false;
  #bytes: Uint8Array = MESSAGE;
  #at = 0;
  #end = 0;
  #object = true;

  start(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.#at = this.#skipSpaces(start);
    this.#object = bytes[this.#at] === OPEN_BRACE;
    this.implied = !this.#object;
    if (this.#object) this.#at++;
  }

  /** Moves to the next member; false after the last one. */
  next(): boolean {
    const bytes = this.#bytes;
    if (!this.#object) {
      this.valueStart = this.#at;
      this.valueEnd = this.#endOfValue(this.#at);
      const first = this.#at < this.#end;
      this.#at = this.#end;
      return first;
    }
    this.#at = this.#skipSpaces(this.#at);
    if (bytes[this.#at] === COMMA) this.#at = this.#skipSpaces(this.#at + 1);
    if (this.#at >= this.#end || bytes[this.#at] !== QUOTE) return false;
    this.keyStart = this.#at + 1;
    const afterKey = this.#endOfString(this.#at);
    this.keyEnd = afterKey - 1;
    this.valueStart = this.#skipSpaces(this.#skipSpaces(afterKey) + 1);
    this.valueEnd = this.#endOfValue(this.valueStart);
    this.#at = this.valueEnd;
    return true;
  }

  /** The key as a JavaScript string. */
  key(): string {
    if (this.implied) return 'message';
    const text = decoder.decode(this.#bytes.subarray(this.keyStart, this.keyEnd));
    return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
  }

  #skipSpaces(at: number): number {
    while (at < this.#end && this.#bytes[at]! <= 32) at++;
    return at;
  }

  #endOfString(at: number): number {
    for (at++; at < this.#end && this.#bytes[at] !== QUOTE; at++) if (this.#bytes[at] === BACKSLASH) at++;
    return at + 1;
  }

  #endOfValue(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === QUOTE) return this.#endOfString(start);
    let depth = 0;
    let at = start;
    while (at < this.#end) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        at = this.#endOfString(at);
        continue;
      }
      if (byte === 123 || byte === 91) depth++;
      else if (byte === 125 || byte === 93) {
        if (depth === 0) return at;
        depth--;
        if (depth === 0) return at + 1;
      } else if (depth === 0 && (byte === COMMA || byte <= 32)) return at;
      at++;
    }
    return at;
  }
}
