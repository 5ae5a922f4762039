import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32c } from '../../src/base/crc32c.js';
import { runs } from '../support/property.js';

it.each([
  // RFC 3720, appendix B.4, and the usual check value.
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 times 0xff', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['the digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('of %s is what the standard says', (_, bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc);
});

it('goes on from the checksum of what came before', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
    }),
    { numRuns: runs(500) },
  );
});
