import { expect, it } from 'vitest';
import { xxhash64 } from '../../src/base/xxhash.js';

const hash = (bytes: Uint8Array): string => xxhash64(bytes).toString(16).padStart(16, '0');

/** The buffer that xxHash's own sanity checks are made of. */
function sanityBuffer(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let generator = 2654435761n;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(generator >> 56n);
    generator = BigInt.asUintN(64, generator * 11400714785074694797n);
  }
  return bytes;
}

it('agrees with published values', () => {
  expect(hash(Buffer.from(''))).toBe('ef46db3751d8e999');
  expect(hash(Buffer.from('a'))).toBe('d24ec4f1a98c6e5b');
  expect(hash(Buffer.from('abc'))).toBe('44bc2cf5ad770999');
  expect(hash(Buffer.from('Nobody inspects the spammish repetition'))).toBe('fbcea83c8a378bf1');
  expect(hash(sanityBuffer(1))).toBe('e934a84adb052768');
  expect(hash(sanityBuffer(14))).toBe('8282dcc4994e35c8');
  expect(hash(sanityBuffer(222))).toBe('b641ae8cb691c174');
});

it('depends on every byte, wherever the bytes lie in a buffer', () => {
  const bytes = sanityBuffer(77);
  const shifted = new Uint8Array(100);
  shifted.set(bytes, 13);
  expect(hash(shifted.subarray(13, 90))).toBe(hash(bytes));
  const hashes = new Set(
    Array.from(bytes, (_, i) => hash(bytes.map((byte, at) => (at === i ? byte ^ 1 : byte)))),
  );
  expect(hashes.size).toBe(77);
});
