/**
 * CRC-32C of many bytes, without a carry-less multiplication, which WebAssembly does not have. Its polynomial divides
 *
 *     x^5275 + x^4508 + x^2751 + 1
 *
 * which is the shortest of its multiples with four terms, and so it divides the eighth power of that, in which all exponents are
 * 8 times as large. The remainder of a message stays the same, therefore, when a byte is taken away and added (by
 * exclusive or) to the bytes that come 767, 2524 and 5275 later. This is done with 16 bytes at once, until only
 * the last 5275 are left. That a multiple with few terms takes the place of tables is the idea of Chorba (Russell 2024).
 */
const NEAR: usize = 5275 - 4508;
const MIDDLE: usize = 5275 - 2751;
const FAR: usize = 5275;

// @ts-ignore: decorator
@inline
function withEarlier(at: usize): v128 {
  const near = v128.xor(v128.load(at), v128.load(at - NEAR));
  return v128.xor(near, v128.xor(v128.load(at - MIDDLE), v128.load(at - FAR)));
}

/** Adds to the bytes of [start, end) what those before them bring. The FAR bytes before `start` hold what they brought. */
export function foldCrc32c(start: usize, end: usize): void {
  let at = start;
  for (; at + 64 <= end; at += 64) {
    const first = withEarlier(at);
    const second = withEarlier(at + 16);
    const third = withEarlier(at + 32);
    const fourth = withEarlier(at + 48);
    v128.store(at, first);
    v128.store(at, second, 16);
    v128.store(at, third, 32);
    v128.store(at, fourth, 48);
  }
  for (; at < end; at++)
    store<u8>(at, load<u8>(at) ^ load<u8>(at - NEAR) ^ load<u8>(at - MIDDLE) ^ load<u8>(at - FAR));
}

/**
 * The checksum of all that was folded up to `end`, before its bits are turned. Takes out of the last FAR bytes what they
 * have brought each other: they stay. Writes to the MIDDLE bytes before them too.
 * @param tables of eight times 256 numbers, for slicing by 8
 */
export function finishCrc32c(end: usize, tables: usize): u32 {
  const start = end - FAR;
  memory.fill(start - MIDDLE, 0, MIDDLE);
  for (let at = end - 16; at >= start; at -= 16) {
    const brought = v128.xor(v128.load(at - NEAR), v128.load(at - MIDDLE));
    v128.store(at, v128.xor(v128.load(at), brought));
  }
  return sliceCrc32c(start, end, 0, tables);
}

/** Goes on over [start, end) from the state `crc`, by slicing by 8 (Kounavis and Berry 2008). */
export function sliceCrc32c(start: usize, end: usize, crc: u32, tables: usize): u32 {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const low = load<u32>(at) ^ crc;
    const high = load<u32>(at, 4);
    crc =
      entry(tables, 7, low) ^
      entry(tables, 6, low >> 8) ^
      entry(tables, 5, low >> 16) ^
      entry(tables, 4, low >> 24) ^
      entry(tables, 3, high) ^
      entry(tables, 2, high >> 8) ^
      entry(tables, 1, high >> 16) ^
      entry(tables, 0, high >> 24);
  }
  for (; at < end; at++) crc = (crc >> 8) ^ entry(tables, 0, crc ^ load<u8>(at));
  return crc;
}

/** What a byte does to the checksum when `behind` bytes follow it. */
// @ts-ignore: decorator
@inline
function entry(tables: usize, behind: usize, byte: u32): u32 {
  return load<u32>(tables + (behind << 10) + ((<usize>(byte & 0xff)) << 2));
}
