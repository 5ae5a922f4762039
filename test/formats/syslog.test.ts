import { describe, expect, it } from 'vitest';
import { FieldError } from '../../src/config/fields.js';
import { SYSLOG_FORMAT } from '../../src/formats/syslog/index.js';
import { configOf, decodeOne, type Row } from '../suites/records.js';
import { decodeAll, only } from './support.js';

const READ_AT_MS = Date.UTC(2024, 0, 15, 12);
const at = (iso: string) => ({ micros: Date.parse(iso) * 1000 });
const loose = (line: string, options: object = {}): Row => decodeOne('syslog', line, options, READ_AT_MS);
const strict = (line: string, options: object = {}): Row => loose(line, { ...options, mode: 'strict' });

describe('syslog of RFC 5424', () => {
  const line =
    '<165>1 2003-10-11T22:14:15.003Z web-1 shop 8710 ID47 [a@1 x="1" y="\\"q\\" \\\\ \\]"][b@1] it works';
  const fields = {
    timestamp: { micros: at('2003-10-11T22:14:15.003Z').micros },
    facility: 'local4',
    severity: 'notice',
    hostname: 'web-1',
    appname: 'shop',
    procid: '8710',
    msgid: 'ID47',
    message: 'it works',
    structured_data: { 'a@1': { x: '1', y: '"q" \\ ]' }, 'b@1': {} },
  };

  it('gives the fields in their order, in both modes', () => {
    expect(strict(line)).toEqual(fields);
    expect(loose(line)).toEqual(fields);
    expect(Object.keys(loose(line))).toEqual(Object.keys(fields));
  });

  it('leaves out what is not there', () => {
    expect(strict('<0>1 - - - - - -')).toEqual({ facility: 'kern', severity: 'emerg' });
    expect(loose('<0>1 - - - - - -')).toEqual({ facility: 'kern', severity: 'emerg' });
  });

  it('keeps the last of elements and parameters with the same name', () => {
    expect(loose('<0>1 - - - - - [a x="1"][b][a x="2" y="3" x="4"] m')).toMatchObject({
      structured_data: { a: { x: '4', y: '3' }, b: {} },
    });
  });

  it('keeps what structured data does not escape', () => {
    expect(loose('<0>1 - - - - - [a x="C:\\temp ]"  y= "2" ] m')).toMatchObject({
      structured_data: { a: { x: 'C:\\temp ]', y: '2' } },
      message: 'm',
    });
    expect(loose('<0>1 - - - - - [bad x][a y="1"] m')).toMatchObject({
      structured_data: { a: { y: '1' } },
      message: 'm',
    });
  });

  it.each([
    ['<192>1 - - - - - -', 'expected a priority from <0> to <191> at column 1'],
    ['<01>1 - - - - - -', 'expected a priority from <0> to <191> at column 1'],
    [
      '<1>1 2003-10-11T22:14:60Z - - - - -',
      'expected a time such as 2003-10-11T22:14:15.003Z or "-" at column 6',
    ],
    [
      '<1>1 2003-10-11T22:14:15.1234567Z - - - - -',
      'expected a time such as 2003-10-11T22:14:15.003Z or "-" at column 6',
    ],
    ['<1>1 - é - - - -', 'expected a host name of 1 to 255 printable ASCII characters or "-" at column 8'],
    ['<1>1 - - - -', 'expected a space and the message id or "-" at column 13'],
    ['<1>1 - - - - - x', 'expected structured data in brackets or "-" at column 16'],
    ['<1>1 - - - - - [a x="1"', 'expected "]" after the structured data at column 24'],
    ['<1>1 - - - - - [a x=1]', 'expected a value in quotes at column 21'],
    ['<1>1 - - - - - [a][a]', 'expected an id that no other element has at column 17'],
    ['<1>1 - - - - - -m', 'expected structured data in brackets or "-" at column 16'],
  ])('refuses %s by the letter', (text, message) =>
    expect(strict(text, { standard: 'rfc5424' })).toBe(message),
  );

  it('takes what cannot be read after the priority for the message', () => {
    expect(loose('<34>1 - host app - - [a x=1 it')).toEqual({
      facility: 'auth',
      severity: 'crit',
      hostname: 'host',
      appname: 'app',
      message: '[a x=1 it',
    });
    expect(loose('<34>7 bottles')).toEqual({ facility: 'auth', severity: 'crit', message: '7 bottles' });
    expect(loose('<999> odd')).toEqual({ severity: 'debug', message: 'odd' });
  });
});

describe('syslog of RFC 3164', () => {
  it('finds host, tag and process id', () => {
    const expected = {
      timestamp: at('2023-10-11T22:14:15Z'),
      hostname: 'web-1',
      appname: 'su',
      message: 'failed: x',
    };
    expect(strict('<34>Oct 11 22:14:15 web-1 su: failed: x')).toEqual({
      facility: 'auth',
      severity: 'crit',
      ...expected,
    });
    expect(loose('Oct 11 22:14:15 web-1 su: failed: x')).toEqual(expected);
    expect(loose('Oct 11 22:14:15.250 web-1 su: failed: x')).toEqual({
      ...expected,
      timestamp: { micros: expected.timestamp.micros + 250_000 },
    });
    expect(loose('Oct 11 22:14:15 web-1 su[77]: failed: x')).toEqual({ ...expected, procid: '77' });
    expect(loose('Oct 11 22:14:15 su[77]: failed: x')).toEqual({
      ...expected,
      hostname: undefined,
      procid: '77',
    });
    expect(loose('Oct 11 22:14:15 2001:db8::7 su: failed: x')).toEqual({
      ...expected,
      hostname: '2001:db8::7',
    });
    expect(loose('42 <34>Oct 11 22:14:15 web-1 su: failed: x')).toMatchObject(expected);
    expect(strict('<34>Oct 11 22:14:15 web-1 no tag here')).toMatchObject({
      hostname: 'web-1',
      message: 'no tag here',
    });
  });

  it('puts a time without a year into the latest year in which it is at most a day ahead', () => {
    const time = (stamp: string, options = {}) =>
      (loose(`${stamp} h t: m`, options) as Record<string, unknown>).timestamp;
    expect(time('Jan 16 11:00:00')).toEqual(at('2024-01-16T11:00:00Z'));
    expect(time('Jan 16 13:00:00')).toEqual(at('2023-01-16T13:00:00Z'));
    expect(time('Dec 31 23:59:59')).toEqual(at('2023-12-31T23:59:59Z'));
    expect(time('Feb 29 00:00:00')).toEqual(at('2020-02-29T00:00:00Z'));
    expect(time('Jan  1 2021 00:00:00')).toEqual(at('2021-01-01T00:00:00Z'));
    expect(time('2021-01-01T00:00:00+02:00')).toEqual(at('2020-12-31T22:00:00Z'));
    expect(time('Jul  1 10:00:00', { timezone: 'Europe/Paris' })).toEqual(at('2023-07-01T08:00:00Z'));
    expect(time('Jan  1 10:00:00', { timezone: '-05:00' })).toEqual(at('2024-01-01T15:00:00Z'));
  });

  it.each([
    ['not syslog', 'expected a priority such as <34> or a time such as "Oct 11 22:14:15" at column 1'],
    ['', 'expected a priority such as <34> or a time such as "Oct 11 22:14:15" at column 1'],
    ['<a>b', 'expected a priority such as <34> or a time such as "Oct 11 22:14:15" at column 1'],
  ])('refuses "%s"', (text, message) => expect(loose(text)).toBe(message));

  it.each([
    ['<34>Oct 1 22:14:15 h m', 'expected a time such as "Oct 11 22:14:15" at column 5'],
    ['<34>Feb 30 22:14:15 h m', 'expected a time such as "Oct 11 22:14:15" at column 5'],
    ['<34>Oct 11 22:14:15 h', 'expected a space and the message at column 22'],
    ['<34>Oct 11 22:14:15 h a\tb', 'expected a message without control characters at column 24'],
  ])('refuses %s by the letter', (text, message) => expect(strict(text)).toBe(message));
});

describe('options of syslog', () => {
  it('read only the standard that is asked for', () => {
    const bsd = '<34>Oct 11 22:14:15 h t: m';
    expect(loose(bsd, { standard: 'rfc5424' })).toEqual({
      facility: 'auth',
      severity: 'crit',
      message: bsd.slice(4),
    });
    expect(loose('<34>1 - h - - - -', { standard: 'rfc3164' })).toMatchObject({ message: '1 - h - - - -' });
    expect(strict('<34>1 - h - - - -', { standard: 'rfc3164' })).toContain('expected a time');
  });

  it('name a time zone that there is', () => {
    const { type } = SYSLOG_FORMAT.fields.find(({ name }) => name === 'timezone')!;
    expect(() => type.kind === 'string' && type.parse!('Europe/Pariss')).toThrow(FieldError);
  });

  it('decode only what is wanted', () => {
    const decoder = SYSLOG_FORMAT.decoder!.create(configOf('syslog'));
    const { rows, columns } = decodeAll(decoder, ['<34>1 - h - - - - m', 'bad'], {
      wanted: only('severity', 'x'),
    });
    expect(rows).toEqual([{ severity: 'crit' }, expect.stringContaining('expected')]);
    expect([...columns.keys()]).toEqual(['severity']);
  });
});
