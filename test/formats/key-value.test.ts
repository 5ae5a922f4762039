import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import { FieldError } from '../../src/config/fields.js';
import { KEY_VALUE_FORMAT } from '../../src/formats/key-value/index.js';
import { configOf, decodeOne } from '../suites/records.js';
import { decodeAll, only } from './support.js';

const decode = (line: string, options: object = {}) => decodeOne('key_value', line, options);
const colons = { key_value_delimiter: ':', field_delimiter: ',' };

describe('key_value', () => {
  it.each<[string, object, object]>([
    ['a=1 b="x y" c', {}, { a: '1', b: 'x y', c: true }],
    ['  a = 1   b= 2  ', {}, { a: '1', b: '2' }],
    [`'a b'="c" "d e"`, {}, { 'a b': 'c', 'd e': true }],
    ['a="x\\"y\\\\z\\nw\\t" b=\'it\\\'s\'', {}, { a: 'x"y\\z\nw\\t', b: "it\\'s" }],
    ['"k\\"1"=1', {}, { 'k"1': '1' }],
    ['a="b"c d=e"f', {}, { a: '"b"c', d: 'e"f' }],
    ['a=b=c', {}, { a: 'b=c' }],
    ['a="" b=\'\'', {}, { a: '', b: '' }],
    ['a: 1 , b:2,c : 3', colons, { a: '1', b: '2', c: '3' }],
    ['a b : c d , e', colons, { 'a b': 'c d', e: true }],
    ['a:"1,2",b:3', colons, { a: '1,2', b: '3' }],
    ['a=>1||b=>2||c', { key_value_delimiter: '=>', field_delimiter: '||' }, { a: '1', b: '2', c: true }],
    ['a 1,b 2', { key_value_delimiter: ' ', field_delimiter: ',' }, { a: '1', b: '2' }],
    ['a= b= c=1', { whitespace: 'strict' }, { a: '', b: '', c: '1' }],
    ['a=1 a=2 b a=3 b=4 c c', {}, { a: ['1', '2', '3'], b: '4', c: true }],
    ['ключ=значение', {}, { ключ: 'значение' }],
  ])('takes %s', (line, options, fields) => expect(decode(line, options)).toEqual(fields));

  it.each<[string, object, string]>([
    ['', {}, 'expected a key at column 1'],
    ['=1', { accept_standalone_key: false }, 'expected a key at column 1'],
    ['a=1 b', { accept_standalone_key: false }, 'expected a value after the key at column 6'],
    ['a:1,,b:2', colons, 'expected a key at column 5'],
    ['"a"b:1,"":2', colons, 'expected a key at column 8'],
    ['a:1,', colons, 'expected a key at column 5'],
  ])('refuses "%s"', (line, options, message) => expect(decode(line, options)).toBe(message));

  it('gives what is wanted as columns, with all values of a key', () => {
    const decoder = KEY_VALUE_FORMAT.decoder!.create(configOf('key_value'));
    const lines = ['a=1 b=2', 'a a', 'a="x\\"y" a=2', 'b=1', 'a="\\\\"'];
    expect(decodeAll(decoder, lines, { wanted: only('a') }).rows).toEqual([
      { a: '1' },
      { a: true },
      { a: ['x"y', '2'] },
      {},
      { a: '\\' },
    ]);
  });

  it('takes time that grows with the length of a record only', () => {
    const hostile = ['a ', '"a', '\'a "b ', 'a=', '  ', '\\"', '= ', 'a,'].map((text) => text.repeat(32_768));
    for (const line of hostile) {
      const startedAt = performance.now();
      for (const options of [{}, colons, { accept_standalone_key: false }]) {
        const decoder = KEY_VALUE_FORMAT.decoder!.create(configOf('key_value', options));
        decodeAll(decoder, [line], { arena: new Arena(16 * 1024 * 1024) });
      }
      expect(performance.now() - startedAt).toBeLessThan(2000);
    }
  });

  it('refuses a delimiter of no length', () => {
    const { type } = KEY_VALUE_FORMAT.fields.find(({ name }) => name === 'field_delimiter')!;
    expect(() => type.kind === 'string' && type.parse!('')).toThrow(FieldError);
  });
});

describe('ltsv', () => {
  it('takes fields apart at tabs and their first colons', () => {
    expect(decodeOne('ltsv', 'a:1\tb:x:y\t\tc:\ta:2')).toEqual({ a: '2', b: 'x:y', c: '' });
    expect(decodeOne('ltsv', '')).toEqual({});
  });

  it('refuses fields without a label', () => {
    expect(decodeOne('ltsv', 'a:1\tb')).toBe('expected ":" after the label at column 6');
    expect(decodeOne('ltsv', 'a:1\t:b')).toBe('expected a label at column 5');
  });
});
