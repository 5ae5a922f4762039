import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfUtf8 } from '../../src/base/utf8.js';
import { runs } from '../support/property.js';

const isWellFormed = (bytes: Uint8Array): boolean => endOfUtf8(bytes, 0, bytes.length) === bytes.length;

describe('well-formed UTF-8', () => {
  it('is what Node takes for it, of all inputs of two bytes', () => {
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const bytes = Uint8Array.of(first, second);
        if (isWellFormed(bytes) !== isUtf8(bytes)) throw new Error(`differs on ${first} ${second}`);
      }
    }
  });

  it('is what Node takes for it, of longer inputs', () => {
    const byte = fc.constantFrom(0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.array(byte, { maxLength: 5 }), (any, near) => {
        expect(isWellFormed(any)).toBe(isUtf8(any));
        expect(isWellFormed(Uint8Array.from(near))).toBe(isUtf8(Uint8Array.from(near)));
      }),
      { numRuns: runs(5000) },
    );
  });

  it('ends at the first byte that is wrong', () => {
    const bytes = Buffer.from('é\xff', 'latin1');
    expect(endOfUtf8(Buffer.concat([Buffer.from('né'), bytes]), 0, 5)).toBe(3);
  });
});
