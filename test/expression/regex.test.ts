import { describe, expect, test } from 'vitest';
import { regexOf } from '../../src/expression/regex.js';

describe('RE2 patterns', () => {
  test.each([
    ['(?i)HELLO', 'say hello', true],
    ['(?s)a.b', 'a\nb', true],
    ['a.b', 'a\nb', false],
    ['a.b', 'a\u2028b', true],
    ['(?m)^b$', 'a\nb\nc', true],
    ['^b$', 'a\nb\nc', false],
    ['(?P<year>\\d{4})', 'in 2024', true],
    ['\\Aab\\z', 'ab', true],
    ['\\Q1+1\\E=2', '1+1=2', true],
    ['[[:alpha:]_]+\\s[^[:space:]]', 'ab c', true],
    ['\\pL\\p{Greek}', 'aλ', true],
    ['\\x{1F600}', '😀', true],
    ['^.$', '😀', true],
    ['a{2,}', 'baab', true],
    ['{a}', '{a}', true],
    ['[]a]+', ']', true],
    ['\\-\\"\\@', '-"@', true],
    ['\\s', '\u00a0', false],
  ])('%s on %j', (pattern, text, expected) => {
    expect(regexOf(pattern).test(text)).toBe(expected);
  });

  test.each([
    ['(', /unterminated group/],
    ['[a', /a "\[" has no "\]"/],
    ['(?=a)', /look-around is not supported/],
    ['(a)\\1', /backreferences are not supported/],
    ['a(?i)b', /flags are supported only at the beginning/],
    ['(?U)a', /the flag "U" is not supported/],
    ['a**', /nothing to repeat/],
  ])('%s is refused', (pattern, message) => {
    expect(() => regexOf(pattern)).toThrow(message);
  });
});
