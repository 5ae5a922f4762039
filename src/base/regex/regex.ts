import { setFlagsFromString } from 'node:v8';
import { LinearRegex } from './linear-regex.js';
import { RegexError } from './regex-error.js';
import { type RegexFlags, Translator } from './translator.js';

export { RegexError };

// Backtracking is fast as a rule, but takes exponential time on some texts. With these, V8 hands a match that has
// backtracked 50,000 times to its linear engine, and knows the flag l, which refuses what that engine cannot match.
setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/**
 * Compiles a pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax) to one that takes time linear in the
 * text, whatever the text is. Names of groups and flags such as `(?i)`, in front of the pattern, are supported; as
 * in RE2, look-around and backreferences are not. Matches code points of well-formed texts. Throws RegexError.
 */
export function compileRegex(pattern: string): LinearRegex {
  const prefix = /^\(\?([a-zA-Z]+)\)/.exec(pattern)?.[0] ?? '';
  const unknown = /[^ims]/.exec(prefix.slice(2, -1));
  if (unknown)
    throw new RegexError(`the flag "${unknown[0]}" is not supported, only i, m and s`, unknown.index + 2);
  const flags = { i: prefix.includes('i'), m: prefix.includes('m'), s: prefix.includes('s') };
  try {
    return compileLinear(pattern.slice(prefix.length), flags);
  } catch (error) {
    if (error instanceof RegexError) throw new RegexError(error.message, (error.offset ?? 0) + prefix.length);
    throw error;
  }
}

function compileLinear(pattern: string, flags: RegexFlags): LinearRegex {
  const jsFlags = flags.m ? 'm' : '';
  for (const hasCopies of [false, true]) {
    const source = new Translator(unquoted(pattern), flags, hasCopies).translate();
    const message = linearFault(source, jsFlags);
    if (message === undefined) return new LinearRegex(new RegExp(source, jsFlags));
    if (!message.endsWith('linear time')) throw new RegexError(message);
  }
  throw new RegexError('the pattern is too large');
}

/** Why V8's linear engine does not take a pattern, undefined when it does. */
export function linearFault(source: string, flags: string): string | undefined {
  try {
    new RegExp(source, `${flags}l`);
    return undefined;
  } catch (error) {
    const message = (error as Error).message;
    return message.slice(message.lastIndexOf(': ') + 2).toLowerCase();
  }
}

/** Writes `\Q…\E` with an escape before each sign. */
function unquoted(pattern: string): string {
  return pattern.replace(/\\Q(.*?)(?:\\E|$)|\\./gs, (whole, text: string | undefined) =>
    text === undefined ? whole : text.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&'),
  );
}
