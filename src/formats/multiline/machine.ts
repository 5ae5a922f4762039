/**
 * Tells which lines belong together. State 0 says that no record is open: whatever comes begins one. What a line does when it
 * begins a record follows from the line alone, so that a record that is read from its start on is always the same.
 */
export interface LineMachine {
  /** How many states there are; at most 30. */
  readonly states: number;
  /**
   * The state after the line at [start, end), whose newline and carriage return are no part of it, when the line belongs to
   * the open record; the complement (`~state`) when it begins one.
   */
  step(bytes: Buffer, start: number, end: number, state: number): number;
}

const SPACE = 32;
const TAB = 9;

/** Whether the text, ASCII, stands at this address, all of it before `end`. */
export function standsAt(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The first address from `at` on with neither a space nor a tab. */
export function afterBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at;
}

/**
 * Finds a text in line after line. It remembers where the next one is, so that lines before that cost a comparison.
 */
export class TextFinder {
  readonly #text: Buffer;
  #bytes: Buffer | undefined;
  #from = 0;
  #at = 0;

  constructor(text: string) {
    this.#text = Buffer.from(text);
  }

  /** Where the text first stands at [start, end), or -1. The same `bytes` must hold the same each time. */
  find(bytes: Buffer, start: number, end: number): number {
    if (bytes !== this.#bytes || start < this.#from || start > this.#at) {
      const at = bytes.indexOf(this.#text, start);
      this.#bytes = bytes;
      this.#from = start;
      this.#at = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.#at + this.#text.length <= end ? this.#at : -1;
  }
}
