import type { LinearRegex } from '../base/regex/linear-regex.js';
import { compileRegex } from '../base/regex/regex.js';

const compiled = new Map<string, LinearRegex>();
const MAX_COMPILED = 256;

/** The pattern compiled, from a small cache since patterns may come from data. Throws RegexError. */
export function regexOf(pattern: string): LinearRegex {
  const known = compiled.get(pattern);
  if (known) return known;
  const regex = compileRegex(pattern);
  if (compiled.size === MAX_COMPILED) compiled.clear();
  compiled.set(pattern, regex);
  return regex;
}
