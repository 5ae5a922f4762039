import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, maskAddress, parseIp } from '../../src/base/ip-address.js';
import { runs } from '../support/property.js';

const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((b) => Uint8Array.from(b)),
);

describe('IP addresses', () => {
  it('are what they were after writing and reading', () => {
    fc.assert(
      fc.property(address, (bytes) => {
        const text = formatIp(bytes);
        expect(isIP(text)).toBe(bytes.length === 4 ? 4 : 6);
        expect(parseIp(text)).toEqual(bytes);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('are read exactly where Node reads them', () => {
    const piece = fc.constantFrom(
      '1',
      '255',
      '256',
      '01',
      'ab',
      'ffff',
      '12345',
      '::',
      ':',
      '.',
      '1.2.3.4',
      '',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect(parseIp(text) !== undefined, text).toBe(isIP(text) !== 0);
      }),
      { numRuns: runs(20_000) },
    );
  });

  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
  ])('%s is written as %s', (text, expected) => {
    expect(formatIp(parseIp(text)!)).toBe(expected);
  });

  it('are masked bit by bit', () => {
    expect(formatIp(maskAddress(parseIp('10.255.255.255')!, 11))).toBe('10.224.0.0');
    expect(formatIp(maskAddress(parseIp('10.255.255.255')!, 0))).toBe('0.0.0.0');
    expect(formatIp(maskAddress(parseIp('2001:db8:ffff::1')!, 33))).toBe('2001:db8:8000::');
  });
});
