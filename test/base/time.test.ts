import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeFormatError } from '../../src/base/time/directives.js';
import { TimeParser } from '../../src/base/time/time-parser.js';
import { timeZoneNamed, UTC } from '../../src/base/time/zone.js';
import { runs } from '../support/property.js';

const NOW_MS = Date.parse('2024-03-10T12:00:00Z');

/** The time as ISO text with microseconds, or undefined. */
function parse(format: string, text: string, zone = 'UTC', nowMs = NOW_MS): string | undefined {
  const bytes = Buffer.from(`<${text}>`);
  const context = { zone: timeZoneNamed(zone)!, nowMs };
  const micros = new TimeParser(format).micros(bytes, 1, bytes.length - 1, context);
  if (Number.isNaN(micros)) return undefined;
  const rest = micros - Math.floor(micros / 1000) * 1000;
  return new Date(Math.floor(micros / 1000)).toISOString().replace('Z', rest === 0 ? 'Z' : `+${rest}us`);
}

describe('times in a format', () => {
  it.each([
    ['%d/%b/%Y:%H:%M:%S %z', '10/Oct/2000:13:55:36 -0700', '2000-10-10T20:55:36.000Z'],
    ['%d/%b/%Y:%T %z', '10/OCT/2000:13:55:36 +02:00', '2000-10-10T11:55:36.000Z'],
    ['%Y-%m-%d %H:%M:%S,%L', '2024-01-02 03:04:05,678', '2024-01-02T03:04:05.678Z'],
    ['%Y-%m-%dT%H:%M:%S.%f', '2024-01-02T03:04:05.1', '2024-01-02T03:04:05.100Z'],
    ['%F %T%.f', '2024-01-02 03:04:05', '2024-01-02T03:04:05.000Z'],
    ['%F %T%.3f', '2024-01-02 03:04:05.678', '2024-01-02T03:04:05.678Z'],
    ['%F %T.%6N', '2024-01-02 03:04:05.678901', '2024-01-02T03:04:05.678Z'.replace('Z', '+901us')],
    ['%Y%m%d%H%M%S%3f', '20240102030405678', '2024-01-02T03:04:05.678Z'],
    ['%+', '2024-01-02T03:04:05.25-01:30', '2024-01-02T04:34:05.250Z'],
    ['%+', '2024-01-02T03:04:05Z', '2024-01-02T03:04:05.000Z'],
    ['%c', 'Tue Jan  2 03:04:05 2024', '2024-01-02T03:04:05.000Z'],
    ['%A, %d %B %y %I:%M %p', 'Tuesday, 2 January 24 12:30 am', '2024-01-02T00:30:00.000Z'],
    ['%D %r', '01/02/69 11:00:00 PM', '1969-01-02T23:00:00.000Z'],
    ['%Y.%j', '2024.366', '2024-12-31T00:00:00.000Z'],
    ['%s', '1704164645', '2024-01-02T03:04:05.000Z'],
    ['%s.%L', '1704164645.5', '2024-01-02T03:04:05.500Z'],
    ['%Q', '1704164645678', '2024-01-02T03:04:05.678Z'],
    ['%s', '-1', '1969-12-31T23:59:59.000Z'],
    ['%a, %e %b %Y %T %Z', 'Tue,  2 Jan 2024 03:04:05 EST', '2024-01-02T08:04:05.000Z'],
    ['[%d/%m/%Y] %%', '[02/01/2024] %', '2024-01-02T00:00:00.000Z'],
    ['%Y-%m-%d %H:%M:%S', '2016-12-31 23:59:60', '2017-01-01T00:00:00.000Z'],
  ])('%s reads %s', (format, text, expected) => expect(parse(format, text)).toBe(expected));

  it.each([
    ['%Y-%m-%d', '2023-02-29'],
    ['%Y-%m-%d', '2023-13-01'],
    ['%Y-%m-%d', '2023-00-10'],
    ['%Y-%m-%d', '2023-1'],
    ['%Y-%m-%d', '2023-01-02 '],
    ['%Y-%m-%d %H:%M', '2023-01-02 24:00'],
    ['%Y-%m-%d %H:%M', '2023-01-02 23:60'],
    ['%Y-%m-%d %I:%M %p', '2023-01-02 13:00 pm'],
    ['%Y-%m-%d %z', '2023-01-02 +2400'],
    ['%Y-%m-%d %z', '2023-01-02 +02:'],
    ['%Y-%m-%d %Z', '2023-01-02 CEST'],
    ['%Y-%m-%d %3f', '2023-01-02 12'],
    ['%Y-%j', '2023-366'],
    ['%b %d', 'Foo 12'],
    ['%s', 'x'],
    ['%s', '99999999999999999999'],
  ])('%s does not read %s', (format, text) => expect(parse(format, text)).toBeUndefined());

  it.each([
    ['Dec 31 23:00:00', '2023-12-31T23:00:00.000Z'],
    ['Mar 11 11:59:00', '2024-03-11T11:59:00.000Z'],
    ['Mar 11 12:01:00', '2023-03-11T12:01:00.000Z'],
    ['Feb 29 00:00:00', '2024-02-29T00:00:00.000Z'],
  ])('%s without a year is %s', (text, expected) => expect(parse('%b %d %T', text)).toBe(expected));

  it('takes a time without a year that is just ahead for one of next year', () => {
    const newYearsEve = Date.parse('2024-12-31T23:59:50Z');
    expect(parse('%b %d %T', 'Jan  1 00:00:02', 'UTC', newYearsEve)).toBe('2025-01-01T00:00:02.000Z');
    expect(parse('%b %d', 'Feb 29', 'UTC', Date.parse('2023-06-01T00:00:00Z'))).toBe(
      '2020-02-29T00:00:00.000Z',
    );
  });

  it('refuses formats that tell no day or that it does not know', () => {
    const wrong = (format: string) => {
      try {
        new TimeParser(format);
        return undefined;
      } catch (thrown) {
        const { message, offset } = thrown as TimeFormatError;
        return [message, offset];
      }
    };
    expect(wrong('%H:%M')).toEqual(['a time format needs a day and a month (%m or %b, %d), %j or %s', 0]);
    expect(wrong('%Y %q')).toEqual([
      'there is no conversion "%q" for times (see strftime; "%%" is a percent sign)',
      3,
    ]);
    expect(wrong('%d %m %')).toEqual(['a time format ends with "%": write "%%" for a percent sign', 6]);
    expect(() => new TimeParser('%.Y')).toThrow(TimeFormatError);
  });

  it('reads every moment back from its text', () => {
    const parser = new TimeParser('%Y-%m-%dT%H:%M:%S.%LZ');
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          const bytes = Buffer.from(date.toISOString());
          expect(parser.micros(bytes, 0, bytes.length, { zone: UTC, nowMs: 0 })).toBe(date.getTime() * 1000);
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  it('never throws and never reads beyond the end, whatever the bytes', () => {
    const parsers = ['%c', '%d/%b/%Y:%T %z', '%+', '%s.%L', '%Y-%j %I %p %Z'].map(
      (format) => new TimeParser(format),
    );
    const unit = fc.constantFrom(...'0123456789 :-+./TZamJanFri');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        const bytes = Buffer.from(`${text}2024`);
        for (const parser of parsers) {
          const end = parser.read(bytes, 0, text.length);
          expect(end).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe('time zones', () => {
  it.each([
    ['Europe/Paris', '2024-07-01 12:00', '2024-07-01T10:00:00.000Z'],
    ['Europe/Paris', '2024-01-01 12:00', '2024-01-01T11:00:00.000Z'],
    ['Europe/Paris', '2024-03-31 01:59', '2024-03-31T00:59:00.000Z'],
    ['Europe/Paris', '2024-03-31 02:30', '2024-03-31T01:30:00.000Z'],
    ['Europe/Paris', '2024-03-31 03:00', '2024-03-31T01:00:00.000Z'],
    ['Europe/Paris', '2024-10-27 02:30', '2024-10-27T00:30:00.000Z'],
    ['Europe/Paris', '2024-10-27 03:00', '2024-10-27T02:00:00.000Z'],
    ['America/St_Johns', '2024-01-01 00:00', '2024-01-01T03:30:00.000Z'],
    ['Asia/Kathmandu', '2024-01-01 00:00', '2023-12-31T18:15:00.000Z'],
    ['-03:30', '2024-01-01 00:00', '2024-01-01T03:30:00.000Z'],
    ['utc', '2024-01-01 00:00', '2024-01-01T00:00:00.000Z'],
  ])('%s at %s', (zone, text, expected) => expect(parse('%Y-%m-%d %H:%M', text, zone)).toBe(expected));

  it('know their names', () => {
    expect(timeZoneNamed('Europe/Pariss')).toBeUndefined();
    expect(timeZoneNamed('+25:00')).toBeUndefined();
    expect(timeZoneNamed('local')?.offsetAtLocal(0)).toBe(0 - new Date(0).getTimezoneOffset() * 60);
  });
});
