/**
 * Writes the Utf8View of the `length` (at least 0) bytes at `start`: up to 12 bytes inline, longer ones as length,
 * first four bytes, buffer 0 and address.
 */
// @ts-ignore: decorator
@inline
export function storeView(view: usize, start: usize, length: i32): void {
  if (length == 0) {
    v128.store(view, i64x2.splat(0));
  } else if (length <= 12) {
    const low = load<u64>(start);
    const high = load<u32>(start + 8);
    store<i32>(view, length);
    if (length >= 8) {
      store<u64>(view + 4, low);
      store<u32>(view + 12, length == 12 ? high : high & ((1 << ((length - 8) << 3)) - 1));
    } else {
      store<u64>(view + 4, low & (((<u64>1) << (<u64>length << 3)) - 1));
      store<u32>(view + 12, 0);
    }
  } else {
    store<i32>(view, length);
    store<u32>(view + 4, load<u32>(start));
    store<i32>(view + 8, 0);
    store<i32>(view + 12, <i32>start);
  }
}
