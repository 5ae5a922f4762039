import { RegexError } from '../../base/regex/regex.js';
import { formatText } from '../format-text.js';
import { regexOf } from '../regex.js';
import { Failure, isList, type Value } from '../values.js';
import { checkText, type FunctionDefinition, method, plain } from './function.js';

function matches(text: string, pattern: string): Value {
  try {
    return regexOf(pattern).test(text);
  } catch (error) {
    if (error instanceof RegexError)
      return new Failure(`no regular expression, ${error.message}: "${pattern}"`);
    throw error;
  }
}

function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function upper(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** Code points, which is what CEL counts, instead of UTF-16 units. */
function hasSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

function substring(text: string, from: bigint, to: bigint | undefined): Value {
  const points = hasSurrogates(text) ? Array.from(text) : text;
  const end = to ?? BigInt(points.length);
  if (from < 0n || end > BigInt(points.length) || from > end) {
    return new Failure(`no substring from ${from} to ${end} in a text of ${points.length}`);
  }
  const part = points.slice(Number(from), Number(end));
  return typeof part === 'string' ? part : part.join('');
}

function charAt(text: string, index: bigint): Value {
  const points = hasSurrogates(text) ? Array.from(text) : text;
  if (index < 0n || index > BigInt(points.length)) {
    return new Failure(`no character ${index} in a text of ${points.length}`);
  }
  return points[Number(index)] ?? '';
}

/** The place of code point `from` in UTF-16 units. As in cel-go only the empty text is looked for behind the last one. */
function placeOf(text: string, part: string, from: bigint): number | Failure {
  const points = Array.from(text);
  const last = BigInt(points.length) - (part === '' ? 0n : 1n);
  if (from < 0n || from > last) return new Failure(`no index ${from} in a text of ${points.length}`);
  return points.slice(0, Number(from)).join('').length;
}

/** A place in UTF-16 units in code points; -1 stays. */
const pointAt = (text: string, place: number): bigint =>
  BigInt(place < 0 ? -1 : Array.from(text.slice(0, place)).length);

/** Where `part` stands at or after code point `from`, in code points; -1 where it does not. */
function indexOf(text: string, part: string, from: bigint): Value {
  const place = placeOf(text, part, from);
  return place instanceof Failure ? place : pointAt(text, text.indexOf(part, place));
}

function lastIndexOf(text: string, part: string, from: bigint): Value {
  const place = placeOf(text, part, from);
  return place instanceof Failure ? place : pointAt(text, text.lastIndexOf(part, place));
}

function split(text: string, separator: string, limit: bigint): Value {
  if (limit === 0n) return [];
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  if (limit < 0n || limit >= BigInt(parts.length)) return parts;
  const kept = parts.slice(0, Number(limit) - 1);
  return [...kept, parts.slice(kept.length).join(separator)];
}

function replace(text: string, from: string, to: string, limit: bigint): Value {
  if (limit < 0n) return text.replaceAll(from, () => to);
  let out = '';
  let at = 0;
  for (let count = 0n; count < limit; count++) {
    const found = text.indexOf(from, at);
    if (found < 0 || (from === '' && found >= text.length)) break;
    out += text.slice(at, found) + to + (from === '' ? text.slice(found, found + 1) : '');
    at = found + Math.max(from.length, 1);
  }
  return out + text.slice(at);
}

function join(items: readonly Value[], separator: string): Value {
  const wrong = items.find((item) => typeof item !== 'string');
  return wrong === undefined ? items.join(separator) : new Failure('join takes a list of strings');
}

/** Unicode white space, as Go's unicode.IsSpace has it. */
function trim(text: string): string {
  const space = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
  return text.replace(new RegExp(`^${space}|${space}$`, 'g'), '');
}

/** The control characters that have an escape of one letter, and what must be escaped in quotes. */
const ESCAPES = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

function quote(text: string): string {
  return `"${Array.from(text, (sign) => ESCAPES.get(sign) ?? sign).join('')}"`;
}

/** Functions on strings: those of CEL's standard and of its strings extension. */
export const TEXT_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'startsWith',
    summary: 'Whether the text begins with another.',
    example: 'path.startsWith("/api/")',
    overloads: [method(['string', 'string'], 'bool', (text, prefix) => text.startsWith(prefix))],
  },
  {
    name: 'endsWith',
    summary: 'Whether the text ends with another.',
    example: 'path.endsWith(".php")',
    overloads: [method(['string', 'string'], 'bool', (text, suffix) => text.endsWith(suffix))],
  },
  {
    name: 'contains',
    summary: 'Whether another text stands somewhere in the text.',
    example: 'agent.contains("bot")',
    overloads: [method(['string', 'string'], 'bool', (text, part) => text.includes(part))],
  },
  {
    name: 'matches',
    summary: 'Whether a regular expression (RE2 syntax) matches somewhere in the text.',
    example: 'path.matches("(?i)^/users/[0-9]+$")',
    overloads: [plain, method].map((style) => style(['string', 'string'], 'bool', matches)),
    checks: [checkText(1, (pattern) => matches('', pattern))],
  },
  {
    name: 'lowerAscii',
    summary: 'The text with A to Z in lower case.',
    example: 'method.lowerAscii()',
    overloads: [method(['string'], 'string', lower)],
  },
  {
    name: 'upperAscii',
    summary: 'The text with a to z in upper case.',
    example: 'level.upperAscii()',
    overloads: [method(['string'], 'string', upper)],
  },
  {
    name: 'trim',
    summary: 'The text without white space at its ends.',
    example: 'message.trim()',
    overloads: [method(['string'], 'string', trim)],
  },
  {
    name: 'split',
    summary: 'The parts of the text between separators, at most as many as a limit says.',
    example: 'path.split("/")[1]',
    overloads: [
      method(['string', 'string'], 'list', (text, separator) => split(text, separator, -1n)),
      method(['string', 'string', 'int'], 'list', split),
    ],
  },
  {
    name: 'join',
    summary: 'The texts of a list in one, with a separator between them.',
    example: 'tags.join(",")',
    overloads: [
      method(['list'], 'string', (items) => join(items, '')),
      method(['list', 'string'], 'string', join),
    ],
  },
  {
    name: 'replace',
    summary: 'The text with one part put in place of another, everywhere or as often as a limit says.',
    example: 'path.replace("//", "/")',
    overloads: [
      method(['string', 'string', 'string'], 'string', (text, from, to) => replace(text, from, to, -1n)),
      method(['string', 'string', 'string', 'int'], 'string', replace),
    ],
  },
  {
    name: 'substring',
    summary: 'The characters from one index up to, without it, another.',
    example: 'host.substring(0, 3)',
    overloads: [
      method(['string', 'int'], 'string', (text, from) => substring(text, from, undefined)),
      method(['string', 'int', 'int'], 'string', substring),
    ],
  },
  {
    name: 'charAt',
    summary: 'The character at an index.',
    example: 'level.charAt(0)',
    overloads: [method(['string', 'int'], 'string', charAt)],
  },
  {
    name: 'indexOf',
    summary: 'The index at which another text first stands, or -1.',
    example: 'path.indexOf("?")',
    overloads: [
      method(['string', 'string'], 'int', (text, part) => pointAt(text, text.indexOf(part))),
      method(['string', 'string', 'int'], 'int', indexOf),
    ],
  },
  {
    name: 'lastIndexOf',
    summary: 'The index at which another text last stands, or -1.',
    example: 'path.lastIndexOf("/")',
    overloads: [
      method(['string', 'string'], 'int', (text, part) => pointAt(text, text.lastIndexOf(part))),
      method(['string', 'string', 'int'], 'int', lastIndexOf),
    ],
  },
  {
    name: 'format',
    summary:
      'The text with its clauses (`%s %d %f %e %b %o %x %X`, and `%.2f`) replaced by the items of a list.',
    example: '"%s took %.1f s".format(["job", 1.25])',
    overloads: [method(['string', 'list'], 'string', formatText)],
  },
  {
    name: 'strings.quote',
    summary: 'The text in double quotes, as an expression could hold it.',
    example: 'strings.quote("a\\tb")',
    overloads: [plain(['string'], 'string', quote)],
  },
  {
    name: 'reverse',
    summary: 'The characters of a text, or the items of a list, in reverse order.',
    example: 'host.split(".").reverse()',
    overloads: [
      method(['string'], 'string', (text) => Array.from(text).reverse().join('')),
      method(['list'], 'list', (items) => (isList(items) ? items.toReversed() : items)),
    ],
  },
];
