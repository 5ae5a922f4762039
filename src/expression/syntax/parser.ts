import { FieldError } from '../../config/fields.js';
import { Uint } from '../values.js';
import type { BinaryOperator, NewSyntax, Syntax, SyntaxEntry, SyntaxItem } from './syntax.js';
import { type Token, tokensOf } from './tokens.js';
import { LEVELS, LITERAL_WORDS, RESERVED, WORDS_ELSEWHERE } from './words.js';

/** So many levels an expression may have; everything that walks it may then recurse. */
export const MAX_DEPTH = 250;

const CLOSING = { '(': ')', '[': ']', '{': '}' } as const;
type Opening = keyof typeof CLOSING;

/**
 * Parses CEL (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax) with optional access (`a.?b`, `a[?b]`,
 * `[?a]`, `{?k: a}`). Beyond it, a name in backticks may also stand at the beginning, and any word after a dot.
 * Throws FieldError with the place of what is wrong, and nothing else whatever the text is.
 */
export function parseSyntax(text: string): Syntax {
  const parser = new Parser(text);
  return parser.whole();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  whole(): Syntax {
    const syntax = this.#expression();
    if (this.#token.kind !== 'end') throw this.#unexpected();
    return syntax;
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The sign or the keyword `in` that stands here, or an empty text. */
  get #sign(): string {
    const token = this.#token;
    if (token.kind === 'sign') return token.text;
    return token.kind === 'name' && token.name === 'in' ? 'in' : '';
  }

  #take(sign: string): boolean {
    if (this.#sign !== sign) return false;
    this.#at++;
    return true;
  }

  #unexpected(): FieldError {
    const { kind, start, end } = this.#token;
    if (kind === 'end') return new FieldError('the expression ends too early', start);
    const found = this.#text.slice(start, end);
    return new FieldError(`did not expect "${found}" here`, start, WORDS_ELSEWHERE[found]);
  }

  #close(opening: Opening, start: number): number {
    const { end, kind } = this.#token;
    if (this.#take(CLOSING[opening])) return end;
    throw kind === 'end' ? new FieldError(`this "${opening}" is never closed`, start) : this.#unexpected();
  }

  #node(syntax: NewSyntax, ...parts: readonly Syntax[]): Syntax {
    const depth = 1 + parts.reduce((most, part) => Math.max(most, part.depth), 0);
    if (depth > MAX_DEPTH) throw tooDeep(syntax.start);
    return { ...syntax, depth } as Syntax;
  }

  #expression(): Syntax {
    if (++this.#depth > MAX_DEPTH) throw tooDeep(this.#token.start);
    const condition = this.#binary(1);
    const syntax = this.#take('?') ? this.#conditional(condition) : condition;
    this.#depth--;
    return syntax;
  }

  #conditional(condition: Syntax): Syntax {
    const consequent = this.#binary(1);
    if (!this.#take(':')) throw this.#unexpected();
    const alternative = this.#expression();
    const place = { start: condition.start, end: alternative.end };
    return this.#node(
      { kind: 'conditional', ...place, condition, consequent, alternative },
      condition,
      consequent,
      alternative,
    );
  }

  #binary(level: number): Syntax {
    let left = level > 5 ? this.#unary() : this.#binary(level + 1);
    const operands = [left];
    for (;;) {
      const operator = this.#sign as BinaryOperator;
      if (LEVELS[operator] !== level) break;
      this.#at++;
      const right = level === 5 ? this.#unary() : this.#binary(level + 1);
      if (level <= 2) operands.push(right);
      else left = this.#pair(operator, left, right);
    }
    return level <= 2 ? this.#balanced(level === 1 ? '||' : '&&', operands) : left;
  }

  #pair(operator: BinaryOperator, left: Syntax, right: Syntax): Syntax {
    const place = { start: left.start, end: right.end };
    return this.#node({ kind: 'binary', ...place, operator, left, right }, left, right);
  }

  /** `&&` and `||` may be grouped as one likes, so a thousand of them are ten levels deep. */
  #balanced(operator: '&&' | '||', operands: readonly Syntax[]): Syntax {
    if (operands.length === 1) return operands[0]!;
    const middle = operands.length >> 1;
    return this.#pair(
      operator,
      this.#balanced(operator, operands.slice(0, middle)),
      this.#balanced(operator, operands.slice(middle)),
    );
  }

  #unary(): Syntax {
    const { start } = this.#token;
    const operator = this.#sign;
    if (operator !== '!' && operator !== '-') return this.#member();
    this.#at++;
    const number = this.#token;
    if (operator === '-' && (number.kind === 'int' || number.kind === 'double')) {
      this.#at++;
      return this.#suffixes(this.#number({ ...number, start, value: -number.value } as typeof number));
    }
    if (++this.#depth > MAX_DEPTH) throw tooDeep(start);
    const of = this.#unary();
    this.#depth--;
    return this.#node({ kind: 'unary', start, end: of.end, operator, of }, of);
  }

  #member(): Syntax {
    return this.#suffixes(this.#primary());
  }

  #suffixes(primary: Syntax): Syntax {
    let syntax = primary;
    for (;;) {
      const { start } = this.#token;
      if (this.#take('.')) syntax = this.#dot(syntax);
      else if (this.#take('[')) {
        const isOptional = this.#take('?');
        const key = this.#expression();
        const place = { start: syntax.start, end: this.#close('[', start) };
        syntax = this.#node({ kind: 'index', ...place, of: syntax, key, isOptional }, syntax, key);
      } else if (this.#sign === '{' && isTypeName(syntax)) {
        throw new FieldError('there are no messages, write a map: {"name": value}', start);
      } else return syntax;
    }
  }

  #dot(of: Syntax): Syntax {
    const isOptional = this.#take('?');
    const token = this.#token;
    if (token.kind !== 'name' && token.kind !== 'quoted') throw this.#unexpected();
    this.#at++;
    const { name, start: nameStart } = token;
    if (token.kind === 'name' && !isOptional && this.#sign === '(') {
      return this.#call(of, name, nameStart, of.start);
    }
    const place = { start: of.start, end: token.end };
    return this.#node({ kind: 'select', ...place, of, name, nameStart, isOptional }, of);
  }

  #call(receiver: Syntax | undefined, name: string, nameStart: number, start: number): Syntax {
    const opening = this.#token.start;
    this.#at++;
    const args: Syntax[] = [];
    while (this.#sign !== ')') {
      args.push(this.#expression());
      if (!this.#take(',')) break;
    }
    const place = { start, end: this.#close('(', opening) };
    const parts = receiver ? [receiver, ...args] : args;
    return this.#node({ kind: 'call', ...place, receiver, name, nameStart, args }, ...parts);
  }

  #primary(): Syntax {
    const token = this.#token;
    const { start, end } = token;
    switch (token.kind) {
      case 'int':
      case 'uint':
      case 'double':
        this.#at++;
        return this.#number(token);
      case 'string':
      case 'bytes':
        this.#at++;
        return this.#node({ kind: 'literal', start, end, value: token.value });
      case 'name':
      case 'quoted':
        return this.#name(false, start);
      case 'end':
        throw this.#unexpected();
    }
    this.#at++;
    switch (token.text) {
      case '.':
        return this.#name(true, start);
      case '(': {
        const inner = this.#expression();
        this.#close('(', start);
        return inner;
      }
      case '[':
        return this.#list(start);
      case '{':
        return this.#map(start);
    }
    this.#at--;
    throw this.#unexpected();
  }

  #number(token: Extract<Token, { kind: 'int' | 'uint' | 'double' }>): Syntax {
    const { kind, start, end, value } = token;
    if (kind === 'double') return this.#node({ kind: 'literal', start, end, value });
    const isExact = (kind === 'int' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) === value;
    if (!isExact) throw new FieldError('this integer does not fit 64 bits', start);
    return this.#node({ kind: 'literal', start, end, value: kind === 'int' ? value : new Uint(value) });
  }

  #name(isRoot: boolean, start: number): Syntax {
    const token = this.#token;
    if (token.kind !== 'name' && token.kind !== 'quoted') throw this.#unexpected();
    this.#at++;
    const { name, end } = token;
    const isQuoted = token.kind === 'quoted';
    if (!isQuoted && this.#sign === '(') return this.#call(undefined, name, token.start, start);
    if (!isQuoted && !isRoot && LITERAL_WORDS.has(name)) {
      return this.#node({ kind: 'literal', start, end, value: LITERAL_WORDS.get(name)! });
    }
    if (!isQuoted && name === 'in') {
      this.#at--;
      throw this.#unexpected();
    }
    if (!isQuoted && RESERVED.has(name)) {
      const message = `"${name}" is a reserved word of CEL; as a field's name it stands in backticks`;
      throw new FieldError(message, token.start, `\`${name}\``);
    }
    return this.#node({ kind: 'name', start, end, name, isRoot, isQuoted });
  }

  #list(start: number): Syntax {
    const items: SyntaxItem[] = [];
    while (this.#sign !== ']') {
      const isOptional = this.#take('?');
      items.push({ isOptional, value: this.#expression() });
      if (!this.#take(',')) break;
    }
    const end = this.#close('[', start);
    return this.#node({ kind: 'list', start, end, items }, ...items.map(({ value }) => value));
  }

  #map(start: number): Syntax {
    const entries: SyntaxEntry[] = [];
    while (this.#sign !== '}') {
      const isOptional = this.#take('?');
      const key = this.#expression();
      if (!this.#take(':')) throw this.#unexpected();
      entries.push({ isOptional, key, value: this.#expression() });
      if (!this.#take(',')) break;
    }
    const end = this.#close('{', start);
    const parts = entries.flatMap(({ key, value }) => [key, value]);
    return this.#node({ kind: 'map', start, end, entries }, ...parts);
  }
}

/** Whether it could be the name of a message's type, as in `google.rpc.Status{code: 5}`. */
function isTypeName(syntax: Syntax): boolean {
  if (syntax.kind === 'select') return isTypeName(syntax.of);
  return syntax.kind === 'name';
}

function tooDeep(offset: number): FieldError {
  return new FieldError(`an expression may be ${MAX_DEPTH} levels deep, this one is deeper`, offset);
}
