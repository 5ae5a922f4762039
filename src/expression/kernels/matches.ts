import type { LinearRegex } from '../../base/regex/linear-regex.js';
import { type Arena, textAddress, textLength } from '../../batch/index.js';
import { regexOf } from '../regex.js';
import type { Kernel } from './kernel.js';
import type { Rows } from './rows.js';
import {
  type Mismatch,
  selectTexts,
  TextConditionKernel,
  type TextTest,
  TextTestKernel,
} from './text-test.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();
const SIGN = String.raw`(?:[^\\^$.*+?()[\]{}|]|\\[\\^$.*+?()[\]{}|/-])`;
/** A text, perhaps with an anchor on one side. */
const LITERAL = new RegExp(`^(\\^?)(${SIGN}+)(\\$?)$`, 'u');
/** A text at the beginning of a pattern: all of it but a last sign that is repeated, or need not be there. */
const BEGINNING = new RegExp(`^(\\^?)(${SIGN}+)(?![*+?{])`, 'u');

const mismatch: Mismatch = (type) => `expected matches(string, string), found matches(${type}, string)`;

/** `matches` with a constant pattern. */
export function matchesKernel(operand: Kernel, pattern: string): Kernel {
  const [, begins, literal, ends] = LITERAL.exec(pattern) ?? [];
  if (literal === undefined || (begins && ends)) return new RegexKernel(operand, pattern);
  const test = begins ? 'startsWith' : ends ? 'endsWith' : 'contains';
  return new TextTestKernel(test, operand, unescaped(literal), mismatch);
}

const unescaped = (literal: string): string => literal.replace(/\\(.)/gs, '$1');

/** What every text that the pattern matches begins with or holds. */
interface Needed {
  readonly test: TextTest;
  readonly part: Uint8Array;
}

function neededBy(pattern: string): Needed | undefined {
  const [, begins, literal] = (!pattern.includes('|') && BEGINNING.exec(pattern)) || [];
  if (literal === undefined) return undefined;
  return { test: begins ? 'startsWith' : 'contains', part: encoder.encode(unescaped(literal)) };
}

class RegexKernel extends TextConditionKernel {
  readonly #regex: LinearRegex;
  readonly #needed: Needed | undefined;

  constructor(operand: Kernel, pattern: string) {
    super(operand, mismatch);
    this.#regex = regexOf(pattern);
    this.#needed = neededBy(pattern);
  }

  protected select(arena: Arena, views: Int32Array, rows: Rows, into: Int32Array): number {
    const { bytes } = arena;
    const candidates = this.#needed ? into : rows.list;
    const count = this.#needed
      ? selectTexts(arena, this.#needed.test, this.#needed.part, views, rows, into)
      : rows.count;
    let selected = 0;
    for (let i = 0; i < count; i++) {
      const row = candidates[i]!;
      const start = textAddress(views, row);
      const end = start + textLength(views, row);
      const isMatch =
        this.#regex.testAscii(bytes, start, end) ??
        this.#regex.test(decoder.decode(bytes.subarray(start, end)));
      if (isMatch) into[selected++] = row;
    }
    return selected;
  }
}
