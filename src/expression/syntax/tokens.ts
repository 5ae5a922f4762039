import { FieldError } from '../../config/fields.js';
import { bytesOfLiteral, textOfLiteral } from './literals.js';

/** A word, number, text or sign of an expression; `start` and `end` are its place in the text. */
export type Token = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'int' | 'uint'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'name'; readonly name: string }
  /** A name in backticks, which may hold any sign. */
  | { readonly kind: 'quoted'; readonly name: string }
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'end' }
);

const SPACE = /(?:[ \t\n\f\r]+|\/\/[^\n\r]*)+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED = /`([^`\n\r]+)`/y;
const DOUBLE = /(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y;
const INTEGER = /(?:0x[0-9a-fA-F]+|\d+)([uU]?)/y;
const STRING_START = /([rR]?[bB]|[bB]?[rR])?('''|"""|'|")/y;
const SIGN = /&&|\|\||[=!<>]=|[-+*/%!<>?:.,()[\]{}]/y;

/** Takes an expression apart. The last token is of the kind `end`. Throws FieldError. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at = match(SPACE, text, at)?.end ?? at;
    if (at === text.length) break;
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', start: at, end: at });
  return tokens;
}

function match(
  pattern: RegExp,
  text: string,
  at: number,
): { groups: RegExpExecArray; end: number } | undefined {
  pattern.lastIndex = at;
  const groups = pattern.exec(text);
  return groups ? { groups, end: pattern.lastIndex } : undefined;
}

function tokenAt(text: string, start: number): Token {
  const string = match(STRING_START, text, start);
  if (string) return stringAt(text, start, string.end, string.groups[1] ?? '', string.groups[2]!);
  const name = match(NAME, text, start);
  if (name) return { kind: 'name', start, end: name.end, name: name.groups[0] };
  const quoted = match(QUOTED, text, start);
  if (quoted) return { kind: 'quoted', start, end: quoted.end, name: quoted.groups[1]! };
  const double = match(DOUBLE, text, start);
  if (double) return { kind: 'double', start, end: double.end, value: Number(double.groups[0]) };
  const integer = match(INTEGER, text, start);
  if (integer) {
    const [digits, suffix] = integer.groups;
    const value = BigInt(suffix === '' ? digits : digits.slice(0, -1));
    return { kind: suffix === '' ? 'int' : 'uint', start, end: integer.end, value };
  }
  const sign = match(SIGN, text, start);
  if (sign) return { kind: 'sign', start, end: sign.end, text: sign.groups[0] };
  if (text[start] === '`') throw new FieldError('this name has no closing backtick', start);
  throw wrongSign(text, start);
}

/** What other languages write, and what it is in CEL. */
const SIGNS_ELSEWHERE: Readonly<Record<string, string>> = { '=': '==', '&': '&&', '|': '||' };

function wrongSign(text: string, at: number): FieldError {
  const sign = String.fromCodePoint(text.codePointAt(at)!);
  if (sign === '=') return new FieldError('found "=", a comparison is "=="', at, '==');
  return new FieldError(`did not expect "${sign}" here`, at, SIGNS_ELSEWHERE[sign]);
}

/** The string or bytes whose content begins at `from`. */
function stringAt(text: string, start: number, from: number, prefix: string, quote: string): Token {
  const isRaw = /r/i.test(prefix);
  const end = closingQuote(text, from, quote, isRaw);
  if (end < 0) throw new FieldError('this string has no closing quote', start);
  const content = text.slice(from, end);
  const place = { start, end: end + quote.length };
  if (/b/i.test(prefix)) return { kind: 'bytes', ...place, value: bytesOfLiteral(content, from, isRaw) };
  return { kind: 'string', ...place, value: isRaw ? content : textOfLiteral(content, from) };
}

/** Where the closing quote stands, or -1. */
function closingQuote(text: string, from: number, quote: string, isRaw: boolean): number {
  for (let at = from; at < text.length; at++) {
    if (text.startsWith(quote, at)) return at;
    const character = text[at]!;
    if (quote.length === 1 && (character === '\n' || character === '\r')) return -1;
    if (character === '\\' && !isRaw) at++;
  }
  return -1;
}
