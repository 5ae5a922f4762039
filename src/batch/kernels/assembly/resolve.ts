// What stands in JSON that nobody has looked into, for whole columns. Rows that need more than bytes to tell (escapes, long
// numbers, errors) are left as they are, for the caller.

import { hasBackslash, textAt, VIEW } from './column';
import { findItem, findMember } from './member';
import { storeView } from './view';

/** The tag of rows that have not been looked into yet. */
const UNKNOWN: u8 = 255;
const ABSENT: u8 = 0;
const NULL: u8 = 1;
const BOOL: u8 = 2;
const INT: u8 = 3;
const DOUBLE: u8 = 4;
const TEXT: u8 = 5;
const JSON: u8 = 7;

/** Up to so many digits a number is exact while it is read digit by digit. */
const EXACT_DIGITS: i32 = 15;
const POWERS_OF_TEN = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]);

/**
 * Reads the JSON number at [start, end) into the f64 at `out`. Returns its tag, or UNKNOWN for one with an exponent or more
 * than 15 digits. A decimal is the exact quotient of two exact doubles (Clinger 1990), so that division rounds correctly.
 */
// @ts-ignore: decorator
@inline
function readNumber(start: usize, end: usize, out: usize): u8 {
  const isNegative = load<u8>(start) == 45;
  let at = start + <usize>isNegative;
  const first = at;
  let mantissa: i64 = 0;
  let point: usize = 0;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    const digit = <u32>byte - 48;
    if (digit < 10) mantissa = mantissa * 10 + digit;
    else if (byte == 46 && !point) point = at;
    else return UNKNOWN;
  }
  if (<i32>(at - first) - <i32>(point != 0) > EXACT_DIGITS) return UNKNOWN;
  if (!point) {
    store<f64>(out, <f64>(isNegative ? -mantissa : mantissa));
    return INT;
  }
  const value = <f64>mantissa / load<f64>(POWERS_OF_TEN + ((end - point - 1) << 3));
  store<f64>(out, isNegative ? -value : value);
  return DOUBLE;
}

/**
 * Resolves those of the `count` rows at `rows` that are UNKNOWN in `outTags` and JSON in `tags` (0: all are), to the values
 * that they stand for. Returns how many of the rows are left UNKNOWN.
 */
export function resolveJson(
  tags: usize,
  views: usize,
  rows: usize,
  count: i32,
  outTags: usize,
  outNumbers: usize,
  outViews: usize,
): i32 {
  const end = rows + (<usize>count << 2);
  let left = 0;
  for (let at = rows; at < end; at += 4) {
    const row = <usize>load<i32>(at);
    if (load<u8>(outTags + row) != UNKNOWN) continue;
    if (tags && load<u8>(tags + row) != JSON) {
      left++;
      continue;
    }
    const view = views + row * VIEW;
    const length = load<i32>(view);
    const start = textAt(view);
    const out = outViews + row * VIEW;
    const numbers = outNumbers + (row << 3);
    let tag = UNKNOWN;
    switch (load<u8>(start)) {
      case 0x22:
        if (hasBackslash(view, length)) break;
        storeView(out, start + 1, length - 2);
        tag = TEXT;
        break;
      case 0x7b:
      case 0x5b:
        v128.store(out, v128.load(view));
        tag = JSON;
        break;
      case 0x74:
      case 0x66:
        store<f64>(numbers, <f64>(load<u8>(start) == 0x74));
        tag = BOOL;
        break;
      case 0x6e:
        tag = NULL;
        break;
      default:
        tag = readNumber(start, start + <usize>length, numbers);
    }
    store<u8>(outTags + row, tag);
    left += <i32>(tag == UNKNOWN);
  }
  return left;
}

/** Words of a step: the address of a key and its length, or an index and -1. */
const STEP: usize = 8;

/**
 * Walks from each of the `count` rows at `rows` that are UNKNOWN in `outTags`, and JSON in `tags` (0: all are), along `steps`. What
 * is reached is JSON, what is not there ABSENT; rows that take a step into what has none stay UNKNOWN, and so do those longer
 * than `room`, which is what is free at `scratch`. `found` takes two addresses. Returns how many of the rows are left UNKNOWN.
 */
export function walkJson(
  tags: usize,
  views: usize,
  rows: usize,
  count: i32,
  steps: usize,
  stepCount: i32,
  outTags: usize,
  outViews: usize,
  found: usize,
  scratch: usize,
  room: i32,
): i32 {
  const end = rows + (<usize>count << 2);
  const lastStep = steps + <usize>stepCount * STEP;
  let left = 0;
  for (let at = rows; at < end; at += 4) {
    const row = <usize>load<i32>(at);
    if (load<u8>(outTags + row) != UNKNOWN) continue;
    const view = views + row * VIEW;
    const length = load<i32>(view);
    if ((tags && load<u8>(tags + row) != JSON) || length > room) {
      left++;
      continue;
    }
    store<i32>(found, <i32>textAt(view));
    store<i32>(found, <i32>textAt(view) + length, 4);
    let tag = JSON;
    for (let step = steps; step < lastStep && tag == JSON; step += STEP) tag = takeStep(step, found, scratch);
    store<u8>(outTags + row, tag);
    left += <i32>(tag == UNKNOWN);
    if (tag == JSON) storeView(outViews + row * VIEW, load<i32>(found), load<i32>(found, 4) - load<i32>(found));
  }
  return left;
}

/** Takes one step into the value at `found`: JSON when that is there, ABSENT, or UNKNOWN for an error. */
function takeStep(step: usize, found: usize, scratch: usize): u8 {
  const start = <usize>load<i32>(found);
  const end = <usize>load<i32>(found, 4);
  const length = load<i32>(step, 4);
  const first = load<u8>(start);
  if (first == 0x6e) return ABSENT;
  if (length < 0) return first == 0x5b && findItem(start, end, load<i32>(step), found) ? JSON : UNKNOWN;
  if (first != 0x7b) return UNKNOWN;
  return findMember(start, end, <usize>load<i32>(step), length, found, scratch) ? JSON : ABSENT;
}
