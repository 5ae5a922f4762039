import { compileGroups, type GroupPattern } from '../../base/regex/compile-groups.js';
import { RegexError } from '../../base/regex/regex.js';
import { FieldError } from '../../config/fields.js';
import type { FormatConfig, Wanted } from '../format.js';
import { libraryOf } from './library/index.js';
import { targetOf } from './target.js';
import { GrokTranslator, type PatternNamed } from './translator.js';

/** The checked options of the format. */
export interface GrokOptions {
  readonly patterns: readonly string[];
  readonly patternNamed: PatternNamed;
  /** How long a record may take. */
  readonly timeoutMs: number;
}

export function grokOptionsOf(config: FormatConfig): GrokOptions {
  const pattern = config.pattern as string | readonly string[];
  const own = new Map(Object.entries((config.patterns ?? {}) as Readonly<Record<string, string>>));
  const library = libraryOf(config.ecs === true);
  return {
    patterns: typeof pattern === 'string' ? [pattern] : pattern,
    patternNamed: (name) => own.get(name) ?? library.get(name),
    timeoutMs: config.timeout as number,
  };
}

export const EVERYTHING: Wanted = { names: new Set(), all: true };

/**
 * Compiles a pattern; only captures that are wanted capture, and those with a type, since a text that is no such value
 * refuses its record whatever is wanted. Throws FieldError.
 */
export function compilePattern(
  pattern: string,
  patternNamed: PatternNamed,
  wanted: Wanted,
  hasLines: boolean,
): GroupPattern {
  const isWanted = (group: string): boolean => {
    const { path, type } = targetOf(group);
    return wanted.all || type !== 'text' || wanted.names.has(path[0]!);
  };
  try {
    return compileGroups(
      (context, hasCopies) => new GrokTranslator(pattern, hasCopies, context, patternNamed),
      { isWanted, hasLines },
    );
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    const place = error.offset === undefined ? '' : ` (at character ${error.offset + 1})`;
    throw new FieldError(`the pattern is wrong: ${error.message}${place}`, error.offset);
  }
}

/** The names of all captures of a pattern, in their order. Throws FieldError. */
export function groupsOf(pattern: string, patternNamed: PatternNamed): readonly string[] {
  return compilePattern(pattern, patternNamed, EVERYTHING, false).groups.map(({ name }) => name);
}
