import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFixed, formatPlain, formatScientific } from '../../src/base/decimal.js';
import { runs } from '../support/property.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('fixed-point', () => {
  it.each([
    [2.5, 0, '2'],
    [1.5, 0, '2'],
    [-0.5, 0, '-0'],
    [0.125, 2, '0.12'],
    [1.2345, 3, '1.234'],
    [-1.2, 5, '-1.20000'],
    [1e21, 1, '1000000000000000000000.0'],
    [5e-324, 3, '0.000'],
  ])('%d with %d digits is %s', (value, digits, expected) => {
    expect(formatFixed(value, digits)).toBe(expected);
  });

  it('is what toFixed gives, except for halves', () => {
    const value = fc.double({ min: -1e20, max: 1e20, noNaN: true });
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 20 }), (number, digits) => {
        const isHalf = Number.isInteger(number * 2 ** digits * 2);
        if (!isHalf && !Object.is(number, -0)) {
          const fixed = number.toFixed(digits);
          expect(formatFixed(number, digits)).toBe(
            Number(fixed) === 0 && number < 0 ? `-${fixed.replace('-', '')}` : fixed,
          );
        }
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe('plain and scientific', () => {
  it('plain text reads back as the same double and has no exponent', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const text = formatPlain(value);
        expect(text).not.toContain('e');
        expect(Number(text)).toBe(Object.is(value, -0) ? 0 : value);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('exponents have two digits at least', () => {
    expect(formatScientific(1052.032911275, 6)).toBe('1.052033e+03');
    expect(formatScientific(-2.6e-300, 0)).toBe('-3e-300');
    expect(formatScientific(0, 2)).toBe('0.00e+00');
  });
});
