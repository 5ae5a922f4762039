import { isAscii } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MatchStart } from '../../src/base/regex/match-start.js';
import { compileRegex } from '../../src/base/regex/regex.js';
import { runs } from '../support/property.js';

describe('where the first match begins', () => {
  // JavaScript, with which it is compared, tries all ways to part a text among the quantifiers: with many of them, for hours.
  const isFinished = (source: string) => (source.match(/[*+?{]/g)?.length ?? 0) <= 5;
  const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
    pattern: fc
      .array(
        fc.array(
          fc
            .tuple(tie('atom'), fc.constantFrom('', '', '*', '+?', '?', '{2}', '{0,3}', '{1,}'))
            .map(([atom, suffix]) => atom + suffix),
          { maxLength: 4 },
        ),
        { minLength: 1, maxLength: 3 },
      )
      .map((parts) => parts.map((sequence) => sequence.join('')).join('|'))
      .filter(isFinished),
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
        '\\d',
        '(^)',
        '($)',
        '(\\b)',
        '(\\B)',
      ),
      tie('pattern').map((inner) => `(${inner})`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '1', '😀', ' ', '\n'), maxLength: 8 });

  it.each(['', '(?m)', '(?i)'])('is where JavaScript finds it (%s)', (flags) => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), (source, texts) => {
        const { expression } = compileRegex(flags + source);
        const start = MatchStart.of(expression.source, expression.flags)!;
        for (const subject of texts) {
          const found = expression.exec(subject)?.index ?? -1;
          expect(start.find(subject)).toBe(found);
          const bytes = Buffer.from(`a\0${subject}b`);
          const exists = start.existsIn(bytes, 2, bytes.length - 1);
          if (isAscii(Buffer.from(subject))) expect(exists).toBe(found >= 0);
          else expect(exists ?? found >= 0).toBe(found >= 0);
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  it('gives up rather than keep states without end, and on patterns that are too large', () => {
    const { expression } = compileRegex('x[ab]*a[ab]{16}y');
    const start = MatchStart.of(expression.source, '')!;
    const text = Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 13 < 6 ? 'a' : 'b')).join('');
    expect([-1, undefined]).toContain(start.find(`${text}y`));
    expect(MatchStart.of('(?:(?:a{100}){100}){10}', '')).toBeUndefined();
  });
});
