// Finding a member of a JSON object in its text, without an index of it: for objects inside of records, which are
// short and of which one member is wanted. The text is valid JSON; of one that is not, the answer may be wrong but never
// lies outside of it.

import { equalBytes } from './bytes';
import { unescapeJson } from './json';
import { storeView } from './view';

const QUOTE: u32 = 34;

// @ts-ignore: decorator
@inline
function skipSpace(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) <= 32) at++;
  return at;
}

/** Whether an escape stands in the string that endOfString passed last. */
let sawEscape: bool = false;

/** The address after the string whose opening quote is at `at`. */
function endOfString(at: usize, end: usize): usize {
  const quote = i8x16.splat(34);
  const backslash = i8x16.splat(92);
  sawEscape = false;
  at++;
  while (at < end) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)));
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(mask);
    if (at >= end) break;
    if (load<u8>(at) == QUOTE) return at + 1;
    sawEscape = true;
    at += 2;
  }
  return end;
}

/** The address after the object or array that begins at `at`. */
function endOfNested(at: usize, end: usize): usize {
  const quote = i8x16.splat(34);
  const bit = i8x16.splat(32);
  const open = i8x16.splat(0x7b);
  const close = i8x16.splat(0x7d);
  let depth: i32 = 0;
  while (at < end) {
    const bytes = v128.load(at);
    // With bit 32 set, brackets are braces.
    const folded = v128.or(bytes, bit);
    const opening = i8x16.eq(folded, open);
    const mask = i8x16.bitmask(v128.or(v128.or(opening, i8x16.eq(folded, close)), i8x16.eq(bytes, quote)));
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(mask);
    if (at >= end) break;
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) {
      at = endOfString(at, end);
      continue;
    }
    at++;
    if ((byte | 32) == 0x7b) depth++;
    else if (--depth == 0) return at;
  }
  return end;
}

/** The address after the value that begins at `at`. */
function endOfValue(at: usize, end: usize): usize {
  const first = <u32>load<u8>(at);
  if (first == QUOTE) return endOfString(at, end);
  if ((first | 32) == 0x7b) return endOfNested(at, end);
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte <= 32 || byte == 44 || (byte | 32) == 0x7d) break;
    at++;
  }
  return at;
}

/**
 * Finds the member named by the `length` bytes at `key` in the JSON object [start, end); of equal keys the last one
 * counts. Writes the address of its value and the address after it to `found`, two Int32. `scratch` has room for the
 * longest key. Returns whether there is one.
 */
export function findMember(start: usize, end: usize, key: usize, length: i32, found: usize, scratch: usize): i32 {
  let result: i32 = 0;
  let at = start + 1;
  while (at < end) {
    at = skipSpace(at, end);
    if (load<u8>(at) != QUOTE) break;
    const keyStart = at + 1;
    at = endOfString(at, end);
    const size = <i32>(at - 1 - keyStart);
    const isWanted = sawEscape
      ? <i32>(unescapeJson(scratch, keyStart, size) - scratch) == length && equalBytes(scratch, key, length)
      : size == length && equalBytes(keyStart, key, length);
    at = skipSpace(at, end);
    if (at >= end || load<u8>(at) != 58) break;
    const value = skipSpace(at + 1, end);
    at = endOfValue(value, end);
    if (isWanted) {
      result = 1;
      store<i32>(found, <i32>value);
      store<i32>(found, <i32>at, 4);
    }
    at = skipSpace(at, end);
    if (at >= end || load<u8>(at) != 44) break;
    at++;
  }
  return result;
}

/** Finds item `index` of the JSON array [start, end), as findMember does a member. */
export function findItem(start: usize, end: usize, index: i32, found: usize): i32 {
  let at = start + 1;
  for (let item: i32 = 0; at < end - 1; item++) {
    const value = skipSpace(at, end);
    at = endOfValue(value, end);
    if (at == value) return 0;
    if (item == index) {
      store<i32>(found, <i32>value);
      store<i32>(found, <i32>at, 4);
      return 1;
    }
    at = skipSpace(at, end);
    if (at >= end || load<u8>(at) != 44) return 0;
    at++;
  }
  return 0;
}

/** Writes the view of each item of the JSON array [start, end), 16 bytes each, to `views`. Returns their number. */
export function listItems(start: usize, end: usize, views: usize): i32 {
  let count: i32 = 0;
  let at = start + 1;
  while (at < end - 1) {
    const value = skipSpace(at, end);
    at = endOfValue(value, end);
    if (at == value) break;
    storeView(views + (<usize>count << 4), value, <i32>(at - value));
    count++;
    at = skipSpace(at, end);
    if (at >= end || load<u8>(at) != 44) break;
    at++;
  }
  return count;
}
