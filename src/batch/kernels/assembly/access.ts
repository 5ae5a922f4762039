// The split of access-log lines in their usual shape, one space between fields. Any other line is left to the
// general parser in src/formats/access/line.ts, with which this one agrees on every line that it takes.

import { REFUSED, secondsAt } from './access-time';
import { storeView } from './view';

const SPACE: u8 = 32;
const QUOTE: u8 = 34;
const DASH: u8 = 45;
const BACKSLASH: u8 = 92;

/** Lines are split in groups that span at most so many bytes, which with their marks fit the processor's first cache. */
const MOST_BYTES: usize = 16384;

const ABSENT: u8 = 0;
const INT: u8 = 3;
const TEXT: u8 = 5;
const TIMESTAMP: u8 = 6;

/** The address of the quote that ends the text at `from`, or 0. A backslash takes the next byte with it. */
function closingQuote(from: usize, end: usize): usize {
  const quote = i8x16.splat(<i8>QUOTE);
  const backslash = i8x16.splat(92);
  let at = from;
  while (at < end) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)));
    if (mask == 0) {
      at += 16;
      continue;
    }
    const found = at + <usize>ctz(mask);
    if (found >= end) return 0;
    if (load<u8>(found) == QUOTE) return found;
    at = found + 2;
  }
  return 0;
}

// One bit for each byte of the present group of lines: set for a quote or a backslash.
const MARKS = memory.data(<i32>MOST_BYTES / 8 + 32);
// The address of the first bit's byte.
let marked: usize = 0;

// @ts-ignore: decorator
@inline
function marksOf16(at: usize): u64 {
  const bytes = v128.load(at);
  return <u64>i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))));
}

/** Fills the marks for the bytes in [start, end), at most MOST_BYTES from the last multiple of 64 on. */
function markGroup(start: usize, end: usize): void {
  marked = start & ~63;
  for (let at = marked, word = MARKS; at < end; at += 64, word += 8) {
    store<u64>(word, marksOf16(at) | marksOf16(at + 16) << 16 | marksOf16(at + 32) << 32 | marksOf16(at + 48) << 48);
  }
}

/**
 * As `closingQuote`, for a text in the present group. Looks at the marks of the next 169 bytes (three words that
 * overlap, as each begins with a whole byte) without a branch: how far away a quote is cannot be foreseen.
 */
// @ts-ignore: decorator
@inline
function markedQuote(from: usize, end: usize): usize {
  const bit = from - marked;
  const words = MARKS + (bit >> 3);
  const shift = <u64>(bit & 7);
  const near = load<u64>(words) >> shift;
  const middle = load<u64>(words, 7) >> shift;
  const far = load<u64>(words, 14) >> shift;
  const toMiddle = ctz(near);
  const toFar = ctz(middle);
  const found = from + <usize>(toMiddle + (-(toMiddle >> 6) & (toFar - 8 + (-(toFar >> 6) & (ctz(far) - 8)))));
  return (near | middle | far) != 0 && found < end && load<u8>(found) == QUOTE ? found : closingQuote(from, end);
}

// Where `numberAt` left off, and what it read.
let numberEnd: usize = 0;
let number: i64 = 0;

/** Reads up to 15 digits, or `-`, at `at`. False when there is no such number. `number` is negative for `-`. */
function numberAt(at: usize): bool {
  let byte = load<u8>(at);
  if (byte == DASH) {
    number = -1;
    numberEnd = at + 1;
    return true;
  }
  let value: i64 = 0;
  let p = at;
  for (; <u32>(byte - 48) < 10; byte = load<u8>(++p)) {
    value = value * 10 + (byte - 48);
    if (p - at >= 15) return false;
  }
  number = value;
  numberEnd = p;
  return p > at;
}

/** As `numberAt`. Three digits and a space after them, the usual status, are read at once. */
// @ts-ignore: decorator
@inline
function statusAt(at: usize): bool {
  const text = load<u32>(at);
  if ((text & 0xfff0f0f0) != 0x20303030 || ((text + 0x060606) & 0xf0f0f0) != 0x303030) return numberAt(at);
  number = <i64>((text & 15) * 100 + (text >> 8 & 15) * 10 + (text >> 16 & 15));
  numberEnd = at + 3;
  return true;
}

/** As `numberAt`. Up to seven digits, or `-`, are read without a branch. */
// @ts-ignore: decorator
@inline
function sizeAt(at: usize): bool {
  const text = load<u64>(at);
  const values = text ^ 0x3030303030303030;
  const stops = (((values & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | values) & 0x8080808080808080;
  // Eight times the number of digits.
  const bits = ctz(stops) & 0x78;
  const dash = <u64>(<u8>text == DASH);
  if (bits + (dash << 3) - 8 >= 56) return numberAt(at);
  const digits = values << (64 - bits);
  const pairs = digits * 10 + (digits >> 8);
  const low = (pairs & 0x000000ff000000ff) * 0x000f424000000064;
  const high = (pairs >> 16 & 0x000000ff000000ff) * 0x0000271000000001;
  number = <i64>((low + high) >> 32 | -dash);
  numberEnd = at + <usize>((bits >> 3) + dash);
  return true;
}

/** How many capital letters follow each other at `at`; 16 for more. */
// @ts-ignore: decorator
@inline
function capitals(at: usize): usize {
  const isCapital = i8x16.lt_s(i8x16.sub(v128.load(at), i8x16.splat(<i8>(65 - 128))), i8x16.splat(<i8>(26 - 128)));
  return <usize>ctz(~i8x16.bitmask(isCapital));
}

/** How many letters, digits, `-` and `_` follow each other at `at`; 16 for more. */
function methodLength(at: usize): usize {
  const bytes = v128.load(at);
  const lower = v128.or(bytes, i8x16.splat(32));
  const letters = i8x16.lt_s(i8x16.sub(lower, i8x16.splat(<i8>(97 - 128))), i8x16.splat(<i8>(26 - 128)));
  const digits = i8x16.lt_s(i8x16.sub(bytes, i8x16.splat(<i8>(48 - 128))), i8x16.splat(<i8>(10 - 128)));
  const others = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>DASH)), i8x16.eq(bytes, i8x16.splat(95)));
  return <usize>ctz(~i8x16.bitmask(v128.or(v128.or(letters, digits), others)));
}

// @ts-ignore: decorator
@inline
function spacesOf16(at: usize): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>SPACE)));
}

// A column is three words: the address of its tags (0: not wanted), of its payload, and how many of its rows are absent.

// @ts-ignore: decorator
@inline
function putText(column: usize, row: usize, from: usize, to: usize): void {
  const tags = <usize>load<u32>(column);
  if (tags == 0) return;
  const length = <i32>(to - from);
  const absent = <i32>(length == 1) & <i32>(load<u8>(from) == DASH);
  store<u8>(tags + row, TEXT & <u8>(absent - 1));
  store<u32>(column, load<u32>(column, 8) + absent, 8);
  storeView(<usize>load<u32>(column, 4) + (row << 4), from, length);
}

// @ts-ignore: decorator
@inline
function putNumber(column: usize, row: usize, tag: u8, value: f64): void {
  const tags = <usize>load<u32>(column);
  if (tags == 0) return;
  store<u8>(tags + row, tag);
  store<f64>(<usize>load<u32>(column, 4) + (row << 3), value);
}

// @ts-ignore: decorator
@inline
function putCount(column: usize, row: usize, value: i64): void {
  const tags = <usize>load<u32>(column);
  if (tags == 0) return;
  const absent = <i32>(value < 0);
  store<u8>(tags + row, INT & <u8>(absent - 1));
  store<u32>(column, load<u32>(column, 8) + absent, 8);
  store<f64>(<usize>load<u32>(column, 4) + (row << 3), <f64>value);
}

// @ts-ignore: decorator
@inline
function spacesOf32(at: usize): u64 {
  return spacesOf16(at) | spacesOf16(at + 16) << 16;
}

/** Splits the line at [start, end) of the present group. False when it is not in the usual shape. */
// @ts-ignore: decorator
@inline
function splitLine(start: usize, end: usize, row: usize, columns: usize, combined: i32): bool {
  let spaces = spacesOf32(start);
  if (popcnt(spaces) < 3) spaces |= spacesOf32(start + 32) << 32;
  const hostEnd = start + <usize>ctz(spaces);
  spaces &= spaces - 1;
  const identityEnd = start + <usize>ctz(spaces);
  spaces &= spaces - 1;
  const userEnd = start + <usize>ctz(spaces);
  if (hostEnd == start || identityEnd == hostEnd + 1 || userEnd == identityEnd + 1) return false;
  const time = userEnd + 1;
  if (spaces == 0 || time + 32 > end) return false;
  const seconds = secondsAt(time);
  if (seconds == REFUSED) return false;

  const request = time + 30;
  const requestEnd = markedQuote(request, end);
  if (requestEnd == 0) return false;
  let methodEnd = request + capitals(request);
  if (load<u8>(methodEnd) != SPACE) methodEnd = request + methodLength(request);
  const lastSpaces = <u32>spacesOf16(requestEnd - 16);
  const pathEnd = requestEnd - 16 + <usize>(31 - clz(lastSpaces));
  if (methodEnd == request || load<u8>(methodEnd) != SPACE || lastSpaces == 0) return false;
  if (pathEnd <= methodEnd + 1 || pathEnd + 1 == requestEnd) return false;
  if (load<u8>(methodEnd + 1) == SPACE || load<u8>(pathEnd - 1) == SPACE) return false;

  if (load<u8>(requestEnd + 1) != SPACE || !statusAt(requestEnd + 2)) return false;
  const status = number;
  const statusEnd = numberEnd;
  if (statusEnd >= end || load<u8>(statusEnd) != SPACE || !sizeAt(statusEnd + 1)) return false;
  const size = number;
  const sizeEnd = numberEnd;

  let referrerEnd: usize = 0;
  let agentEnd: usize = 0;
  if (combined) {
    if (sizeEnd + 2 >= end || load<u16>(sizeEnd) != 0x2220) return false;
    referrerEnd = markedQuote(sizeEnd + 2, end);
    if (referrerEnd == 0 || referrerEnd + 3 >= end || load<u16>(referrerEnd + 1) != 0x2220) return false;
    agentEnd = markedQuote(referrerEnd + 3, end);
    if (agentEnd == 0 || (agentEnd + 1 != end && load<u8>(agentEnd + 1) != SPACE)) return false;
  } else if (sizeEnd != end) {
    return false;
  }

  putText(columns, row, start, hostEnd);
  putText(columns + 12, row, hostEnd + 1, identityEnd);
  putText(columns + 24, row, identityEnd + 1, userEnd);
  putNumber(columns + 36, row, TIMESTAMP, <f64>seconds * 1000000);
  putText(columns + 48, row, request, methodEnd);
  putText(columns + 60, row, methodEnd + 1, pathEnd);
  putText(columns + 72, row, pathEnd + 1, requestEnd);
  putCount(columns + 84, row, status);
  putCount(columns + 96, row, size);
  if (combined) {
    putText(columns + 108, row, sizeEnd + 2, referrerEnd);
    putText(columns + 120, row, referrerEnd + 3, agentEnd);
  }
  return true;
}

/** The row after those from `row` on that lie one after the other within MOST_BYTES; `row` when it is longer than that. */
function groupAt(starts: usize, lengths: usize, row: usize, count: usize): usize {
  const first = <usize>load<i32>(starts + (row << 2));
  const limit = (first & ~63) + MOST_BYTES;
  for (let end = first; row < count; row++) {
    const start = <usize>load<i32>(starts + (row << 2));
    if (start < end) break;
    end = start + <usize>load<i32>(lengths + (row << 2));
    if (end > limit) break;
  }
  return row;
}

/**
 * Splits `count` lines `host identity user [timestamp] "method path protocol" status size`, and ` "referrer" "agent"`
 * when `combined`, into the columns described by eleven triples of words at `columns` (in this order: host identity
 * user timestamp method path protocol status size referrer agent). Lines that are not in the usual shape are not
 * split: their row numbers go to `others`. Returns how many those are.
 */
export function splitAccessLog(
  starts: usize,
  lengths: usize,
  count: i32,
  columns: usize,
  others: usize,
  combined: i32,
): i32 {
  let left = others;
  for (let row: usize = 0; row < <usize>count; ) {
    const groupEnd = groupAt(starts, lengths, row, <usize>count);
    if (groupEnd == row) {
      store<i32>(left, <i32>row);
      row++;
      left += 4;
      continue;
    }
    const last = (groupEnd - 1) << 2;
    markGroup(<usize>load<i32>(starts + (row << 2)), <usize>load<i32>(starts + last) + <usize>load<i32>(lengths + last));
    for (; row < groupEnd; row++) {
      const start = <usize>load<i32>(starts + (row << 2));
      const end = start + <usize>load<i32>(lengths + (row << 2));
      store<i32>(left, <i32>row);
      left += splitLine(start, end, row, columns, combined) ? 0 : 4;
    }
  }
  return <i32>((left - others) >> 2);
}
