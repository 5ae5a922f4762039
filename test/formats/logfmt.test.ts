import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, Tag } from '../../src/batch/index.js';
import { LOGFMT_FORMAT } from '../../src/formats/logfmt/index.js';
import { runs } from '../support/property.js';
import { absent, batchOf, encoderOf, encodeText, int, json, OPEN, text } from './encode.js';
import { decodeAll, only } from './support.js';

const decoder = LOGFMT_FORMAT.decoder!.create({ type: 'logfmt' });

function decode(line: string): Record<string, unknown> | string {
  return decodeAll(decoder, [line]).rows[0]!;
}

describe('logfmt decoding', () => {
  it('takes pairs, quoted values with escapes and keys alone', () => {
    expect(decode('level=info msg="it\\t\\"works\\" \\u00e9" done x= y=\\d')).toEqual({
      level: 'info',
      msg: 'it\t"works" é',
      done: true,
      x: '',
      y: '\\d',
    });
    expect(decode('')).toEqual({});
  });

  it('keeps the last of repeated keys', () => {
    expect(decode('a=1 b=2 a=3 a2=4')).toEqual({ b: '2', a: '3', a2: '4' });
    expect(decodeAll(decoder, ['a=1 b=2 a=3'], { wanted: only('a') }).rows).toEqual([{ a: '3' }]);
  });

  it('gives wanted fields as columns, and as members when all is wanted', () => {
    const lines = ['a=1 b=2', 'b="x\\ny"', 'a', 'a="plain text in quotes"', 'a='];
    const columns = decodeAll(decoder, lines, { wanted: only('a', 'c') });
    expect(columns.rows).toEqual([{ a: '1' }, {}, { a: true }, { a: 'plain text in quotes' }, { a: '' }]);
    const all = decodeAll(decoder, lines, { wanted: { names: new Set(['b']), all: true } });
    expect([...all.document!.members.keys()]).toEqual(['b']);
    expect([...all.document!.members.get('b')!.tags]).toEqual([
      Tag.TEXT,
      Tag.JSON,
      Tag.ABSENT,
      Tag.ABSENT,
      Tag.ABSENT,
    ]);
  });

  it.each([
    ['k=b=ar', "unexpected '=' in a value: values that hold it need quotes at column 4"],
    ['"k"=bar', `unexpected '"' in a key at column 1`],
    ['a=1 =b', "unexpected '=': expected a key before it at column 5"],
    ['a="1', 'unterminated quoted value at column 5'],
    ['a="\\u1"', 'invalid quoted value: no such escape at column 4'],
    ['a="x\ty"', 'invalid quoted value: a control character at column 5'],
    ['a=b"c', `unexpected '"' in a value without quotes at column 4`],
  ])('refuses %s', (line, message) => {
    expect(decode(line)).toBe(message);
  });

  it('never throws, loses no record, and gives valid JSON whatever the bytes', () => {
    const piece = fc.constantFrom('a', 'b', '=', '"', '\\', ' ', 'u00e9', '\t', 'é', '\u0001', 'key=1 ');
    const line = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
      fc.uint8Array({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const { rows, refused } = decodeAll(decoder, lines);
        expect(rows.filter((row) => typeof row === 'string')).toHaveLength(refused.length);
        expect(rows).toHaveLength(lines.length);
        expect(decodeAll(decoder, lines, { wanted: only() }).refused).toEqual(refused);
        lines.forEach((bytes, row) => {
          expect(decodeAll(decoder, [bytes]).rows[0]).toEqual(rows[row]);
        });
      }),
      { numRuns: runs(300) },
    );
  });
});

describe('logfmt encoding', () => {
  it('quotes where it has to and leaves absent fields out', async () => {
    const arena = new Arena(1 << 22);
    const batch = batchOf(
      arena,
      {
        'a b': [text('x y'), absent],
        n: [int(5), { tag: Tag.NULL }],
        s: [json('"tab\\there"'), json('[1, "x"]')],
      },
      ['{"keep": 1, "gone": {"x": [1, 2]}, "o": {"x": "} ]"}, "t": true, "q\\"k": ""}', '42'],
      ['gone'],
    );
    const encoded = encodeText(await encoderOf(LOGFMT_FORMAT, {}, OPEN), batch, arena);
    expect(encoded.split('\n')).toEqual([
      'keep=1 o="{\\"x\\": \\"} ]\\"}" t=true q_k= a_b="x y" n=5 s="tab\\there"',
      'message=42 n=null s="[1, \\"x\\"]"',
      '',
    ]);
  });

  it('copies untouched records', async () => {
    const { arena, batch } = decodeAll(decoder, ['a=1   b', 'c="d"']);
    const encoder = await encoderOf(LOGFMT_FORMAT, {}, OPEN);
    expect(encodeText(encoder, { ...batch, untouched: 'logfmt' }, arena)).toBe('a=1   b\nc="d"\n');
  });

  it('writes what it reads back', async () => {
    const encoder = await encoderOf(LOGFMT_FORMAT, {}, OPEN);
    const key = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((name) => !/[\s\p{Cc}="\\]/u.test(name) && name !== '__proto__');
    const record = fc.dictionary(key, fc.string({ unit: 'grapheme' }), {
      minKeys: 1,
      maxKeys: 5,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        const arena = new Arena(1 << 22);
        const batch = batchOf(
          arena,
          {},
          records.map((fields) => JSON.stringify(fields)),
        );
        const lines = encodeText(encoder, batch, arena).split('\n').slice(0, -1);
        expect(decodeAll(decoder, lines).rows).toEqual(records);
      }),
      { numRuns: runs(200) },
    );
  });
});
