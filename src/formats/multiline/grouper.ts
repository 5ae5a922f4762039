import type { LinesOf, MultilineFraming } from '../format.js';
import { JAVA } from './java.js';
import { GO, PYTHON, RUBY } from './languages.js';
import type { LineMachine } from './machine.js';
import { PatternMachine } from './pattern.js';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** How far before the end the last record is looked for at first. */
const LOOK_BACK_BYTES = 8 * 1024;
const LANGUAGES: Readonly<Record<string, LineMachine>> = { java: JAVA, python: PYTHON, go: GO, ruby: RUBY };

export function machineOf(of: LinesOf): LineMachine {
  return LANGUAGES[of.type] ?? new PatternMachine(of);
}

/** Groups lines to records, in the order in which it is given them. */
export class LineGrouper {
  readonly #machine: LineMachine;
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #state = 0;
  #recordStart = 0;
  #lines = 0;

  constructor({ of, maxLines, maxBytes }: MultilineFraming) {
    this.#machine = machineOf(of);
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  /** The next line begins a record. */
  reset(): void {
    this.#state = 0;
  }

  /** Whether a record begins with the line at [start, end), whose newline and carriage return are no part of it. */
  begins(bytes: Buffer, start: number, end: number): boolean {
    let next = this.#machine.step(bytes, start, end, this.#state);
    if (next >= 0 && (this.#lines >= this.#maxLines || end - this.#recordStart > this.#maxBytes))
      next = this.#machine.step(bytes, start, end, 0);
    if (next >= 0) {
      this.#state = next;
      this.#lines++;
      return false;
    }
    this.#state = ~next;
    this.#recordStart = start;
    this.#lines = 1;
    return true;
  }

  /**
   * Where the record begins that lines behind `to` may belong to, or `to` when there is none: of whole lines at [from, to), the
   * first of which begins a record. Looks at no more of them than it takes to be sure.
   */
  openRecord(bytes: Buffer, from: number, to: number): number {
    for (let back = LOOK_BACK_BYTES; ; back *= 8) {
      const isAll = to - back <= from;
      const at = isAll ? from : lineAfter(bytes, to - back, to);
      const start = isAll ? from : this.#certainStart(bytes, at, to);
      if (start < 0) continue;
      this.reset();
      let record = to;
      for (let line = start; line < to; ) {
        const next = lineAfter(bytes, line, to);
        if (this.begins(bytes, line, endOfLine(bytes, line, next))) record = line;
        line = next;
      }
      return this.#state === 0 ? to : record;
    }
  }

  /** The first line at [from, to) that begins a record whatever stands before `from`; -1 when there is none. */
  #certainStart(bytes: Buffer, from: number, to: number): number {
    const { states } = this.#machine;
    let possible = (1 << states) - 1;
    for (let line = from; line < to; ) {
      const next = lineAfter(bytes, line, to);
      const end = endOfLine(bytes, line, next);
      let after = 0;
      let isCertain = true;
      for (let state = 0; state < states; state++) {
        if ((possible & (1 << state)) === 0) continue;
        const step = this.#machine.step(bytes, line, end, state);
        if (step >= 0) isCertain = false;
        after |= 1 << (step < 0 ? ~step : step);
      }
      if (isCertain) return line;
      possible = after;
      line = next;
    }
    return -1;
  }
}

/** The address behind the newline at or after `at`, or `to`. */
export function lineAfter(bytes: Buffer, at: number, to: number): number {
  while (at < to && bytes[at] !== NEWLINE) at++;
  return Math.min(at + 1, to);
}

/** Without the newline before `next` and a carriage return before that. */
export function endOfLine(bytes: Buffer, start: number, next: number): number {
  const end = next > start && bytes[next - 1] === NEWLINE ? next - 1 : next;
  return end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
}
