import { MatchStart } from './match-start.js';

/** Shorter texts are matched at once: backtracking takes at most a few milliseconds there. */
const LONG_TEXT = 1024;

/**
 * Matches a pattern that V8's linear engine takes, fast and without a text on which it takes long. V8's backtracking engine
 * goes over to the linear one only when it has put many choices aside; a loop over one class of characters is none, so
 * trying it from every place takes quadratic time. In long texts the place is found first.
 */
export class LinearRegex {
  readonly expression: RegExp;
  #sticky: RegExp | undefined;
  #start: MatchStart | undefined | null = null;

  constructor(expression: RegExp) {
    this.expression = expression;
  }

  /** The pattern in JavaScript's syntax. */
  get source(): string {
    return this.expression.source;
  }

  test(text: string): boolean {
    return this.exec(text) !== null;
  }

  exec(text: string): RegExpExecArray | null {
    if (text.length < LONG_TEXT) return this.expression.exec(text);
    const start = this.#matchStart?.find(text);
    if (start === undefined) return this.expression.exec(text);
    if (start < 0) return null;
    const { source, flags } = this.expression;
    this.#sticky ??= new RegExp(source, `${flags}y`);
    this.#sticky.lastIndex = start;
    return this.#sticky.exec(text);
  }

  /** As `test`, of a text at [start, end); undefined where it holds other characters than ASCII, or cannot be told so. */
  testAscii(bytes: Uint8Array, start: number, end: number): boolean | undefined {
    return this.#matchStart?.existsIn(bytes, start, end);
  }

  get #matchStart(): MatchStart | undefined {
    if (this.#start === null) this.#start = MatchStart.of(this.expression.source, this.expression.flags);
    return this.#start;
  }
}
