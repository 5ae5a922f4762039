/** Thrown for a pattern that is no RE2 pattern or that cannot be run here. */
export class RegexError extends Error {}

/** What RE2's classes that JavaScript lacks, or reads otherwise, stand for inside of brackets. */
const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};
const SPACE = '\\t\\n\\f\\r ';
const KEPT_ESCAPES = /[dDwWbBtnrfv0^$\\.*+?()[\]{}|/]/;

const compiled = new Map<string, RegExp>();
const MAX_COMPILED = 256;

/** The pattern compiled, from a small cache since patterns may come from data. Throws RegexError. */
export function regexOf(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  const regex = compileRegex(pattern);
  if (compiled.size === MAX_COMPILED) compiled.clear();
  compiled.set(pattern, regex);
  return regex;
}

/**
 * Translates RE2's syntax (https://github.com/google/re2/wiki/Syntax) to a JavaScript RegExp in Unicode mode. Flags
 * are taken from a prefix such as `(?i)`. What RE2 refuses because it cannot be matched in linear time (look-around,
 * backreferences) is refused here, too, so that expressions stay portable.
 */
function compileRegex(pattern: string): RegExp {
  const prefix = /^\(\?([a-zA-Z]*)\)/.exec(pattern);
  const flags = prefix?.[1] ?? '';
  const unknown = /[^ims]/.exec(flags);
  if (unknown) throw new RegexError(`the flag "${unknown[0]}" is not supported, only i, m and s`);
  const source = new Translator(pattern.slice(prefix?.[0].length ?? 0), flags.includes('s')).translate();
  try {
    return new RegExp(source, `u${[...new Set(flags)].join('')}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new RegexError(message.replace(/^Invalid regular expression: .*\/[a-z]*: /s, '').toLowerCase());
  }
}

class Translator {
  readonly #pattern: string;
  readonly #dot: string;
  #at = 0;
  #out = '';

  constructor(pattern: string, dotMatchesAll: boolean) {
    this.#pattern = pattern;
    this.#dot = dotMatchesAll ? '.' : '[^\\n]';
  }

  translate(): string {
    while (this.#at < this.#pattern.length) {
      const character = this.#pattern[this.#at]!;
      if (character === '\\') this.#out += this.#escape(false);
      else if (character === '[') this.#class();
      else if (character === '(') this.#group();
      else if (character === '{') this.#brace();
      else {
        this.#at++;
        this.#out +=
          character === '.'
            ? this.#dot
            : character === ']' || character === '}'
              ? `\\${character}`
              : character;
      }
    }
    return this.#out;
  }

  #group(): void {
    const rest = this.#pattern.slice(this.#at);
    const named = /^\(\?P?<([A-Za-z_]\w*)>/.exec(rest);
    if (named) {
      this.#out += `(?<${named[1]}>`;
      this.#at += named[0].length;
    } else if (rest.startsWith('(?:')) {
      this.#out += '(?:';
      this.#at += 3;
    } else if (/^\(\?(?:[=!]|<[=!])/.test(rest)) {
      throw new RegexError('look-around is not supported');
    } else if (rest.startsWith('(?')) {
      throw new RegexError('flags are supported only at the beginning of the pattern');
    } else {
      this.#out += '(';
      this.#at++;
    }
  }

  /** A brace that is no repetition stands for itself. */
  #brace(): void {
    const repetition = /^\{\d+(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at));
    this.#out += repetition?.[0] ?? '\\{';
    this.#at += repetition?.[0].length ?? 1;
  }

  #escape(inClass: boolean): string {
    const next = this.#pattern[this.#at + 1];
    if (next === undefined) throw new RegexError('the pattern ends with a backslash');
    const rest = this.#pattern.slice(this.#at);
    const long = /^\\(?:x\{([0-9A-Fa-f]+)\}|x[0-9A-Fa-f]{2}|[pP](?:\{\^?\w+\}|[A-Z]))/.exec(rest);
    this.#at += long?.[0].length ?? 2;
    if (long) return translateLong(long[0], long[1]);
    if (next === 's') return inClass ? SPACE : `[${SPACE}]`;
    if (next === 'S' && !inClass) return `[^${SPACE}]`;
    if (next === 'a') return '\\x07';
    if (!inClass && next === 'A') return '(?<![^])';
    if (!inClass && next === 'z') return '(?![^])';
    if (!inClass && next === 'Q') return this.#quoted();
    if (/[1-9]/.test(next)) throw new RegexError('backreferences are not supported');
    if (KEPT_ESCAPES.test(next) || (inClass && next === '-')) return `\\${next}`;
    if (/[A-Za-z0-9]/.test(next)) throw new RegexError(`the escape "\\${next}" is not supported`);
    return next;
  }

  /** `\Q…\E` quotes everything between. */
  #quoted(): string {
    const end = this.#pattern.indexOf('\\E', this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }

  #class(): void {
    const isNegated = this.#pattern[this.#at + 1] === '^';
    this.#at += isNegated ? 2 : 1;
    this.#out += isNegated ? '[^' : '[';
    for (let isFirst = true; ; isFirst = false) {
      const character = this.#pattern[this.#at];
      if (character === undefined) throw new RegexError('a "[" has no "]"');
      if (character === ']' && !isFirst) break;
      const posix = /^\[:(\w+):\]/.exec(this.#pattern.slice(this.#at));
      if (posix) {
        const members = POSIX[posix[1]!];
        if (members === undefined) throw new RegexError(`there is no class "${posix[0]}"`);
        this.#out += members;
        this.#at += posix[0].length;
      } else if (character === '\\') {
        this.#out += this.#escape(true);
      } else {
        this.#out += character === '[' || character === ']' ? `\\${character}` : character;
        this.#at++;
      }
    }
    this.#out += ']';
    this.#at++;
  }
}

/** `\x{1F600}`, and Unicode classes: RE2 names scripts without saying so, and negates with a `^` inside. */
function translateLong(text: string, hex: string | undefined): string {
  if (hex !== undefined) return `\\u{${hex}}`;
  const property = /^\\([pP])\{?(\^?)(\w+)\}?$/.exec(text);
  if (!property) return text;
  const [, letter, negation, name] = property;
  const isNegated = (letter === 'P') !== (negation === '^');
  return `\\${isNegated ? 'P' : 'p'}{${name!.length <= 2 ? name : `Script=${name}`}}`;
}
