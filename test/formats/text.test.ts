import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NUMBER_BYTES, writeDouble, writeInteger, writeTimestamp } from '../../src/formats/text.js';
import { runs } from '../support/property.js';

type Writer = (bytes: Uint8Array, at: number, value: number) => number;

function written(write: Writer, value: number): string {
  const bytes = new Uint8Array(MAX_NUMBER_BYTES + 3);
  const end = write(bytes, 3, value);
  expect(end).toBeLessThanOrEqual(bytes.length);
  return Buffer.from(bytes.subarray(3, end)).toString('latin1');
}

describe('numbers as text', () => {
  it('writes integers as JavaScript does', () => {
    for (const value of [
      0,
      7,
      10,
      99,
      100,
      101,
      999_999_999,
      1e9,
      1e9 + 5,
      2 ** 31,
      -(2 ** 31),
      2 ** 53,
      -(2 ** 53),
    ]) {
      expect(written(writeInteger, value)).toBe(String(value));
    }
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => written(writeInteger, value) === String(value)));
    fc.assert(fc.property(fc.integer(), (value) => written(writeInteger, value) === String(value)));
  });

  it('writes doubles so that they read back as the same', () => {
    for (const value of [
      0.1, -1.5e-7, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, 1e21, 123456.789,
    ]) {
      expect(written(writeDouble, value)).toBe(String(value));
    }
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(written(writeDouble, value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('writes timestamps as RFC 3339 in UTC, with a fraction only where there is one', () => {
    expect(written(writeTimestamp, 1_431_857_103e6)).toBe('2015-05-17T10:05:03Z');
    expect(written(writeTimestamp, 1_431_857_103_250_000)).toBe('2015-05-17T10:05:03.250Z');
    expect(written(writeTimestamp, 1_431_857_103_250_001)).toBe('2015-05-17T10:05:03.250001Z');
    expect(written(writeTimestamp, -1)).toBe('1969-12-31T23:59:59.999999Z');
    expect(written(writeTimestamp, 951_782_400e6)).toBe('2000-02-29T00:00:00Z');
  });

  it('agrees with Date on every date that Date knows', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        const expected = date.toISOString().replace('.000Z', 'Z');
        const microseconds = date.getTime() * 1000;
        if (Number.isSafeInteger(microseconds)) expect(written(writeTimestamp, microseconds)).toBe(expected);
      }),
      { numRuns: runs(2000) },
    );
  });
});
