import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import { FieldError } from '../../src/config/fields.js';
import { CSV_FORMAT, TSV_FORMAT } from '../../src/formats/csv/index.js';
import { formatNamed } from '../../src/formats/index.js';
import { configOf, decodeText } from '../suites/records.js';
import { runs } from '../support/property.js';
import { absent, batchOf, encoderOf, encodeText, int, json, OPEN, shapeOf, text } from './encode.js';
import { decodeAll, only } from './support.js';

const create = (options: object) =>
  CSV_FORMAT.decoder!.create({ type: 'csv', delimiter: ',', header: true, ...options });
const abc = { preamble: 'a,b,c\r\n' };

describe('csv decoding', () => {
  it('takes the names from the header line and every value as text', () => {
    const rows = ['1,two,', '"x,y","say ""hi""","two\nlines"', '"",é,"a"""'];
    expect(decodeAll(create({}), rows, abc).rows).toEqual([
      { a: '1', b: 'two', c: '' },
      { a: 'x,y', b: 'say "hi"', c: 'two\nlines' },
      { a: '', b: 'é', c: 'a"' },
    ]);
    expect(decodeAll(create({}), rows, { ...abc, wanted: only('b', 'z') }).rows[0]).toEqual({ b: 'two' });
  });

  it('names columns that the header line leaves without a name of their own', () => {
    const { columns } = decodeAll(create({}), [], { preamble: '\ufeffid,,id,"a ""b""",id\n' });
    expect([...columns.keys()]).toEqual(['id', 'column_2', 'id_2', 'a "b"', 'id_3']);
  });

  it('lets options name the columns', () => {
    const listed = create({ columns: ['x', 'y'] });
    expect(decodeAll(listed, ['1,2'], { preamble: 'a,b\n' }).rows).toEqual([{ x: '1', y: '2' }]);
    expect(decodeAll(create({ header: false, columns: ['x'] }), ['1']).rows).toEqual([{ x: '1' }]);
    expect(decodeAll(create({}), ['1']).rows[0]).toContain('list them in columns');
    const check = CSV_FORMAT.decoder!.check!;
    expect(check({ type: 'csv', header: false })).toHaveLength(1);
    expect(check({ type: 'csv', columns: ['a', 'a'] })[0]!.message).toBe('"a" stands twice');
    expect(check({ type: 'csv', header: true })).toEqual([]);
  });

  it.each([
    ['1,2', 'expected 3 cells as there are columns, found 2 cells'],
    ['1,2,3,4', 'expected 3 cells as there are columns, found 4 cells'],
    ['', 'expected 3 cells as there are columns, found an empty line'],
    ['1,x"y,3', `unexpected '"' in a cell without quotes at column 4`],
    ['1,"x"y,3', 'expected "," after the closing quote at column 6'],
    ['1,"x', 'expected a closing quote for the cell that begins at column 3'],
  ])('refuses %s', (row, message) => {
    expect(decodeAll(create({}), ['1,2,3', row, '4,"5",6'], abc).rows).toEqual([
      { a: '1', b: '2', c: '3' },
      message,
      { a: '4', b: '5', c: '6' },
    ]);
  });

  it('takes quotes as text where it is told to', () => {
    const rows = decodeAll(create({ quotes: 'lenient' }), ['5" nail,"x"y","say ""hi"""', '"a,b'], {
      preamble: 'a,b,c',
    }).rows;
    expect(rows[0]).toEqual({ a: '5" nail', b: 'x"y', c: 'say "hi"' });
    expect(rows[1]).toContain('found 1 cell');
  });

  it('reads tabs and other delimiters', () => {
    const tsv = TSV_FORMAT.decoder!.create({ type: 'tsv', header: true });
    expect(decodeAll(tsv, ['1,5\t"x\ty"'], { preamble: 'a\tb' }).rows).toEqual([{ a: '1,5', b: 'x\ty' }]);
    expect(decodeAll(create({ delimiter: ';' }), ['1,5;2'], { preamble: 'a;b' }).rows).toEqual([
      { a: '1,5', b: '2' },
    ]);
    const { type } = CSV_FORMAT.fields.find(({ name }) => name === 'delimiter')!;
    expect(() => type.kind === 'string' && type.parse!(',,')).toThrow(FieldError);
  });

  it('takes what is escaped as text, in quotes and without', () => {
    const rows = ['a\\,b,"say \\"hi\\"","""x\\\\"', '\\",\\a,b\\', '"x\\",y"z', ''];
    expect(decodeAll(create({ escape: '\\' }), rows, abc).rows).toEqual([
      { a: 'a,b', b: 'say "hi"', c: '"x\\' },
      { a: '"', b: 'a', c: 'b\\' },
      'expected "," after the closing quote at column 8',
      'expected 3 cells as there are columns, found an empty line',
    ]);
    const { columns } = decodeAll(create({ escape: '\\' }), [], { preamble: 'a\\,b,"c""d\\""' });
    expect([...columns.keys()]).toEqual(['a,b', 'c"d"']);
  });

  it('leaves out comments, before the header line too, whatever quotes they have', () => {
    const text = '# who\n# "said\na,b\n1,2\n#3,"\n"#4","5\n#"\n#';
    expect(decodeText('csv', Buffer.from(text), { comment: '#' })).toEqual([
      { a: '1', b: '2' },
      { a: '#4', b: '5\n#' },
    ]);
  });

  it('refuses one character for two purposes', () => {
    const { check } = CSV_FORMAT.decoder!;
    const problems = check!({ type: 'csv', delimiter: ';', escape: ';', comment: ';' });
    expect(problems.map(({ field, message }) => `${field} ${message}`)).toEqual([
      'escape is the same character as the delimiter',
      'comment is the same character as the delimiter',
      'comment is the same character as escape',
    ]);
  });

  it('never throws and keeps every record apart from its neighbours, whatever the bytes', () => {
    const piece = fc.constantFrom('a', ',', '"', '""', ' ', 'é', '\n', ',"', '",');
    const line = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
      fc.uint8Array({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('strict', 'lenient'), (lines, quotes) => {
        const decoder = create({ quotes });
        const { rows, refused } = decodeAll(decoder, lines, { preamble: 'a,b' });
        expect(rows.filter((row) => typeof row === 'string')).toHaveLength(refused.length);
        lines.forEach((bytes, row) => {
          expect(decodeAll(decoder, [bytes], { preamble: 'a,b' }).rows[0]).toEqual(rows[row]);
        });
      }),
      { numRuns: runs(300) },
    );
  });
});

describe('csv encoding', () => {
  it('writes a header line, quotes where it has to and leaves cells empty', async () => {
    const arena = new Arena(1 << 22);
    const shape = shapeOf('a', 'b,c');
    const batch = batchOf(arena, { a: [text('x"y'), absent], 'b,c': [text('1\n2'), int(7)] });
    const encoder = await encoderOf(CSV_FORMAT, {}, shape);
    expect(Buffer.from(encoder.header!).toString()).toBe('a,"b,c"\n');
    expect(encodeText(encoder, batch, arena)).toBe('"x""y","1\n2"\n,7\n');
    const one = await encoderOf(CSV_FORMAT, { columns: ['a'], header: false }, OPEN);
    expect(one.header).toBeUndefined();
    expect(encodeText(one, batch, arena)).toBe('"x""y"\n""\n');
  });

  it('writes quotes, nulls and line ends as it is told', async () => {
    const arena = new Arena(1 << 22);
    const batch = batchOf(arena, {
      a: [text('x'), absent, text('\\N')],
      b: [json('null'), int(7), json('"y"')],
    });
    const options = { write_quotes: 'always', write_null: '\\N', write_line_end: 'crlf' };
    const all = await encoderOf(CSV_FORMAT, options, shapeOf('a', 'b'));
    expect(Buffer.from(all.header!).toString()).toBe('"a","b"\r\n');
    expect(encodeText(all, batch, arena)).toBe('"x",\\N\r\n\\N,"7"\r\n"\\N","y"\r\n');
    const needed = await encoderOf(CSV_FORMAT, { write_null: '\\N' }, shapeOf('a', 'b'));
    expect(encodeText(needed, batch, arena)).toBe('x,\\N\n\\N,7\n"\\N",y\n');
    expect(() => CSV_FORMAT.encoder!.wanted({ type: 'csv', write_null: 'a,b' }, shapeOf('a'))).toThrow(
      'write_null',
    );
    const { type } = CSV_FORMAT.fields.find(({ name }) => name === 'write_null')!;
    expect(() => type.kind === 'string' && type.parse!('"')).toThrow(FieldError);
  });

  it('asks for the columns when the records may have any', () => {
    const { wanted } = CSV_FORMAT.encoder!;
    expect(() => wanted({ type: 'csv' }, OPEN)).toThrow('list in columns those to write');
    expect(wanted({ type: 'csv', columns: ['a'] }, OPEN)).toEqual(only('a'));
    expect(wanted({ type: 'csv' }, shapeOf('x'))).toEqual(only('x'));
  });

  it.each([
    ['csv', {}],
    ['csv', { escape: '\\', comment: '#' }],
    ['csv', { delimiter: '#', escape: 'a', write_quotes: 'always' }],
    ['tsv', {}],
  ])('writes what it reads back: %s %j', async (name, options) => {
    const format = formatNamed(name)!;
    const decoder = format.decoder!.create(
      configOf(name, { ...options, header: false, columns: ['a', 'b'] }),
    );
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '\\', '#') }),
    );
    const encoder = await encoderOf(format, options, shapeOf('a', 'b'));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
        const arena = new Arena(1 << 22);
        const batch = batchOf(arena, { a: rows.map(([a]) => text(a)), b: rows.map(([, b]) => text(b)) });
        for (const [row, [a, b]] of rows.entries()) {
          const single = batchOf(arena, { a: [text(a)], b: [text(b)] });
          const line = encodeText(encoder, single, arena).slice(0, -1);
          const { rows: decoded } = decodeAll(decoder, [line]);
          expect(decoded).toEqual([{ a: rows[row]![0], b: rows[row]![1] }]);
        }
        const all = `${Buffer.from(encoder.header!)}${encodeText(encoder, batch, arena)}`;
        expect(decodeText(name, Buffer.from(all), options)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
      { numRuns: runs(100) },
    );
  });
});
