import type { Arena, ArenaWriter } from '../../batch/index.js';
import { Pairs } from './pairs.js';

/**
 * What stands for a value. TRUE: nothing, the key alone. PLAIN: the text itself. JSON: any JSON value. ESCAPED: a text
 * with escapes, which the parser knows.
 */
export const ValueKind = { TRUE: 0, PLAIN: 1, JSON: 2, ESCAPED: 3 } as const;

/** Takes records apart that name their own fields, each with a value; one parser is used again and again. */
export abstract class PairParser {
  readonly pairs = new Pairs();
  #problem: string | undefined;
  #start = 0;

  /** Before the records of a batch. */
  begin(_arena: Arena): void {}

  /**
   * Splits [start, end). Returns what is wrong with it, or undefined.
   * @param writer lends memory for keys that do not stand in the record as they are
   */
  parse(bytes: Uint8Array, start: number, end: number, writer: ArenaWriter): string | undefined {
    this.pairs.clear();
    this.#problem = undefined;
    this.#start = start;
    this.split(bytes, start, end, writer);
    return this.#problem;
  }

  protected abstract split(bytes: Uint8Array, start: number, end: number, writer: ArenaWriter): void;

  /** Writes a value of the kind ESCAPED without its escapes to `to`. It never grows. Returns the end of what was written. */
  unescape(_bytes: Uint8Array, _start: number, _end: number, to: number): number {
    return to;
  }

  /** Says what is wrong with the record, and where. Returns `end`, so that the reading of it ends. */
  protected refuse(what: string, at: number, end: number): number {
    this.#problem = `${what} at column ${at - this.#start + 1}`;
    return end;
  }
}
