import { describe, expect, it } from 'vitest';
import { CEF_FORMAT } from '../../src/formats/cef/index.js';
import { configOf, decodeOne } from '../suites/records.js';
import { decodeAll, only } from './support.js';

const decode = (line: string, options: object = {}) => decodeOne('cef', line, options);
const HEADER = 'CEF:0|Acme|wall|2.1|100|denied|5|';
const FIELDS = {
  cefVersion: '0',
  deviceVendor: 'Acme',
  deviceProduct: 'wall',
  deviceVersion: '2.1',
  deviceEventClassId: '100',
  name: 'denied',
  severity: '5',
};

describe('cef', () => {
  it('takes the header and the extension', () => {
    expect(decode(HEADER)).toEqual(FIELDS);
    expect(decode(`<34>Oct 11 22:14:15 host ${HEADER}src=1.1.1.1  msg=a b  c spt=1 `)).toEqual({
      ...FIELDS,
      src: '1.1.1.1',
      msg: 'a b  c',
      spt: '1',
    });
    expect(decode('CEF:0||"wall 2" | a\\|b\\\\c |1|x||a= b=')).toEqual({
      ...FIELDS,
      deviceVendor: '',
      deviceProduct: 'wall 2',
      deviceVersion: 'a|b\\c',
      deviceEventClassId: '1',
      name: 'x',
      severity: '',
      a: '',
      b: '',
    });
  });

  it('takes the escapes of values', () => {
    expect(decode(`${HEADER}a=1\\=2 b=c:\\dir\\\\x c=1\\n2\\r3 d=\\|x a=last`)).toEqual({
      ...FIELDS,
      b: 'c:\\dir\\x',
      c: '1\n2\n3',
      d: '\\|x',
      a: 'last',
    });
  });

  it('gives custom fields the names of their labels', () => {
    const line = `${HEADER}cs1=deny cs1Label=Rule \\= cn1Label=Count cs2=x fooLabel=y foo=1 cn2=2 cn2Label=`;
    expect(decode(line, { translate_custom_fields: true })).toEqual({
      ...FIELDS,
      'Rule =': 'deny',
      cn1Label: 'Count',
      cs2: 'x',
      fooLabel: 'y',
      foo: '1',
      cn2: '2',
      cn2Label: '',
    });
  });

  it('takes unescaped equals signs where it is told to', () => {
    const line = `${HEADER}request=https://shop.example/?id=1&a=b dst=2.2.2.2`;
    expect(decode(line)).toBe('unexpected "=" in a value: it is written as "\\=" at column 66');
    expect(decode(line, { strict: false })).toEqual({
      ...FIELDS,
      request: 'https://shop.example/?id=1&a=b',
      dst: '2.2.2.2',
    });
  });

  it.each([
    ['', 'expected "CEF:" at column 1'],
    ['CEF:0|a', 'expected "|" and the deviceProduct at column 8'],
    ['CEF:0|a|b|c|d|e|f', 'expected "|" after the severity at column 18'],
    ['CEF:0|a\\b|', 'expected a backslash or "|" after the backslash at column 9'],
    [`${HEADER}text`, 'expected a key and "=" at column 34'],
  ])('refuses "%s"', (line, message) => expect(decode(line)).toBe(message));

  it('gives what is wanted as columns', () => {
    const decoder = CEF_FORMAT.decoder!.create(configOf('cef'));
    const { rows } = decodeAll(decoder, [`${HEADER}a=1\\=`, 'x'], { wanted: only('severity', 'a', 'b') });
    expect(rows).toEqual([{ severity: '5', a: '1=' }, expect.stringContaining('CEF:')]);
  });
});
