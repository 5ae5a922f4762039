import { PERL_CLASSES } from './classes.js';
import { negated, normalized, type Ranges } from './code-points.js';
import { RegexError } from './regex-error.js';
import { bare, type Part, type RegexFlags, suffixed, Translator } from './translator.js';

/** What the parts of one pattern share while it is translated. */
export class OnigurumaContext {
  /** The capturing groups' names, in the order in which they begin; `groupName` is what they have in the translation. */
  readonly groups: string[] = [];
  atoms = 0;
  /** Something in it keeps engines from matching it in linear time. */
  needsBacktracking = false;

  /**
   * @param isWanted whether a group of this name has to capture
   * @param hasLines the pattern is for texts of several lines, where `^` and `$` are at each of them
   */
  constructor(
    readonly isWanted: (name: string) => boolean,
    readonly hasLines: boolean,
  ) {}
}

const groupName = (group: number): string => `g${group}`;

const HEX: Ranges = [
  [0x30, 0x39],
  [0x41, 0x46],
  [0x61, 0x66],
];
const SPACE: Ranges = [...PERL_CLASSES.s!, [0x0b, 0x0b]];

/**
 * Translates the syntax of Oniguruma, Ruby's engine (https://github.com/kkos/oniguruma/blob/master/doc/RE), in which grok
 * patterns are written. Beyond RE2's it has look-around, atomic groups, possessive repetitions, references to named
 * groups, flags anywhere, classes inside of classes, `&&` and comments. As there, groups without a name do not capture.
 */
export class OnigurumaTranslator extends Translator {
  protected readonly context: OnigurumaContext;

  constructor(pattern: string, flags: RegexFlags, hasCopies: boolean, context: OnigurumaContext) {
    super(pattern, flags, hasCopies);
    this.context = context;
  }

  protected override repeated(): Part {
    this.skipComments();
    if (this.at >= this.pattern.length || '|)'.includes(this.pattern[this.at]!)) return bare('');
    const { endless } = this;
    let part = super.repeated();
    for (;;) {
      const before = this.pattern[this.at - 1]!;
      const sign = this.take(/[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\}/y)?.[0];
      if (sign === undefined) return part;
      const isPossessive = sign === '+' && '*+?'.includes(before);
      part = isPossessive ? this.atomic(part, endless) : suffixed(grouped(part), sign.replace('{,', '{0,'));
    }
  }

  /** Here a repetition may be repeated, and a plus behind one makes it possessive. */
  protected override once(part: Part): Part {
    return part;
  }

  /** In extended patterns (flag x) white space and what follows a `#` mean nothing. */
  private skipComments(): void {
    while (this.take(/\(\?#(?:\\.|[^)\\])*\)/sy) || (this.flags.x && this.take(/\s+|#[^\n]*/y)));
  }

  protected override group(): Part {
    const start = this.at;
    const { endless } = this;
    if (this.take(/\(\?>/y)) return this.atomic(this.inside(start), endless);
    const look = this.take(/\(\?<?[=!]/y)?.[0];
    if (look !== undefined) {
      this.context.needsBacktracking = true;
      const { text } = this.inside(start);
      return bare(`(?:${look}${text}))`);
    }
    const flags = this.take(/\(\?([imx]*)(?:-([imx]+))?(:|\))/y);
    if (flags) return this.flagged(flags, start);
    const named = this.take(/\(\?(?:P?<([^=!>][^>]*)>|'([^']+)')/y);
    if (named) return this.named((named[1] ?? named[2])!, () => this.inside(start));
    if (this.take(/\(\?/y)) throw new RegexError('this kind of group is not supported', start);
    this.take(/\(/y);
    return grouped(this.inside(start));
  }

  /** A group that captures where its name is wanted. */
  protected named(name: string, inside: () => Part): Part {
    const { context } = this;
    if (!context.isWanted(name)) return grouped(inside());
    const group = context.groups.push(name) - 1;
    const { text, plain } = inside();
    return { text: `(?<${groupName(group)}>${text})`, plain: `(?:${plain})` };
  }

  private inside(start: number): Part {
    const { flags } = this;
    const part = this.alternatives();
    this.flags = flags;
    if (!this.take(/\)/y)) throw new RegexError('unterminated group', start);
    return part;
  }

  /** `(?i:…)`, or `(?i)…` for the rest of the group that it stands in. */
  private flagged([, on, off = '', end]: RegExpExecArray, start: number): Part {
    const { flags } = this;
    // What is m here (the dot takes newlines) is always so in grok.
    const set = (flag: string, before: boolean | undefined): boolean =>
      on!.includes(flag) || (before === true && !off.includes(flag));
    this.flags = { ...flags, i: set('i', flags.i), x: set('x', flags.x) };
    const part = end === ':' ? this.inside(start) : this.alternatives();
    this.flags = flags;
    return grouped(part);
  }

  /**
   * JavaScript has no atomic groups, but what a look-ahead found is never looked for again.
   * @param endless how many repetitions there were before it
   */
  private atomic(part: Part, endless: number): Part {
    const { context } = this;
    this.endless = endless;
    context.needsBacktracking = true;
    const name = `a${context.atoms++}`;
    return bare(`(?:(?=(?<${name}>${part.text}))\\k<${name}>)`);
  }

  protected override escape(): Part {
    if (this.take(/\\Z/y)) return this.end('(?:(?=\\n?(?![^])))');
    if (this.take(/\\z/y)) return this.end('(?![^])');
    if (this.take(/\\A/y)) {
      if (!this.context.hasLines) return bare('(?:^)');
      this.context.needsBacktracking = true;
      return bare('(?<![^])');
    }
    if (this.take(/\\R/y)) return bare('(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])');
    const reference = this.take(/\\k<([^>]+)>/y);
    if (reference) {
      const group = this.context.groups.lastIndexOf(reference[1]!);
      if (group < 0) this.fail(`there is no group "${reference[1]}" before the reference`);
      this.context.needsBacktracking = true;
      return bare(`(?:\\k<${groupName(group)}>)`);
    }
    if (/[1-9]/.test(this.pattern[this.at + 1] ?? '')) {
      this.fail('a reference needs a name: (?<quote>[\'"]) and \\k<quote>');
    }
    return super.escape();
  }

  private end(multiline: string): Part {
    if (!this.context.hasLines) return bare('(?:$)');
    this.context.needsBacktracking = true;
    return bare(multiline);
  }

  protected override escapedSet(): Ranges {
    const hex = this.take(/\\[hH]/y)?.[0];
    if (hex !== undefined) return hex === '\\h' ? HEX : negated(HEX);
    const space = this.take(/\\[sS]/y)?.[0];
    if (space !== undefined) return space === '\\s' ? normalized(SPACE) : negated(SPACE);
    return super.escapedSet();
  }

  protected override escapedPoint(): number {
    const unicode = this.take(/\\u([0-9A-Fa-f]{4})/y);
    if (unicode) return Number.parseInt(unicode[1]!, 16);
    return this.take(/\\e/y) ? 0x1b : super.escapedPoint();
  }

  protected override characterClass(): Ranges {
    const start = this.at;
    const isNegated = this.take(/\[(\^?)/y)![1] === '^';
    let common: Ranges | undefined;
    let ranges: Ranges = [];
    const both = (): Ranges => (common ? intersection(common, ranges) : normalized(ranges));
    for (let isFirst = true; isFirst || !this.take(/\]/y); isFirst = false) {
      if (this.at >= this.pattern.length) throw new RegexError('a "[" has no "]"', start);
      if (this.take(/&&/y)) {
        common = both();
        ranges = [];
      } else {
        ranges = [...ranges, ...this.classItem()];
      }
    }
    return isNegated ? negated(both()) : both();
  }

  protected override classItem(): Ranges {
    if (/\\[hHR]/y.test(this.pattern.slice(this.at, this.at + 2))) return this.escapedSet();
    const isClass = /\[(?!:\^?\w+:\])/y.test(this.pattern.slice(this.at));
    return isClass ? this.characterClass() : super.classItem();
  }
}

function intersection(a: Ranges, b: Ranges): Ranges {
  return negated([...negated(a), ...negated(b)]);
}

export function grouped({ text, plain }: Part): Part {
  return { text: `(?:${text})`, plain: `(?:${plain})` };
}
