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
  step(bytes: Uint8Array, start: number, end: number, state: number): number;
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

/** Where `text` first stands at or after `at`, or -1. */
export function indexOfText(bytes: Uint8Array, at: number, end: number, text: string): number {
  const first = text.charCodeAt(0);
  const last = end - text.length;
  for (; at <= last; at++) if (bytes[at] === first && standsAt(bytes, at, end, text)) return at;
  return -1;
}
