import { grouped, type OnigurumaContext, OnigurumaTranslator } from '../../base/regex/oniguruma.js';
import { RegexError } from '../../base/regex/regex.js';
import type { Part, RegexFlags } from '../../base/regex/translator.js';

/** In grok the dot takes newlines, too. */
const FLAGS: RegexFlags = { i: false, m: false, s: true };
/** `%{NAME}`, `%{NAME:field}` or `%{NAME:field:type}`; behind the name, after a space, a remark may stand. */
const REFERENCE = /%\{([\w.-]+)(?: [^:}]*)?(?::([^:}]+))?(:\w+)?\}/y;

/** The text of a named pattern, or undefined. */
export type PatternNamed = (name: string) => string | undefined;

/**
 * Translates a grok pattern: Oniguruma's syntax with references to named patterns. What a reference names becomes the
 * name of a capturing group, `field` or `field:type`; so a group of the user's may name a type, too.
 */
export class GrokTranslator extends OnigurumaTranslator {
  private readonly patternNamed: PatternNamed;
  /** The names of the patterns that this one is in. */
  private readonly within: readonly string[];

  constructor(
    pattern: string,
    hasCopies: boolean,
    context: OnigurumaContext,
    patternNamed: PatternNamed,
    within: readonly string[] = [],
    flags = FLAGS,
  ) {
    super(pattern, flags, hasCopies, context);
    this.patternNamed = patternNamed;
    this.within = within;
  }

  protected override atom(): Part {
    if (!this.pattern.startsWith('%{', this.at)) return super.atom();
    const start = this.at;
    const reference = this.take(REFERENCE);
    if (!reference) this.fail('expected %{NAME}, %{NAME:field} or %{NAME:field:type}');
    const [, name, field, type = ''] = reference;
    const inside = (): Part => this.referred(name!, start);
    return field === undefined ? grouped(inside()) : this.named(field + type, inside);
  }

  private referred(name: string, start: number): Part {
    const text = this.patternNamed(name);
    if (text === undefined) throw new RegexError(`there is no pattern "${name}"`, start);
    const within = [...this.within, name];
    if (this.within.includes(name)) {
      throw new RegexError(`the pattern ${name} is a part of itself: ${within.join(' → ')}`, start);
    }
    const { hasCopies, context, patternNamed } = this;
    try {
      const inner = new GrokTranslator(text, hasCopies, context, patternNamed, within, this.flags);
      const part = inner.translatePart();
      this.endless += inner.endless;
      return part;
    } catch (error) {
      if (!(error instanceof RegexError) || error.message.includes(name)) throw error;
      throw new RegexError(`in the pattern ${name}: ${error.message}`, start);
    }
  }
}
