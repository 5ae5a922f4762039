import { expect, it } from 'vitest';
import { checksum } from '../../src/log/index.js';

it('is the CRC-32 of zlib, and goes on from what came before', () => {
  const digits = Buffer.from('123456789');
  expect(checksum(digits)).toBe(0xcbf43926);
  expect(checksum(digits.subarray(4), checksum(digits.subarray(0, 4)))).toBe(0xcbf43926);
});
