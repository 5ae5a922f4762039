import type { LineMachine } from './machine.js';

/** A line that belongs to the open record in one of these states. */
export interface LineRule {
  readonly from: readonly number[];
  readonly line: RegExp;
  readonly to: number;
  /** Such a line stands in such records alone: without one it begins one. */
  readonly isTelling?: true;
}

/** A line that begins a record. */
export interface StartRule {
  readonly line: RegExp;
  readonly to: number;
}

/** A machine whose lines are told by expressions, which take linear time. */
export class RuleMachine implements LineMachine {
  readonly states: number;
  readonly #rules: readonly LineRule[];
  readonly #starts: readonly StartRule[];
  readonly #mayStart: (bytes: Buffer, start: number, end: number) => boolean;

  /** @param mayStart quickly tells most lines that neither begin a record of several lines nor are telling */
  constructor(
    states: number,
    starts: readonly StartRule[],
    rules: readonly LineRule[],
    mayStart: (bytes: Buffer, start: number, end: number) => boolean,
  ) {
    this.states = states;
    this.#rules = rules;
    this.#starts = starts;
    this.#mayStart = mayStart;
  }

  step(bytes: Buffer, start: number, end: number, state: number): number {
    const mayStart = this.#mayStart(bytes, start, end);
    if (state === 0 && !mayStart) return ~0;
    const text = textOf(bytes, start, end);
    for (const { from, line, to } of this.#rules) if (from.includes(state) && line.test(text)) return to;
    return mayStart ? ~this.#begins(text) : ~0;
  }

  #begins(text: string): number {
    for (const { line, to } of this.#starts) if (line.test(text)) return to;
    for (const { isTelling, line, to } of this.#rules) if (isTelling && line.test(text)) return to;
    return 0;
  }
}

/** Longer lines of traces are not told apart by what comes behind. */
const SEEN_BYTES = 4096;

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, Math.min(end, start + SEEN_BYTES));
}
