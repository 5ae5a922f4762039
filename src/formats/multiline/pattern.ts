import { isAscii, isUtf8 } from 'node:buffer';
import type { LinearRegex } from '../../base/regex/linear-regex.js';
import { compileRegex } from '../../base/regex/regex.js';
import type { LinePatterns } from '../format.js';
import type { LineMachine } from './machine.js';

const State = { CLOSED: 0, OPEN: 1 } as const;

/** Lines that belong together by patterns of the user's. */
export class PatternMachine implements LineMachine {
  readonly states = 2;
  readonly #start: LinearRegex | undefined;
  readonly #continue: LinearRegex | undefined;
  readonly #end: LinearRegex | undefined;

  constructor(patterns: LinePatterns) {
    this.#start = compiled(patterns.start);
    this.#continue = compiled(patterns.continue);
    this.#end = compiled(patterns.end);
  }

  step(bytes: Buffer, start: number, end: number, state: number): number {
    const text = textOf(bytes, start, end);
    const after = this.#end?.test(text) ? State.CLOSED : State.OPEN;
    if (this.#start?.test(text)) return ~after;
    const goesOn = this.#continue?.test(text) ?? true;
    if (state === State.OPEN && goesOn) return after;
    // Where it is said what begins a record, a line that neither does nor goes on with one stands alone.
    return this.#start && !goesOn ? ~State.CLOSED : ~after;
  }
}

function compiled(pattern: string | undefined): LinearRegex | undefined {
  return pattern === undefined ? undefined : compileRegex(pattern);
}

function textOf(bytes: Buffer, start: number, end: number): string {
  const line = bytes.subarray(start, end);
  return !isAscii(line) && isUtf8(line) ? line.toString('utf8') : line.toString('latin1');
}
