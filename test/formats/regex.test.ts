import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textAddress, textLength } from '../../src/batch/index.js';
import { REGEX_FORMAT } from '../../src/formats/regex/index.js';
import { decodeAll, only } from './support.js';

const create = (pattern: string) => REGEX_FORMAT.decoder!.create({ type: 'regex', pattern });

describe('regex', () => {
  it('makes named groups fields, and leaves groups that take no part absent', () => {
    const decoder = create('^(?<level>\\w+)(?: \\[(?<pid>\\d+)\\])?: (?<message>.*)$');
    expect(decodeAll(decoder, ['info: it works', 'warn [12]: ', '???']).rows).toEqual([
      { level: 'info', message: 'it works' },
      { level: 'warn', pid: '12', message: '' },
      'expected a record that the pattern matches',
    ]);
    expect(decodeAll(decoder, ['warn [12]: x'], { wanted: only('pid') }).rows).toEqual([{ pid: '12' }]);
    expect([...REGEX_FORMAT.decoder!.shape({ type: 'regex', pattern: '(?<a>.)(?<b>.)' }).fields]).toEqual([
      ['a', 'text'],
      ['b', 'text'],
    ]);
  });

  it('matches Unicode text as such, and takes the dialect of other tools', () => {
    expect(decodeAll(create('(?P<first>.)(?P<rest>.*)'), ['école 😀', 'a\u00a0b']).rows).toEqual([
      { first: 'é', rest: 'cole 😀' },
      { first: 'a', rest: '\u00a0b' },
    ]);
    expect(decodeAll(create('(?i)(?<found>ÉCOLE)'), ['une école']).rows).toEqual([{ found: 'école' }]);
  });

  it('captures the bytes of records that are no UTF-8 as they are', () => {
    const record = Uint8Array.of(
      0x6b,
      0x3d,
      0xff,
      0xc3,
      0x28,
      0x20,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
      0xfe,
    );
    const { arena, columns } = decodeAll(create('k=(?<value>\\S+) (?<rest>.*)'), [record]);
    const bytesOf = (name: string) => {
      const { views } = columns.get(name)!;
      const start = textAddress(views!, 0);
      return [...arena.bytes.subarray(start, start + textLength(views!, 0))];
    };
    expect(bytesOf('value')).toEqual([0xff, 0xc3, 0x28]);
    expect(bytesOf('rest')).toEqual([...record.subarray(6)]);
  });

  it('agrees with String.match on any text', () => {
    const pattern = '(?<a>[^,]*),(?<b>[^\n]{0,3})(?<c>x)?';
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 })), (texts) => {
        const lines = texts.map((text, i) => `${text},${text}${i % 2 ? 'x' : ''}`.replaceAll('\n', ''));
        const expected = lines.map((line) => {
          const groups = new RegExp(pattern, 'u').exec(line)!.groups!;
          const whole = Object.entries(groups).every(
            ([, value]) => value === undefined || value.isWellFormed(),
          );
          return whole ? JSON.parse(JSON.stringify(groups)) : undefined;
        });
        decodeAll(create(pattern), lines).rows.forEach((row, i) => {
          if (expected[i]) expect(row).toEqual(expected[i]);
        });
      }),
    );
  });

  it.each([
    ['^(?<a>(a+)+)$', `${'a'.repeat(40)}!`],
    ['(?i)^(?<a>(A+)+)$', `${'a'.repeat(40)}!`],
    ['^(?<a>(é+)+)$', `${'é'.repeat(40)}!`],
    ['(?<a>(.*)*x)', 'a'.repeat(5000)],
  ])('does not hang on %s', (pattern, record) => {
    const decoder = create(pattern);
    const startMs = performance.now();
    expect(decodeAll(decoder, [record]).rows).toEqual(['expected a record that the pattern matches']);
    expect(performance.now() - startMs).toBeLessThan(100);
  });

  it.each([
    ['(?<a>x', 'the regular expression is wrong: unterminated group', 0],
    ['(?<a>x))', "the regular expression is wrong: unmatched ')'", 7],
    ['(?i)(?<a>[x', 'the regular expression is wrong: a "[" has no "]"', 9],
    ['(?<a>.)(?=b)', 'the regular expression is wrong: look-around is not supported', 7],
    ['\\d+', 'expected a named group such as (?<status>\\d+): each becomes a field', 0],
  ])('refuses the pattern %s', (pattern, message, offset) => {
    const { type } = REGEX_FORMAT.fields[0]!;
    const parse = (): unknown => type.kind === 'string' && type.parse!(pattern);
    expect(parse).toThrow(expect.objectContaining({ name: 'FieldError', message, offset }));
  });
});
