import { type ArenaWriter, textAddress, textLength, type Vector } from '../batch/index.js';
import { Members } from '../formats/index.js';

const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const QUOTE = 34;
const COLON = 58;
const COMMA = 44;
const encoder = new TextEncoder();
const MESSAGE = encoder.encode('message');

/**
 * Writes one JSON object that has the members of two. Keys are compared as bytes; only where a key has an escape, so that
 * the same name may be spelt in several ways, names are made of them.
 */
export class DocumentJoiner {
  readonly #writer: ArenaWriter;
  readonly #bytes: Uint8Array;
  readonly #hidden: ReadonlySet<string>;
  readonly #hiddenKeys: readonly Uint8Array[];
  readonly #members = new Members();
  /** Start and end of each of the parsed document's keys. */
  #parsedKeys = new Int32Array(64);
  #parsedCount = 0;
  #parsedIsPlain = true;
  #first = true;

  /** @param hidden members of each row's own document that are left out */
  constructor(writer: ArenaWriter, hidden: ReadonlySet<string>) {
    this.#writer = writer;
    this.#bytes = writer.arena.bytes;
    this.#hidden = hidden;
    this.#hiddenKeys = [...hidden].map((name) => encoder.encode(name));
  }

  /** Appends the row's own members that are neither hidden nor in `parsed`, and then those of `parsed`. */
  join(own: Vector, parsed: Vector, row: number): void {
    const members = this.#members;
    this.#collectKeys(parsed, row);
    this.#writer.byte(OPEN_BRACE);
    this.#first = true;
    const names = this.#parsedIsPlain ? undefined : this.#namesOf(parsed, row);
    this.#start(own, row);
    while (members.next()) {
      const plain = !names && this.#isPlain();
      if (plain ? !this.#isKnownKey() : !this.#isKnownName(names)) this.#copyMember();
    }
    this.#start(parsed, row);
    while (members.next()) this.#copyMember();
    this.#writer.byte(CLOSE_BRACE);
  }

  #start({ views }: Vector, row: number): void {
    const address = textAddress(views!, row);
    this.#members.start(this.#bytes, address, address + textLength(views!, row));
  }

  #collectKeys(parsed: Vector, row: number): void {
    const members = this.#members;
    this.#parsedCount = 0;
    this.#parsedIsPlain = true;
    this.#start(parsed, row);
    while (members.next()) {
      if (!this.#isPlain()) this.#parsedIsPlain = false;
      if (this.#parsedCount * 2 === this.#parsedKeys.length) {
        const grown = new Int32Array(this.#parsedKeys.length * 2);
        grown.set(this.#parsedKeys);
        this.#parsedKeys = grown;
      }
      this.#parsedKeys[this.#parsedCount * 2] = members.keyStart;
      this.#parsedKeys[this.#parsedCount * 2 + 1] = members.keyEnd;
      this.#parsedCount++;
    }
  }

  #namesOf(document: Vector, row: number): Set<string> {
    const names = new Set<string>();
    this.#start(document, row);
    while (this.#members.next()) names.add(this.#members.key());
    return names;
  }

  /** Whether the member's name is its key as it stands in the text. */
  #isPlain(): boolean {
    const { implied, keyStart, keyEnd } = this.#members;
    if (implied) return false;
    for (let at = keyStart; at < keyEnd; at++) if (this.#bytes[at] === BACKSLASH) return false;
    return true;
  }

  #isKnownKey(): boolean {
    const { keyStart, keyEnd } = this.#members;
    const length = keyEnd - keyStart;
    for (const key of this.#hiddenKeys) {
      if (key.length === length && sameBytes(this.#bytes, keyStart, key, 0, length)) return true;
    }
    return this.#isParsedKey(this.#bytes, keyStart, length);
  }

  /** @param names those of the parsed document, when its keys are not their names */
  #isKnownName(names: ReadonlySet<string> | undefined): boolean {
    const name = this.#members.key();
    return this.#hidden.has(name) || (names ? names.has(name) : this.#isParsedName(name));
  }

  #isParsedName(name: string): boolean {
    const key = encoder.encode(name);
    return this.#isParsedKey(key, 0, key.length);
  }

  #isParsedKey(key: Uint8Array, start: number, length: number): boolean {
    for (let i = 0; i < this.#parsedCount; i++) {
      const parsedStart = this.#parsedKeys[i * 2]!;
      if (this.#parsedKeys[i * 2 + 1]! - parsedStart !== length) continue;
      if (sameBytes(key, start, this.#bytes, parsedStart, length)) return true;
    }
    return false;
  }

  #copyMember(): void {
    const { implied, keyStart, keyEnd, valueStart, valueEnd } = this.#members;
    const writer = this.#writer;
    if (!this.#first) writer.byte(COMMA);
    this.#first = false;
    writer.byte(QUOTE);
    if (implied) writer.bytes(MESSAGE);
    else writer.copy(keyStart, keyEnd - keyStart);
    writer.byte(QUOTE);
    writer.byte(COLON);
    writer.copy(valueStart, valueEnd - valueStart);
  }
}

function sameBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}
