import { Members } from '../members.js';

const QUOTE = 34;
const DASH = 45;
const POINT = 46;
const ZERO = 48;
const SEVEN = 55;
const UNDERSCORE = 95;

type Kind = 'text' | 'number' | 'level' | 'version';

const encoder = new TextEncoder();

function known(name: string, kind: Kind, isRequired = false) {
  return { name, key: encoder.encode(name), kind, isRequired };
}

/** The members that GELF 1.1 names. */
const KNOWN = [
  known('version', 'version', true),
  known('host', 'text', true),
  known('short_message', 'text', true),
  known('full_message', 'text'),
  known('timestamp', 'number'),
  known('level', 'level'),
  known('facility', 'text'),
  known('line', 'number'),
  known('file', 'text'),
];
const WANTED: Readonly<Record<Kind, string>> = {
  text: 'a text',
  number: 'a number',
  level: 'a level from 0 to 7',
  version: '"1.1"',
};
const VERSION = encoder.encode('"1.1"');
const ID = encoder.encode('_id');

/** What GELF 1.1 asks of a message (https://go2docs.graylog.org/current/getting_in_log_data/gelf.html). */
export class GelfRules {
  readonly #members = new Members();

  /** Says which rule the JSON object at [start, end) breaks; undefined when it keeps them all. */
  problem(bytes: Uint8Array, start: number, end: number): string | undefined {
    const members = this.#members;
    let found = 0;
    members.start(bytes, start, end);
    if (members.implied) return 'expected a JSON object';
    while (members.next()) {
      const index = this.#indexOfKnown(bytes);
      const problem = index < 0 ? this.#own(bytes) : this.#known(bytes, index);
      if (problem !== undefined) return problem;
      if (index >= 0) found |= 1 << index;
    }
    const missing = KNOWN.find(({ isRequired }, index) => isRequired && (found & (1 << index)) === 0);
    return missing && `expected the member "${missing.name}"`;
  }

  #indexOfKnown(bytes: Uint8Array): number {
    const { keyStart, keyEnd } = this.#members;
    for (let i = 0; i < KNOWN.length; i++) if (isText(bytes, keyStart, keyEnd, KNOWN[i]!.key)) return i;
    return -1;
  }

  #known(bytes: Uint8Array, index: number): string | undefined {
    const { valueStart, valueEnd } = this.#members;
    const { name, kind } = KNOWN[index]!;
    const first = bytes[valueStart]!;
    let isRight: boolean;
    if (kind === 'text') isRight = first === QUOTE;
    else if (kind === 'number') isRight = isNumber(first);
    else if (kind === 'level') isRight = valueEnd === valueStart + 1 && first >= ZERO && first <= SEVEN;
    else isRight = isText(bytes, valueStart, valueEnd, VERSION);
    return isRight ? undefined : `expected ${WANTED[kind]} as "${name}"`;
  }

  /** A member that GELF does not name. */
  #own(bytes: Uint8Array): string | undefined {
    const { keyStart, keyEnd, valueStart } = this.#members;
    const first = bytes[valueStart]!;
    if (bytes[keyStart] !== UNDERSCORE || keyEnd === keyStart) {
      return `unexpected member "${this.#members.key()}": names beyond those of GELF begin with "_"`;
    }
    if (isText(bytes, keyStart, keyEnd, ID)) return 'unexpected member "_id", which GELF forbids';
    for (let at = keyStart; at < keyEnd; at++) {
      if (!isInName(bytes[at]!)) {
        return `unexpected member "${this.#members.key()}": names have letters, digits, "_", "-" and "." only`;
      }
    }
    if (first === QUOTE || isNumber(first)) return undefined;
    return `expected a text or a number as "${this.#members.key()}"`;
  }
}

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** Whether the JSON value that begins with this byte is a number. */
export function isNumber(first: number): boolean {
  return first === DASH || (first >= ZERO && first <= 57);
}

function isInName(byte: number): boolean {
  const lower = byte | 32;
  const isLetter = lower >= 97 && lower <= 122;
  return isLetter || (byte >= ZERO && byte <= 57) || byte === UNDERSCORE || byte === DASH || byte === POINT;
}
