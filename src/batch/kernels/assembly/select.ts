// Conditions over whole columns: the rows that meet them, ascending.

import { equalBytes, findBytes } from './bytes';
import { hasBackslash, LONGEST_INLINE, textAt, VIEW } from './column';

/** Writes the numbers 0 to `count` - 1 to `out`, as i32. */
export function countUp(out: usize, count: i32): void {
  let numbers = i32x4(0, 1, 2, 3);
  const four = i32x4.splat(4);
  let row: i32 = 0;
  for (; row + 4 <= count; row += 4) {
    v128.store(out + (<usize>row << 2), numbers);
    numbers = i32x4.add(numbers, four);
  }
  for (; row < count; row++) store<i32>(out + (<usize>row << 2), row);
}

/** Writes the rows that are in one of two ascending lists, which have none in common, to `out`, ascending. */
export function mergeRows(a: usize, aCount: i32, b: usize, bCount: i32, out: usize): void {
  const aEnd = a + (<usize>aCount << 2);
  const bEnd = b + (<usize>bCount << 2);
  while (a < aEnd && b < bEnd) {
    const left = load<i32>(a);
    const right = load<i32>(b);
    const isLeft = <usize>(left < right);
    store<i32>(out, isLeft ? left : right);
    a += isLeft << 2;
    b += (isLeft ^ 1) << 2;
    out += 4;
  }
  memory.copy(out, a, aEnd - a);
  memory.copy(out + (aEnd - a), b, bEnd - b);
}

/** Writes the rows of `a` that are not in `b`, all of whose rows are in `a`, to `out`; all are ascending. Returns how many. */
export function subtractRows(a: usize, aCount: i32, b: usize, bCount: i32, out: usize): i32 {
  const aEnd = a + (<usize>aCount << 2);
  const bEnd = b + (<usize>bCount << 2);
  let found = out;
  for (; a < aEnd && b < bEnd; a += 4) {
    const row = load<i32>(a);
    const isInBoth = <usize>(row == load<i32>(b));
    store<i32>(found, row);
    found += (isInBoth ^ 1) << 2;
    b += isInBoth << 2;
  }
  memory.copy(found, a, aEnd - a);
  return <i32>((found + (aEnd - a) - out) >> 2);
}

/** All ones in each half of the two f64 at `at` that is within [low, high]. */
// @ts-ignore: decorator
@inline
function within(at: usize, low: v128, high: v128): v128 {
  const values = v128.load(at);
  return v128.and(f64x2.ge(values, low), f64x2.le(values, high));
}

/**
 * Writes the rows among the first `count` of the f64 at `numbers` that are within [low, high] to `out`, as i32, which needs room
 * for all of them. Returns how many.
 */
export function selectRange(numbers: usize, count: i32, low: f64, high: f64, out: usize): i32 {
  const lows = f64x2.splat(low);
  const highs = f64x2.splat(high);
  let found = out;
  let row: i32 = 0;
  for (; row + 4 <= count; row += 4) {
    const at = numbers + (<usize>row << 3);
    const first = within(at, lows, highs);
    const second = within(at + 16, lows, highs);
    if (!v128.any_true(v128.or(first, second))) continue;
    const bits = i64x2.bitmask(first) | (i64x2.bitmask(second) << 2);
    store<i32>(found, row);
    found += <usize>((bits & 1) << 2);
    store<i32>(found, row + 1);
    found += <usize>(((bits >> 1) & 1) << 2);
    store<i32>(found, row + 2);
    found += <usize>(((bits >> 2) & 1) << 2);
    store<i32>(found, row + 3);
    found += <usize>(((bits >> 3) & 1) << 2);
  }
  for (; row < count; row++) {
    const value = load<f64>(numbers + (<usize>row << 3));
    store<i32>(found, row);
    if (value >= low && value <= high) found += 4;
  }
  return <i32>((found - out) >> 2);
}

/**
 * Writes those of the `count` rows at `rows` to `out` whose text begins with the `length` bytes at `part`. The first four bytes
 * of any text lie in its view; only texts that agree in them are looked at. Returns how many.
 */
export function selectStarting(views: usize, rows: usize, count: i32, part: usize, length: i32, out: usize): i32 {
  const mask: i32 = length >= 4 ? -1 : (1 << (length << 3)) - 1;
  const first = load<i32>(part) & mask;
  const end = rows + (<usize>count << 2);
  let found = out;
  for (let at = rows; at < end; at += 4) {
    const row = load<i32>(at);
    const view = views + <usize>row * VIEW;
    if (load<i32>(view) < length || (load<i32>(view, 4) & mask) != first) continue;
    store<i32>(found, row);
    if (length <= 4 || equalBytes(textAt(view), part, length)) found += 4;
  }
  return <i32>((found - out) >> 2);
}

/** The same for texts that end so. */
export function selectEnding(views: usize, rows: usize, count: i32, part: usize, length: i32, out: usize): i32 {
  const end = rows + (<usize>count << 2);
  let found = out;
  for (let at = rows; at < end; at += 4) {
    const row = load<i32>(at);
    const view = views + <usize>row * VIEW;
    const excess = load<i32>(view) - length;
    if (excess < 0) continue;
    store<i32>(found, row);
    if (equalBytes(textAt(view) + excess, part, length)) found += 4;
  }
  return <i32>((found - out) >> 2);
}

/** The same for texts that hold the bytes anywhere. */
export function selectContaining(views: usize, rows: usize, count: i32, part: usize, length: i32, out: usize): i32 {
  const end = rows + (<usize>count << 2);
  let found = out;
  for (let at = rows; at < end; at += 4) {
    const row = load<i32>(at);
    const view = views + <usize>row * VIEW;
    const size = load<i32>(view);
    if (size < length) continue;
    const start = textAt(view);
    store<i32>(found, row);
    if (findBytes(start, start + size, part, length) >= 0) found += 4;
  }
  return <i32>((found - out) >> 2);
}

/** 1 for a text that is the one with the view `wanted`. */
// @ts-ignore: decorator
@inline
function isEqual(view: usize, wanted: usize, whole: v128, isInline: bool): usize {
  if (isInline) return <usize>!v128.any_true(v128.xor(v128.load(view), whole));
  if (load<i64>(view) != load<i64>(wanted)) return 0;
  return equalBytes(<usize>load<i32>(view, 12), <usize>load<i32>(wanted, 12), load<i32>(wanted));
}

/** The same for texts that are the one with the view `wanted`. */
export function selectEqual(views: usize, rows: usize, count: i32, wanted: usize, out: usize): i32 {
  const whole = v128.load(wanted);
  const length = load<i32>(wanted);
  const isInline = length <= LONGEST_INLINE;
  const end = rows + (<usize>count << 2);
  let found = out;
  for (let at = rows; at < end; at += 4) {
    const row = load<i32>(at);
    const view = views + <usize>row * VIEW;
    store<i32>(found, row);
    found += isEqual(view, wanted, whole, isInline) << 2;
  }
  return <i32>((found - out) >> 2);
}

/**
 * The same for JSON strings, `wanted` being quoted. Rows with escapes that may be the same text in another spelling, which is
 * longer but not beyond `longest`, are written to `doubtful` from its second word on, and their number to its first.
 */
export function selectEqualJson(
  views: usize,
  rows: usize,
  count: i32,
  wanted: usize,
  longest: i32,
  out: usize,
  doubtful: usize,
): i32 {
  const whole = v128.load(wanted);
  const length = load<i32>(wanted);
  const isInline = length <= LONGEST_INLINE;
  const end = rows + (<usize>count << 2);
  let found = out;
  let doubt = doubtful + 4;
  for (let at = rows; at < end; at += 4) {
    const row = load<i32>(at);
    const view = views + <usize>row * VIEW;
    const size = load<i32>(view);
    store<i32>(found, row);
    found += isEqual(view, wanted, whole, isInline) << 2;
    if (size > length && size <= longest && hasBackslash(view, size)) {
      store<i32>(doubt, row);
      doubt += 4;
    }
  }
  store<i32>(doubtful, <i32>((doubt - doubtful) >> 2) - 1);
  return <i32>((found - out) >> 2);
}
