import { LinearRegex } from './linear-regex.js';
import { OnigurumaContext, type OnigurumaTranslator } from './oniguruma.js';
import { linearFault, RegexError } from './regex.js';

/** A compiled pattern whose groups are found by number, which is faster than by name. */
export interface GroupPattern {
  readonly expression: Pick<RegExp, 'exec'>;
  /** The groups that capture: what they are called, and their numbers. A name may stand for several. */
  readonly groups: readonly { readonly name: string; readonly number: number }[];
  /** It takes time linear in the text, whatever the text is. */
  readonly isLinear: boolean;
  /** Where in it something begins that is repeated without end and holds what is, if there is such a thing. */
  readonly nestedAt: number | undefined;
}

export interface GroupOptions {
  /** Whether a group of this name has to capture. */
  readonly isWanted: (name: string) => boolean;
  /** For texts that hold newlines: `^` and `$` are at each line then. */
  readonly hasLines: boolean;
}

/**
 * Compiles a pattern in Oniguruma's syntax: to one that takes linear time if that is possible. Throws RegexError.
 * @param translator makes the translator of the pattern
 */
export function compileGroups(
  translator: (context: OnigurumaContext, hasCopies: boolean) => OnigurumaTranslator,
  { isWanted, hasLines }: GroupOptions,
): GroupPattern {
  const flags = hasLines ? 'm' : '';
  const translated = (hasCopies: boolean): Translated => {
    const context = new OnigurumaContext(isWanted, hasLines);
    const made = translator(context, hasCopies);
    const source = made.translate();
    return { context, source, nestedAt: made.nestedAt };
  };
  const plain = translated(false);
  if (!plain.context.needsBacktracking) {
    if (linearFault(plain.source, flags) === undefined) return patternOf(plain, flags, true);
    const copies = copiesOf(() => translated(true));
    if (copies && linearFault(copies.source, flags) === undefined) return patternOf(copies, flags, true);
  }
  return patternOf(plain, flags, false);
}

interface Translated {
  readonly context: OnigurumaContext;
  readonly source: string;
  readonly nestedAt: number | undefined;
}

/** A pattern that has no copies (it would be too large, or repeat a group with a name) is matched by backtracking. */
function copiesOf<T>(translated: () => T): T | undefined {
  try {
    return translated();
  } catch (error) {
    if (error instanceof RegexError) return undefined;
    throw error;
  }
}

const TOKENS = /\\k<(\w+)>|\\.|\[(?:\\.|[^\]\\])*\]|\(\?<(\w+)>/gs;

/** Puts numbers in the place of names, since V8 makes an object for the names with each match. */
function patternOf(
  { context, source, nestedAt }: Translated,
  flags: string,
  isLinear: boolean,
): GroupPattern {
  const names = Array.from(source.matchAll(TOKENS)).flatMap(([, , name]) =>
    name === undefined ? [] : [name],
  );
  const numbered = source.replace(TOKENS, (token, reference?: string, name?: string) => {
    if (reference !== undefined) return `\\${names.indexOf(reference) + 1}`;
    return name === undefined ? token : '(';
  });
  const groups = context.groups.map((name, group) => ({ name, number: names.indexOf(`g${group}`) + 1 }));
  const expression = compiled(numbered, flags);
  return { expression: isLinear ? new LinearRegex(expression) : expression, groups, isLinear, nestedAt };
}

function compiled(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const { message } = error as Error;
    throw new RegexError(message.slice(message.lastIndexOf(': ') + 2).toLowerCase());
  }
}
