import type { LinearRegex } from '../../base/regex/linear-regex.js';
import { type Arena, textAddress, textLength } from '../../batch/index.js';
import { regexOf } from '../regex.js';
import type { Kernel } from './kernel.js';
import type { Rows } from './rows.js';
import { type Mismatch, TextConditionKernel, TextTestKernel } from './text-test.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** A text, perhaps with an anchor on one side. */
const LITERAL = /^(\^?)((?:[^\\^$.*+?()[\]{}|]|\\[\\^$.*+?()[\]{}|/-])+)(\$?)$/;

const mismatch: Mismatch = (type) => `expected matches(string, string), found matches(${type}, string)`;

/** `matches` with a constant pattern. */
export function matchesKernel(operand: Kernel, pattern: string): Kernel {
  const [, begins, literal, ends] = LITERAL.exec(pattern) ?? [];
  if (literal === undefined || (begins && ends)) return new RegexKernel(operand, regexOf(pattern));
  const test = begins ? 'startsWith' : ends ? 'endsWith' : 'contains';
  return new TextTestKernel(test, operand, literal.replace(/\\(.)/gs, '$1'), mismatch);
}

class RegexKernel extends TextConditionKernel {
  readonly #regex: LinearRegex;

  constructor(operand: Kernel, regex: LinearRegex) {
    super(operand, mismatch);
    this.#regex = regex;
  }

  protected select(arena: Arena, views: Int32Array, { list, count }: Rows, into: Int32Array): number {
    const { bytes } = arena;
    let selected = 0;
    for (let i = 0; i < count; i++) {
      const row = list[i]!;
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
