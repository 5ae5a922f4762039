import { foldCase, PERL_CLASSES, posixClass, unicodeClass } from './classes.js';
import { negated, normalized, type Ranges, sourceOf } from './code-points.js';
import { RegexError } from './regex-error.js';

export interface RegexFlags {
  /** Letters of either case are the same. */
  readonly i: boolean;
  /** `^` and `$` stand at the lines' ends, too. */
  readonly m: boolean;
  /** The dot takes newlines, too. */
  readonly s: boolean;
  /** White space and comments in the pattern mean nothing. */
  readonly x?: boolean;
}

/** A part of a pattern in JavaScript's syntax; `plain` is the same without captures, for copies of it. */
export interface Part {
  readonly text: string;
  readonly plain: string;
}

/** RE2's own bound; a pattern that is copied more often would be large, too. */
const MAX_REPETITIONS = 1000;
/** Of a translated pattern, in UTF-16 units: a Unicode class that is copied often makes it long. */
const MAX_LENGTH = 1_000_000;

const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '0': 0 };
const NEWLINE: Ranges = [[0x0a, 0x0a]];

export const bare = (text: string): Part => ({ text, plain: text });

/** Translates a pattern without its flags to a JavaScript pattern without flags but m. See `compileRegex`. */
export class Translator {
  protected readonly pattern: string;
  protected flags: RegexFlags;
  protected readonly hasCopies: boolean;
  protected at = 0;
  /** How many repetitions without an end there have been, those not counted that are never tried otherwise. */
  protected endless = 0;
  /** Where something begins that is repeated without end and holds such a repetition. */
  nestedAt: number | undefined;

  /** `hasCopies` says to write `a{20}` as twenty a's, since the engine takes only small repetitions. */
  constructor(pattern: string, flags: RegexFlags, hasCopies: boolean) {
    this.pattern = pattern;
    this.flags = flags;
    this.hasCopies = hasCopies;
  }

  translate(): string {
    return this.translatePart().text;
  }

  /** The pattern as a part of another one. */
  translatePart(): Part {
    const part = this.alternatives();
    if (this.at < this.pattern.length) throw new RegexError("unmatched ')'", this.at);
    return part;
  }

  protected fail(message: string): never {
    throw new RegexError(message, this.at);
  }

  /** What stands here, when `expression` (sticky) matches. */
  protected take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.pattern) ?? undefined;
    if (match) this.at += match[0].length;
    return match;
  }

  protected alternatives(): Part {
    const first = this.sequence();
    let { text, plain } = first;
    while (this.take(/\|/y)) {
      const next = this.sequence();
      text += `|${next.text}`;
      plain += `|${next.plain}`;
    }
    return { text, plain };
  }

  protected sequence(): Part {
    let [text, plain] = ['', ''];
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) {
      const part = this.repeated();
      text += part.text;
      plain += part.plain;
      if (text.length > MAX_LENGTH) this.fail('the pattern is too large');
    }
    return { text, plain };
  }

  protected repeated(): Part {
    const start = this.at;
    const before = this.endless;
    const atom = this.atom();
    const isEndless = /[*+]|\{\d*,\}/y.test(this.pattern.slice(this.at));
    if (isEndless && this.endless > before) this.nestedAt ??= start;
    if (isEndless) this.endless++;
    const sign = this.take(/[*+?]\??/y)?.[0];
    if (sign !== undefined) return this.once(suffixed(atom, sign));
    const braces = this.take(/\{(\d+)(,(\d*))?\}(\??)/y);
    if (!braces) return atom;
    const [whole, least, comma, most, lazy] = braces;
    const min = Number(least);
    const max = most ? Number(most) : comma ? undefined : min;
    if (max !== undefined && min > max) this.fail(`numbers out of order in ${whole}`);
    if ((max ?? min) > MAX_REPETITIONS) this.fail(`${whole} repeats more than ${MAX_REPETITIONS} times`);
    if (!this.hasCopies) return this.once(suffixed(atom, whole));
    if (atom.text !== atom.plain && min !== max) {
      this.fail(`${whole} repeats a group with a name in a large pattern`);
    }
    return this.once(copied(atom, min, max, lazy!));
  }

  /** JavaScript and RE2 take no repetition of a repetition without a group. */
  protected once(part: Part): Part {
    if (/[*+?]|\{\d+(?:,\d*)?\}/y.test(this.pattern.slice(this.at))) this.fail('nothing to repeat');
    return part;
  }

  protected atom(): Part {
    const character = this.pattern[this.at]!;
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return bare(sourceOf(this.characterClass()));
      case '.':
        this.at++;
        return bare(sourceOf(negated(this.flags.s ? [] : NEWLINE)));
      case '^':
      case '$':
        this.at++;
        return bare(`(?:${character})`);
      case '*':
      case '+':
      case '?':
        return this.fail('nothing to repeat');
      case '\\':
        return this.escape();
      default:
        return this.literal(this.take(/./suy)![0]);
    }
  }

  protected literal(character: string): Part {
    const point = character.codePointAt(0)!;
    if (/^[A-Za-z0-9 _]$/.test(character) && !(this.flags.i && /[A-Za-z]/.test(character)))
      return bare(character);
    return bare(sourceOf(this.folded([[point, point]])));
  }

  protected folded(ranges: Ranges): Ranges {
    return normalized(this.flags.i ? foldCase(ranges) : ranges);
  }

  protected group(): Part {
    const start = this.at;
    const named = this.take(/\(\?P?<([A-Za-z_]\w*)>/y);
    if (!named && !this.take(/\(\?:/y)) {
      if (this.take(/\(\?<?[=!]/y)) throw new RegexError('look-around is not supported', start);
      if (this.take(/\(\?P?</y)) throw new RegexError('expected a name as in (?<status>\\d+)', start);
      if (this.take(/\(\?/y)) {
        throw new RegexError('flags are supported only at the beginning of the pattern', start);
      }
      this.take(/\(/y);
    }
    const { text, plain } = this.alternatives();
    if (!this.take(/\)/y)) throw new RegexError('unterminated group', start);
    return { text: `(?${named ? `<${named[1]}>` : ':'}${text})`, plain: `(?:${plain})` };
  }

  protected escape(): Part {
    const boundary = this.take(/\\[bB]/y);
    if (boundary) return bare(`(?:${boundary[0]})`);
    const end = this.take(/\\([Az])/y);
    if (end) {
      if (this.flags.m) this.fail(`${end[0]} is not supported beside the flag m`);
      return bare(end[1] === 'A' ? '(?:^)' : '(?:$)');
    }
    return bare(sourceOf(this.escapedSet()));
  }

  /** What an escape takes that stands for a character or a class, inside of brackets or outside. */
  protected escapedSet(): Ranges {
    const unicode = this.take(/\\([pP])(?:\{(\^?)(\w+)\}|([A-Z]))/y);
    if (unicode) {
      const [, letter, negation, long, short] = unicode;
      const ranges = this.folded(unicodeClass(long ?? short!));
      return (letter === 'P') !== (negation === '^') ? negated(ranges) : ranges;
    }
    const perl = this.take(/\\([dswDSW])/y);
    if (perl) {
      const ranges = PERL_CLASSES[perl[1]!.toLowerCase()]!;
      return perl[1] === perl[1]!.toLowerCase() ? normalized(ranges) : negated(ranges);
    }
    const point = this.escapedPoint();
    return this.folded([[point, point]]);
  }

  protected escapedPoint(): number {
    const hex = this.take(/\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/y);
    if (hex) {
      const point = Number.parseInt(hex[1] ?? hex[2]!, 16);
      return point <= 0x10ffff ? point : this.fail(`there is no character ${hex[0]}`);
    }
    const [whole, character] = this.take(/\\(.)/suy) ?? this.fail('the pattern ends with a backslash');
    if (/[1-9]/.test(character!)) this.fail('backreferences are not supported');
    if (Object.hasOwn(CONTROLS, character!)) return CONTROLS[character!]!;
    if (/[A-Za-z0-9]/.test(character!)) this.fail(`the escape "${whole}" is not supported`);
    return character!.codePointAt(0)!;
  }

  protected characterClass(): Ranges {
    const start = this.at;
    const isNegated = this.take(/\[(\^?)/y)![1] === '^';
    const ranges: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || !this.take(/\]/y); isFirst = false) {
      if (this.at >= this.pattern.length) throw new RegexError('a "[" has no "]"', start);
      ranges.push(...this.classItem());
    }
    return isNegated ? negated(ranges) : normalized(ranges);
  }

  protected classItem(): Ranges {
    const posix = this.take(/\[:(\^?)(\w+):\]/y);
    if (posix) {
      const ranges = this.folded(posixClass(posix[0], posix[2]!));
      return posix[1] ? negated(ranges) : ranges;
    }
    if (/\\[dswDSWpP]/y.test(this.pattern.slice(this.at, this.at + 2))) return this.escapedSet();
    const first = this.classPoint();
    if (!this.take(/-(?!\])/y)) return this.folded([[first, first]]);
    const last = this.classPoint();
    if (last < first) this.fail('range out of order in character class');
    return this.folded([[first, last]]);
  }

  protected classPoint(): number {
    if (this.pattern[this.at] === '\\') return this.escapedPoint();
    return (this.take(/./suy)?.[0] ?? this.fail('a "[" has no "]"')).codePointAt(0)!;
  }
}

export function suffixed(atom: Part, suffix: string): Part {
  return { text: atom.text + suffix, plain: atom.plain + suffix };
}

/** `atom{min,max}` without braces, as many as one likes where `max` is undefined. */
function copied(atom: Part, min: number, max: number | undefined, lazy: string): Part {
  const first = atom.plain.repeat(Math.max(min - 1, 0));
  const write = (last: string): string => {
    if (max === undefined) return min === 0 ? `${last}*${lazy}` : `${first}${last}+${lazy}`;
    const optional = max - min;
    const tail = `(?:${atom.plain}`.repeat(optional) + `)?${lazy}`.repeat(optional);
    return min === 0 ? tail : `${first}${last}${tail}`;
  };
  return { text: write(atom.text), plain: write(atom.plain) };
}
