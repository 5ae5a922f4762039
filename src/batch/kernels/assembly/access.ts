// The split of access-log lines in their usual shape, one space between fields. Any other line is left to the
// general parser in src/formats/access/line.ts, with which this one agrees on every line that it takes.

import { storeView } from './view';

const SPACE: u8 = 32;
const QUOTE: u8 = 34;
const DASH: u8 = 45;

const ABSENT: u8 = 0;
const INT: u8 = 3;
const TEXT: u8 = 5;
const TIMESTAMP: u8 = 6;

const REFUSED: i64 = i64.MIN_VALUE;

// @ts-ignore: decorator
@inline
function spaceAfter(from: usize, end: usize): usize {
  const space = i8x16.splat(<i8>SPACE);
  for (let at = from; at < end; at += 16) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), space));
    if (mask) return at + <usize>ctz(mask);
  }
  return end;
}

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

/** The two digits at `at` as a number, or a number of 100 or more. */
// @ts-ignore: decorator
@inline
function twoDigits(at: usize): i32 {
  const tens = <i32>load<u8>(at) - 48;
  const units = <i32>load<u8>(at + 1) - 48;
  return <u32>tens > 9 || <u32>units > 9 ? 100 : tens * 10 + units;
}

/** 1 to 12, or 0. */
function monthAt(at: usize): i32 {
  const name = (load<u32>(at) & 0xffffff) | 0x202020;
  if (name == 0x6e616a) return 1;
  if (name == 0x626566) return 2;
  if (name == 0x72616d) return 3;
  if (name == 0x727061) return 4;
  if (name == 0x79616d) return 5;
  if (name == 0x6e756a) return 6;
  if (name == 0x6c756a) return 7;
  if (name == 0x677561) return 8;
  if (name == 0x706573) return 9;
  if (name == 0x74636f) return 10;
  if (name == 0x766f6e) return 11;
  if (name == 0x636564) return 12;
  return 0;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const y = year - (month <= 2 ? 1 : 0);
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

function daysInMonth(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Seconds since 1970 of `[dd/Mon/yyyy:HH:M?:?? +zzzz] ` with zeros for the question marks, or REFUSED. */
function tenMinutesAt(at: usize): i64 {
  const day = twoDigits(at + 1);
  const month = monthAt(at + 4);
  const century = twoDigits(at + 8);
  const yearOfCentury = twoDigits(at + 10);
  const hour = twoDigits(at + 13);
  const tenMinutes = <i32>load<u8>(at + 16) - 48;
  const zoneHour = twoDigits(at + 23);
  const zoneMinute = twoDigits(at + 25);
  if (century > 99 || yearOfCentury > 99 || month == 0 || hour > 23 || <u32>tenMinutes > 5) return REFUSED;
  const year = century * 100 + yearOfCentury;
  if (day < 1 || day > daysInMonth(year, month) || zoneHour > 23 || zoneMinute > 59) return REFUSED;
  if (load<u8>(at + 3) != 47 || load<u8>(at + 7) != 47 || load<u8>(at + 12) != 58 || load<u8>(at + 15) != 58) return REFUSED;
  const sign = load<u8>(at + 22);
  if (load<u8>(at + 21) != SPACE || (sign != 43 && sign != DASH)) return REFUSED;
  if (load<u8>(at + 27) != 93 || load<u8>(at + 28) != SPACE) return REFUSED;
  const zone = (zoneHour * 60 + zoneMinute) * 60;
  const local = <i64>daysFromCivil(year, month, day) * 86400 + <i64>(hour * 3600 + tenMinutes * 600);
  return sign == DASH ? local + <i64>zone : local - <i64>zone;
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

// @ts-ignore: decorator
@inline
function isMethodByte(byte: u8): bool {
  return <u32>((byte | 32) - 97) < 26 || <u32>(byte - 48) < 10 || byte == DASH || byte == 95;
}

// A column is three words: the address of its tags (0: not wanted), of its payload, and how many of its rows are absent.

// @ts-ignore: decorator
@inline
function putText(column: usize, row: usize, from: usize, to: usize): void {
  const tags = <usize>load<u32>(column);
  if (tags == 0) return;
  const length = <i32>(to - from);
  if (length == 1 && load<u8>(from) == DASH) {
    store<u8>(tags + row, ABSENT);
    store<u32>(column, load<u32>(column, 8) + 1, 8);
    return;
  }
  store<u8>(tags + row, TEXT);
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
  if (value < 0) {
    const tags = <usize>load<u32>(column);
    if (tags == 0) return;
    store<u8>(tags + row, ABSENT);
    store<u32>(column, load<u32>(column, 8) + 1, 8);
  } else {
    putNumber(column, row, INT, <f64>value);
  }
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
  let left: i32 = 0;
  let lastMinutes = i64x2.splat(0);
  let lastZone: u64 = 0;
  let lastSeconds: i64 = REFUSED;
  const space = i8x16.splat(<i8>SPACE);
  for (let row: usize = 0; row < <usize>count; row++) {
    const start = <usize>load<i32>(starts + (row << 2));
    const end = start + <usize>load<i32>(lengths + (row << 2));
    store<i32>(others + (<usize>left << 2), <i32>row);
    left++;

    const hostEnd = spaceAfter(start, end);
    const identityEnd = spaceAfter(hostEnd + 1, end);
    const userEnd = spaceAfter(identityEnd + 1, end);
    if (hostEnd == start || identityEnd == hostEnd + 1 || userEnd == identityEnd + 1) continue;
    const time = userEnd + 1;
    if (time + 32 > end || load<u8>(time) != 91 || load<u8>(time + 29) != QUOTE) continue;

    const minutes = v128.load(time + 1);
    const zone = load<u64>(time + 21);
    if (zone != lastZone || v128.any_true(v128.xor(minutes, lastMinutes))) {
      lastSeconds = tenMinutesAt(time);
      lastMinutes = minutes;
      lastZone = zone;
    }
    const minute = <i32>load<u8>(time + 17) - 48;
    const second = twoDigits(time + 19);
    if (lastSeconds == REFUSED || <u32>minute > 9 || second > 60 || load<u8>(time + 18) != 58) continue;

    const request = time + 30;
    const requestEnd = closingQuote(request, end);
    if (requestEnd == 0) continue;
    let methodEnd = request;
    while (isMethodByte(load<u8>(methodEnd))) methodEnd++;
    if (methodEnd == request || load<u8>(methodEnd) != SPACE) continue;
    const spaces = i8x16.bitmask(i8x16.eq(v128.load(requestEnd - 16), space));
    if (spaces == 0) continue;
    const pathEnd = requestEnd - 16 + <usize>(31 - clz(spaces));
    if (pathEnd <= methodEnd + 1 || pathEnd + 1 == requestEnd) continue;
    if (load<u8>(methodEnd + 1) == SPACE || load<u8>(pathEnd - 1) == SPACE) continue;

    if (load<u8>(requestEnd + 1) != SPACE || !numberAt(requestEnd + 2)) continue;
    const status = number;
    const statusEnd = numberEnd;
    if (statusEnd >= end || load<u8>(statusEnd) != SPACE || !numberAt(statusEnd + 1)) continue;
    const size = number;
    const sizeEnd = numberEnd;

    let referrerEnd: usize = 0;
    let agentEnd: usize = 0;
    if (combined) {
      if (sizeEnd + 2 >= end || load<u16>(sizeEnd) != 0x2220) continue;
      referrerEnd = closingQuote(sizeEnd + 2, end);
      if (referrerEnd == 0 || referrerEnd + 3 >= end || load<u16>(referrerEnd + 1) != 0x2220) continue;
      agentEnd = closingQuote(referrerEnd + 3, end);
      if (agentEnd == 0 || (agentEnd + 1 != end && load<u8>(agentEnd + 1) != SPACE)) continue;
    } else if (sizeEnd != end) {
      continue;
    }

    left--;
    putText(columns, row, start, hostEnd);
    putText(columns + 12, row, hostEnd + 1, identityEnd);
    putText(columns + 24, row, identityEnd + 1, userEnd);
    putNumber(columns + 36, row, TIMESTAMP, <f64>(lastSeconds + <i64>(minute * 60 + second)) * 1000000);
    putText(columns + 48, row, request, methodEnd);
    putText(columns + 60, row, methodEnd + 1, pathEnd);
    putText(columns + 72, row, pathEnd + 1, requestEnd);
    putCount(columns + 84, row, status);
    putCount(columns + 96, row, size);
    if (combined) {
      putText(columns + 108, row, sizeEnd + 2, referrerEnd);
      putText(columns + 120, row, referrerEnd + 3, agentEnd);
    }
  }
  return left;
}
