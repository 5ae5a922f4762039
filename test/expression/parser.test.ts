import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FieldError } from '../../src/config/fields.js';
import { parseExpression } from '../../src/expression/index.js';
import { MAX_DEPTH, parseSyntax } from '../../src/expression/syntax/parser.js';
import type { Syntax } from '../../src/expression/syntax/syntax.js';
import { runs } from '../support/property.js';

/** A tree in brackets, so that one sees what holds together. */
function shape(syntax: Syntax): string {
  switch (syntax.kind) {
    case 'literal':
      return String(syntax.value);
    case 'name':
      return `${syntax.isRoot ? '.' : ''}${syntax.name}`;
    case 'select':
      return `(${shape(syntax.of)} ${syntax.isOptional ? '.?' : '.'} ${syntax.name})`;
    case 'index':
      return `(${shape(syntax.of)} ${syntax.isOptional ? '[?]' : '[]'} ${shape(syntax.key)})`;
    case 'call': {
      const args = syntax.args.map(shape).join(' ');
      return `(${syntax.receiver ? `${shape(syntax.receiver)} ` : ''}${syntax.name}(${args}))`;
    }
    case 'list':
      return `[${syntax.items.map(({ isOptional, value }) => (isOptional ? '?' : '') + shape(value)).join(' ')}]`;
    case 'map':
      return `{${syntax.entries.map(({ key, value }) => `${shape(key)}:${shape(value)}`).join(' ')}}`;
    case 'unary':
      return `(${syntax.operator} ${shape(syntax.of)})`;
    case 'binary':
      return `(${shape(syntax.left)} ${syntax.operator} ${shape(syntax.right)})`;
    case 'conditional':
      return `(${shape(syntax.condition)} ? ${shape(syntax.consequent)} : ${shape(syntax.alternative)})`;
  }
}

/** What parsing throws, undefined when it throws nothing. */
function errorOf(text: string): unknown {
  try {
    parseExpression(text);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('what holds together', () => {
  test.each([
    ['a + b * c - d', '((a + (b * c)) - d)'],
    ['a || b && c || d', '(a || ((b && c) || d))'],
    ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
    ['a < b == c', '((a < b) == c)'],
    ['a in b && !c', '((a in b) && (! c))'],
    ['-a.b[0]', '(- ((a . b) [] 0))'],
    ['-5 - -5', '(-5 - -5)'],
    ['- 5.5', '-5.5'],
    ['a-1', '(a - 1)'],
    ['a.?b[?c].d(e)', '(((a .? b) [?] c) d(e))'],
    ['f(a, b,)', '(f(a b))'],
    ['[?a, b,]', '[?a b]'],
    ['{"k": v, 2: w,}', '{k:v 2:w}'],
    ['.a.b', '(.a . b)'],
    ['`user-agent` == a.`x/y`', '(user-agent == (a . x/y))'],
    ['a.in.for', '((a . in) . for)'],
    ['a // a comment\n + b', '(a + b)'],
    ['(((a)))', 'a'],
  ])('%s', (text, expected) => {
    expect(shape(parseSyntax(text))).toBe(expected);
  });
});

describe('limits', () => {
  const nested = (levels: number): string[] => [
    `${'('.repeat(levels)}1${')'.repeat(levels)}`,
    `${'['.repeat(levels)}1${']'.repeat(levels)}`,
    `${'!'.repeat(levels)}true`,
    `${'- '.repeat(levels)}a`,
    `a${'.b'.repeat(levels)}`,
    `a${'[0]'.repeat(levels)}`,
    `1${' + 1'.repeat(levels)}`,
    `${'a ? b : '.repeat(levels)}c`,
    `${'f('.repeat(levels)}1${')'.repeat(levels)}`,
    `${'{1:'.repeat(levels)}1${'}'.repeat(levels)}`,
  ];

  test('what is within the depth is parsed', () => {
    for (const text of nested(MAX_DEPTH - 5))
      expect(() => parseSyntax(text), text.slice(0, 20)).not.toThrow();
  });

  test('what is too deep is refused, however deep', () => {
    for (const text of [...nested(MAX_DEPTH + 1), ...nested(100_000)]) {
      expect(errorOf(text), text.slice(0, 20)).toBeInstanceOf(FieldError);
    }
  });

  test('alternatives have no limit', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `code == ${i}`).join(' || ');
    expect(errorOf(many)).toBe(undefined);
  });
});

/** Texts that look like expressions: pieces of them in any order. */
const piece = fc.constantFrom(
  ...'a b.c meta.file 1 2u 0x1F 1.5 1e9 9223372036854775808 "x" \'y\' b"z" r"\\d" """t""" `q-r` true null in'.split(
    ' ',
  ),
  ...'+ - * / % ! && || == != < <= > >= ? : , . .? [? [ ] ( ) { } = & | # " \' ` \\ \\u12'.split(' '),
  ...'size( .map( x, .exists( has( cel.bind( math.abs( timestamp( "(" ).matches( for as type( int'.split(' '),
  ' ',
  '\n',
  '// c\n',
  '\ud800',
);

test('no text makes the parser throw anything but its error, with a place in the text', () => {
  const texts = fc.oneof(
    fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(' ')),
    fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const error = errorOf(text);
      if (error === undefined) return;
      if (!(error instanceof FieldError)) throw error;
      expect(error.offset).toBeGreaterThanOrEqual(0);
      expect(error.offset).toBeLessThanOrEqual(text.length);
      expect(error.message).not.toBe('');
    }),
    { numRuns: runs(50_000) },
  );
});
