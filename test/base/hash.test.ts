import { expect, it } from 'vitest';
import { murmur3 } from '../../src/base/hash.js';

const hash = (text: string, seed: number) => {
  const bytes = Buffer.from(`..${text}..`);
  return murmur3(bytes, 2, bytes.length - 2, seed)
    .toString(16)
    .padStart(8, '0');
};

// Values of MurmurHash3_x86_32 as other implementations publish them in their tests.
it.each([
  ['', 0, '00000000'],
  ['', 1, '514e28b7'],
  ['', 0xffffffff, '81f16f39'],
  ['test', 0, 'ba6bd213'],
  ['test', 0x9747b28c, '704b81dc'],
  ['Hello, world!', 0, 'c0363e43'],
  ['Hello, world!', 0x9747b28c, '24884cba'],
  ['The quick brown fox jumps over the lazy dog', 0, '2e4ff723'],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, '2fa826cd'],
  ['aaaa', 0x9747b28c, '5a97808a'],
  ['aaa', 0x9747b28c, '283e0130'],
  ['aa', 0x9747b28c, '5d211726'],
  ['a', 0x9747b28c, '7fa09ea6'],
  ['ππππππππ', 0x9747b28c, 'd58063c1'],
])('murmur3(%j, %i) is %s', (text, seed, expected) => {
  expect(hash(text, seed)).toBe(expected);
});
