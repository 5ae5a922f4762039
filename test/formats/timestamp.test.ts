import { describe, expect, it } from 'vitest';
import { decodeOne } from '../suites/records.js';

const AT = { micros: Date.UTC(2026, 6, 18, 3, 17, 3) * 1000 };

describe('timestamp', () => {
  it('takes a time of RFC 3339', () => {
    expect(decodeOne('timestamp', '2026-07-18T05:17:03.25+02:00')).toEqual({
      timestamp: { micros: AT.micros + 250_000 },
    });
  });

  it.each([['18/Jul/2026:05:17:03 +0200'], ['1784344623'], [' Jul 18 03:17:03\r']])(
    'takes "%s" in the first format that fits, under a name of its own',
    (text) => {
      const formats = ['%d/%b/%Y:%H:%M:%S %z', '%s', '%b %d %H:%M:%S'];
      expect(decodeOne('timestamp', text, { formats, field: 'at' }, AT.micros / 1000)).toEqual({ at: AT });
    },
  );

  it('takes a timezone for times without an offset', () => {
    const options = { formats: ['%F %T'], timezone: 'Europe/Paris' };
    expect(decodeOne('timestamp', '2026-07-18 05:17:03', options)).toEqual({ timestamp: AT });
  });

  it.each(['', '2026-07-18', '2026-07-18T05:17:03Z and more'])('refuses "%s"', (text) => {
    expect(decodeOne('timestamp', text)).toBe('expected a time in the format %+ at column 1');
  });
});
