import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32c } from '../../src/base/crc32c.js';
import { Random } from '../../src/base/random.js';
import { checksum } from '../../src/batch/index.js';
import { runs } from '../support/property.js';

const random = new Random(7);
const BYTES = Buffer.from(Array.from({ length: 80_000 }, () => random.below(256)));

/** Around the lengths at which something else is done. */
const LENGTHS = [0, 127, 128, 5275, 8191, 8192, 16_384, 16_385, 16_384 + 5275, 3 * 16_384, 80_000];

it.each(LENGTHS)('is the CRC-32C of %i bytes and a few more', (length) => {
  for (let more = 0; more < 70; more++) {
    const bytes = BYTES.subarray(0, length + more);
    expect(checksum(bytes), `${length + more} bytes`).toBe(crc32c(bytes));
  }
});

it('is the CRC-32C of any bytes, and goes on from what came before', () => {
  const property = fc.property(fc.nat(80_000), fc.nat(80_000), fc.nat(80_000), (a, b, c) => {
    const [from, cut, to] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
    const bytes = BYTES.subarray(from, to);
    const seed = checksum(BYTES.subarray(from, cut));
    expect(checksum(bytes)).toBe(crc32c(bytes));
    expect(checksum(BYTES.subarray(cut, to), seed)).toBe(crc32c(bytes));
  });
  fc.assert(property, { numRuns: runs(500) });
});

it('tells every flipped bit', () => {
  const bytes = Buffer.from(BYTES.subarray(0, 20_000));
  const sound = checksum(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    expect(checksum(bytes), `bit ${bit}`).not.toBe(sound);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});
