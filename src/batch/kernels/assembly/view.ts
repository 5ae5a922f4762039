const LONGEST_INLINE: i32 = 12;

// For each length up to 12 the 16 bytes that keep so many bytes of a text, moved into a view's last three words; then
// those that keep the first four bytes of a longer text.
const KEPT = memory.data(16 * 14);

function fillMasks(): void {
  for (let length: usize = 0; length <= 13; length++) {
    const kept: usize = length > 12 ? 4 : length;
    for (let byte: usize = 0; byte < kept; byte++) store<u8>(KEPT + (length << 4) + 4 + byte, 0xff);
  }
}
fillMasks();

/**
 * Writes the Utf8View of the `length` (at least 0) bytes at `start`: up to 12 bytes inline, longer ones as length,
 * first four bytes, buffer 0 and address. Lengths of log fields come in no order that a processor could foresee, so
 * one form is chosen by arithmetic (engines compile `select` of vectors to a branch).
 */
// @ts-ignore: decorator
@inline
export function storeView(view: usize, start: usize, length: i32): void {
  // All ones for a text that does not fit: lengths are never negative.
  const isLong = (LONGEST_INLINE - length) >> 31;
  const kept = KEPT + (<usize>((length & ~isLong) | (13 & isLong)) << 4);
  const size = i32x4.replace_lane(i64x2.splat(0), 0, length);
  const text = i8x16.shuffle(size, v128.load(start), 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
  const address = i32x4.replace_lane(size, 3, <i32>start & isLong);
  v128.store(view, v128.or(address, v128.and(text, v128.load(kept))));
}
