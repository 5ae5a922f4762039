// For each length up to 12 the 16 bytes that keep so many bytes of a text, moved into a view's last three words.
const INLINE_MASKS = memory.data(16 * 13);

function fillMasks(): void {
  for (let length: usize = 0; length <= 12; length++) {
    for (let byte: usize = 0; byte < length; byte++) store<u8>(INLINE_MASKS + (length << 4) + 4 + byte, 0xff);
  }
}
fillMasks();

/**
 * Writes the Utf8View of the `length` (at least 0) bytes at `start`: up to 12 bytes inline, longer ones as length,
 * first four bytes, buffer 0 and address. Lengths of log fields come in no order that a processor could foresee, so
 * both forms are made and one is chosen without a branch.
 */
// @ts-ignore: decorator
@inline
export function storeView(view: usize, start: usize, length: i32): void {
  const size = i32x4.replace_lane(i64x2.splat(0), 0, length);
  // A view's length word, and the text's first twelve bytes behind it.
  const whole = i8x16.shuffle(size, v128.load(start), 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
  const isInline = <u32>length <= 12;
  const mask = v128.load(INLINE_MASKS + (<usize>select<i32>(length, 0, isInline) << 4));
  const inline = v128.or(size, v128.and(whole, mask));
  const reference = i32x4.replace_lane(i32x4.replace_lane(whole, 2, 0), 3, <i32>start);
  v128.store(view, select<v128>(inline, reference, isInline));
}
