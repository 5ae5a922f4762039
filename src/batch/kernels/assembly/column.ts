// What kernels over columns of texts share.

import { findByte } from './bytes';

/** Bytes of a view. */
export const VIEW: usize = 16;
export const LONGEST_INLINE: i32 = 12;
const BACKSLASH: i32 = 92;

/** The address of the text with this view. */
// @ts-ignore: decorator
@inline
export function textAt(view: usize): usize {
  return load<i32>(view) <= LONGEST_INLINE ? view + 4 : <usize>load<i32>(view, 12);
}

/** Whether there is a backslash in the text with this view. */
// @ts-ignore: decorator
@inline
export function hasBackslash(view: usize, length: i32): bool {
  if (length <= LONGEST_INLINE) {
    return i8x16.bitmask(i8x16.eq(v128.load(view), i8x16.splat(<i8>BACKSLASH))) >> 4 != 0;
  }
  const start = <usize>load<i32>(view, 12);
  const end = start + <usize>length;
  return findByte(start, end, BACKSLASH) < end;
}
