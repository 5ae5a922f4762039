const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593 | 0;

function scramble(word: number): number {
  const product = Math.imul(word, C1);
  return Math.imul((product << 15) | (product >>> 17), C2);
}

/** Mixes one 32-bit word into the state. */
export function mixWord(state: number, word: number): number {
  const mixed = state ^ scramble(word);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** Ends a hash over `length` bytes: 0 <= result < 2^32, every bit of the input having its say in every bit. */
export function finishHash(state: number, length: number): number {
  let hash = state ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** MurmurHash3_x86_32 of bytes[start .. end) (Austin Appleby, 2011; https://github.com/aappleby/smhasher). */
export function murmur3(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let state = seed | 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    state = mixWord(state, word);
  }
  let tail = 0;
  for (let last = end - 1; last >= at; last--) tail = (tail << 8) | bytes[last]!;
  if (at < end) state ^= scramble(tail);
  return finishHash(state, end - start);
}
