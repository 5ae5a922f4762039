import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem, parseEnvFile } from '../../src/config/index.js';

describe('an env file', () => {
  it('reads what people write', () => {
    const text = [
      '# comment',
      '',
      'A=1',
      '  export B = two words   # and a comment',
      "C='single # $x \\n'",
      'D="double\\n\\"quoted\\" \\$x"  # comment',
      'E=',
      'F="two',
      'lines"',
      'G=a#b=c',
      'A=again\r',
      '__proto__=x',
    ].join('\n');
    const { values, problems } = parseEnvFile(text, '.env');
    expect(problems).toEqual([]);
    expect({ ...values }).toEqual({
      A: 'again',
      B: 'two words',
      C: 'single # $x \\n',
      D: 'double\n"quoted" $x',
      E: '',
      F: 'two\nlines',
      G: 'a#b=c',
      ['__proto__']: 'x',
    });
  });

  it('names the lines that it cannot read, without showing them', () => {
    const { values, problems } = parseEnvFile('A=1\nsecret stuff\nB="open\nC=3\n', '.env');
    expect({ ...values }).toEqual({ A: '1', C: '3' });
    expect(problems.map(formatProblem)).toEqual([
      '.env:2:1: expected KEY=value, with the quotes of the value closed',
      '.env:3:1: expected KEY=value, with the quotes of the value closed',
    ]);
  });

  it('gives back any value that was written in single quotes', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(!value.includes("'"));
        expect(parseEnvFile(`A='${value}'`, '.env').values.A).toBe(value);
      }),
    );
  });
});
