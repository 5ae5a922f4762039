import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/base/regex/regex.js';
import { runs } from '../support/property.js';

describe('RE2 patterns', () => {
  it.each([
    ['(?i)HELLO', 'say hello', true],
    ['(?i)k', '\u212a', true],
    ['(?i)[^a]', 'A', false],
    ['(?i)É', 'é', true],
    ['(?s)a.b', 'a\nb', true],
    ['a.b', 'a\nb', false],
    ['a.b', 'a\u2028b', true],
    ['(?m)^b$', 'a\nb\nc', true],
    ['^b$', 'a\nb\nc', false],
    ['(?P<year>\\d{4})', 'in 2024', true],
    ['\\Aab\\z', 'ab', true],
    ['\\Q1+1\\E=2', '1+1=2', true],
    ['^\\Qa.b\\E+$', 'a.bbb', true],
    ['[[:alpha:]_]+\\s[^[:space:]]', 'ab c', true],
    ['^[[:^alpha:]]$', '1', true],
    ['\\pL\\p{Greek}', 'aλ', true],
    ['\\P{Greek}', 'λ', false],
    ['\\x{1F600}', '😀', true],
    ['^.$', '😀', true],
    ['^[^a]$', '😀', true],
    ['^[😀-😂]{2}$', '😁😂', true],
    ['^[😀-😂]$', '😃', false],
    ['^\\W\\D\\S$', '😀😀😀', true],
    ['a{2,}', 'baab', true],
    ['{a}', '{a}', true],
    ['a{,2}', 'a{,2}', true],
    ['[]a]+', ']', true],
    ['[a-]', '-', true],
    ['\\-\\"\\@', '-"@', true],
    ['\\s', '\u00a0', false],
    ['^\\w{30}$', 'a'.repeat(30), true],
    ['^\\w{2,30}$', 'a'.repeat(31), false],
    ['^\\w{0,30}$', '', true],
    ['^(\\w{20,}x){2}$', `${'a'.repeat(20)}x${'a'.repeat(25)}x`, true],
  ])('%s on %j', (pattern, text, expected) => {
    expect(compileRegex(pattern).test(text)).toBe(expected);
  });

  it.each([
    ['(', 'unterminated group', 0],
    ['a)', "unmatched ')'", 1],
    ['[a', 'a "[" has no "]"', 0],
    ['[b-a]', 'range out of order in character class', 4],
    ['(?=a)', 'look-around is not supported', 0],
    ['(?i)a(?<!a)', 'look-around is not supported', 5],
    ['(a)\\1', 'backreferences are not supported', 5],
    ['a(?i)b', 'flags are supported only at the beginning of the pattern', 1],
    ['(?U)a', 'the flag "U" is not supported, only i, m and s', 2],
    ['a**', 'nothing to repeat', 2],
    ['a{2,1}', 'numbers out of order in {2,1}', 6],
    ['a{1001}', '{1001} repeats more than 1000 times', 7],
    ['((a{1000}){1000}){1000}', 'the pattern is too large', undefined],
    ['\\p{Klingon}', 'there is no Unicode class "Klingon"', undefined],
    ['[[:vowel:]]', 'there is no class "[:vowel:]"', undefined],
    ['a\\', 'the pattern ends with a backslash', 1],
    ['(?<a>x)(?<a>y)', 'duplicate capture group name', undefined],
  ])('%s is refused', (pattern, message, offset) => {
    const error = expect.objectContaining(offset === undefined ? { message } : { message, offset });
    expect(() => compileRegex(pattern)).toThrow(error);
  });

  it.each([
    ['(a+)+$', `${'a'.repeat(40)}!`],
    ['(?i)(A+)+$', `${'a'.repeat(40)}!`],
    ['(é+)+$', `${'é'.repeat(40)}!`],
    ['(a|aa)+$', `${'a'.repeat(40)}!`],
    ['(.*)*x', 'a'.repeat(20_000)],
    ['(x+x+)+y', 'x'.repeat(20_000)],
    ['(\\w{1,30})+$', `${'a'.repeat(40)}!`],
  ])('%s takes no time without end', (pattern, text) => {
    const regex = compileRegex(pattern);
    const startMs = performance.now();
    expect(regex.test(text)).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(100);
  });
});

const EXEC = new Script('pattern.exec(subject)');

/** Undefined where its backtracking takes too long. */
function foundByJavaScript(pattern: RegExp, subject: string): RegExpExecArray | null | undefined {
  try {
    return EXEC.runInNewContext({ pattern, subject }, { timeout: 200 }) as RegExpExecArray | null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}

describe('any pattern', () => {
  const { pattern } = fc.letrec<{ pattern: string; part: string; atom: string }>((tie) => ({
    pattern: fc
      .array(fc.array(tie('part'), { maxLength: 3 }), { minLength: 1, maxLength: 2 })
      .map((parts) => parts.map((sequence) => sequence.join('')).join('|')),
    part: fc
      .tuple(tie('atom'), fc.constantFrom('', '', '*', '+?', '?', '{2}', '{0,3}', '{1,}', '{2,20}'))
      .map(([atom, suffix]) => atom + suffix),
    atom: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(
        'a',
        'b',
        'é',
        '.',
        '[ab]',
        '[^a]',
        '\\w',
        '\\W',
        '[é-ü]',
        '\\d',
        '(^)',
        '($)',
        '(\\b)',
        '[^\\d]',
      ),
      tie('pattern').map((inner) => `(${inner})`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '1', '😀', ' ', '\n'), maxLength: 10 });

  // The syntax in common: what these atoms mean in JavaScript, they mean in RE2, too.
  it.each(['', 'i'])('finds what JavaScript finds (flags "%s")', (flags) => {
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        // Copies of copies of copies are refused as too large.
        fc.pre(source.split('{2,20}').length <= 3);
        const expected = foundByJavaScript(new RegExp(source, `u${flags}`), subject);
        fc.pre(expected !== undefined);
        const regex = compileRegex(`${flags && `(?${flags})`}${source}`);
        const found = regex.exec(subject);
        expect(found !== null).toBe(expected !== null);
        // Written as copies, what is repeated and may be empty prefers other matches than JavaScript, as in RE2.
        const hasCopies = source.includes('{') && !regex.source.includes('{');
        if (!hasCopies) expect(found?.[0]).toBe(expected?.[0]);
      }),
      { numRuns: runs(500) },
    );
  });
});
