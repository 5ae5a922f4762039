import type { LinearRegex } from '../../base/regex/linear-regex.js';
import { compileRegex, RegexError } from '../../base/regex/regex.js';
import { FieldError } from '../../config/fields.js';

/** A compiled pattern and the names of its groups. */
export interface CompiledPattern {
  readonly expression: LinearRegex;
  readonly names: readonly string[];
}

/** Compiles a pattern of the `regex` format. Throws FieldError when it is wrong or has no named group. */
export function compilePattern(pattern: string): CompiledPattern {
  const expression = compile(pattern);
  const names = Object.keys(new RegExp(`${expression.source}|`).exec('')!.groups ?? {});
  if (names.length === 0) {
    throw new FieldError('expected a named group such as (?<status>\\d+): each becomes a field');
  }
  return { expression, names };
}

function compile(pattern: string): LinearRegex {
  try {
    return compileRegex(pattern);
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown;
    throw new FieldError(`the regular expression is wrong: ${thrown.message}`, thrown.offset);
  }
}
