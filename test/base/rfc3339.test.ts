import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rfc3339Micros } from '../../src/base/time/rfc3339.js';
import { runs } from '../support/property.js';

function micros(text: string): number {
  const bytes = Buffer.from(`[${text}]`);
  return rfc3339Micros(bytes, 1, bytes.length - 1);
}

describe('times of RFC 3339', () => {
  it('agree with what the engine reads', () => {
    const date = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-30') });
    fc.assert(
      fc.property(date, fc.integer({ min: -1439, max: 1439 }), (time, offset) => {
        const size = Math.abs(offset);
        const two = (value: number) => String(value).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        const text = time.toISOString();
        expect(micros(text)).toBe(time.getTime() * 1000);
        const local = text.replace('Z', zone);
        expect(micros(local)).toBe((time.getTime() - offset * 60_000) * 1000);
      }),
      { numRuns: runs(1000) },
    );
  });

  it.each([
    ['2003-10-11T22:14:15.1234569Z', '2003-10-11T22:14:15Z', 123_456],
    ['2003-10-11t22:14:15z', '2003-10-11T22:14:15Z', 0],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z', 0],
  ])('takes %s', (text, base, more) => expect(micros(text)).toBe(Date.parse(base) * 1000 + more));

  it.each([
    '2003-10-11T22:14:15',
    '2003-10-11 22:14:15Z',
    '2003-10-11T22:14:15.Z',
    '2003-10-11T22:14:15+0100',
    '2003-10-11T22:14:15+24:00',
    '2003-10-11T24:00:00Z',
    '2003-13-11T22:14:15Z',
    '2003-02-29T22:14:15Z',
    '2003-1x-11T22:14:15Z',
    '2003-10-11T22:14:15ZZ',
    '+003-10-11T22:14:15Z',
    '',
  ])('refuses "%s"', (text) => expect(micros(text)).toBeNaN());
});
