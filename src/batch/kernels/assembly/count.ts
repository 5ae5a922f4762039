const BLOCK: usize = 64;

/** One bit for each of the 64 bytes at `at` that equals the byte of which `wanted` is made. */
// @ts-ignore: decorator
@inline
function maskOf(at: usize, wanted: v128): u64 {
  const first = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at), wanted)));
  const second = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 16), wanted)));
  const third = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 32), wanted)));
  const fourth = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 48), wanted)));
  return first | (second << 16) | (third << 32) | (fourth << 48);
}

/**
 * Counts the lines in [start, end) when each ends with a bare newline, so that they can be copied as they are. Returns
 * -1 when one ends with a carriage return and a newline, or the last one with neither.
 */
export function countPlainLines(start: usize, end: usize): i32 {
  if (start >= end || load<u8>(end - 1) != 10) return -1;
  const newline = i8x16.splat(10);
  const carriageReturn = i8x16.splat(13);
  let lines: i32 = 0;
  let behindReturn: u64 = 0;
  for (let at = start; at < end; at += BLOCK) {
    const left = end - at;
    const inside: u64 = left < BLOCK ? (<u64>1 << <u64>left) - 1 : u64.MAX_VALUE;
    const newlines = maskOf(at, newline) & inside;
    const returns = maskOf(at, carriageReturn) & inside;
    if (newlines & ((returns << 1) | behindReturn)) return -1;
    behindReturn = returns >> 63;
    lines += <i32>popcnt(newlines);
  }
  return lines;
}
