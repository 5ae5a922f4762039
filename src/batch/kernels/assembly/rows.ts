// Writes rows of columns as JSON objects, one a line.

import { copyBytes, escapeJson } from './bytes';

const ABSENT: u8 = 0;
const NULL: u8 = 1;
const BOOL: u8 = 2;
const INT: u8 = 3;
const DOUBLE: u8 = 4;
const TEXT: u8 = 5;
const TIMESTAMP: u8 = 6;
const JSON: u8 = 7;
const BIGINT: u8 = 8;

/** Words of a column's description: key, its length, tags, tag of all rows or 255, numbers, views. */
const COLUMN: usize = 24;
/** No number, timestamp or word takes more bytes than this. */
const MOST_SMALL: usize = 48;

// @ts-ignore: decorator
@inline
function putTwoDigits(at: usize, value: u32): void {
  const tens = value / 10;
  store<u8>(at, <u8>(48 + tens));
  store<u8>(at + 1, <u8>(48 + value - tens * 10));
}

/** Writes a whole number as decimal digits. Returns the address behind it. */
export function writeDigits(at: usize, value: i64): usize {
  if (value < 0) {
    store<u8>(at++, 45);
    value = -value;
  }
  let width: usize = 1;
  for (let bound: i64 = 10; bound <= value; bound *= 10) width++;
  const end = at + width;
  let digit = end;
  while (value >= 10) {
    const next = value / 10;
    store<u8>(--digit, <u8>(48 + value - next * 10));
    value = next;
  }
  store<u8>(--digit, <u8>(48 + value));
  return end;
}

/**
 * Writes microseconds since 1970 as RFC 3339 in UTC with its quotes, for the years 0 to 9999; otherwise returns 0.
 * The calendar is Howard Hinnant's civil_from_days (http://howardhinnant.github.io/date_algorithms.html).
 */
export function writeQuotedTimestamp(at: usize, microseconds: i64): usize {
  let seconds = microseconds / 1000000;
  let fraction = <i32>(microseconds - seconds * 1000000);
  if (fraction < 0) {
    fraction += 1000000;
    seconds--;
  }
  if (seconds < -62167219200 || seconds > 253402300799) return 0;
  let days = <i32>(seconds / 86400);
  let second = <i32>(seconds - <i64>days * 86400);
  if (second < 0) {
    second += 86400;
    days--;
  }
  const shifted = <u32>(days + 719468);
  const era = shifted / 146097;
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  store<u8>(at, 34);
  putTwoDigits(at + 1, year / 100);
  putTwoDigits(at + 3, year % 100);
  store<u8>(at + 5, 45);
  putTwoDigits(at + 6, month);
  store<u8>(at + 8, 45);
  putTwoDigits(at + 9, day);
  store<u8>(at + 11, 84);
  putTwoDigits(at + 12, second / 3600);
  store<u8>(at + 14, 58);
  putTwoDigits(at + 15, (second / 60) % 60);
  store<u8>(at + 17, 58);
  putTwoDigits(at + 18, second % 60);
  at += 20;
  if (fraction != 0) at = writeFraction(at, fraction);
  store<u16>(at, 0x225a);
  return at + 2;
}

/** `.123` or `.123456`. */
function writeFraction(at: usize, micros: u32): usize {
  store<u8>(at, 46);
  let width: usize = 6;
  if (micros % 1000 == 0) {
    width = 3;
    micros /= 1000;
  }
  for (let digit = at + width; digit > at; digit--) {
    store<u8>(digit, <u8>(48 + micros % 10));
    micros /= 10;
  }
  return at + 1 + width;
}

// @ts-ignore: decorator
@inline
function textAt(views: usize, row: usize): usize {
  const view = views + (row << 4);
  return load<u32>(view) <= 12 ? view + 4 : <usize>load<u32>(view, 12);
}

/** Writes a value that has no text. Returns 0 for what is left to the caller: numbers with a fraction, far years. */
function writeSmall(at: usize, tag: u8, numbers: usize, row: usize): usize {
  if (tag == INT) return writeDigits(at, <i64>load<f64>(numbers + (row << 3)));
  if (tag == TIMESTAMP) return writeQuotedTimestamp(at, <i64>Math.floor(load<f64>(numbers + (row << 3))));
  if (tag == BOOL && load<f64>(numbers + (row << 3)) == 0) {
    store<u32>(at, 0x736c6166);
    store<u8>(at + 4, 101);
    return at + 5;
  }
  if (tag == DOUBLE) return 0;
  store<u32>(at, tag == BOOL ? 0x65757274 : 0x6c6c756e);
  return at + 4;
}

/**
 * Writes the rows [row, rows) of `count` columns, each row as `{"name":value,…}` and a newline; absent values are left
 * out. A column's key is `,"name":`. Stops before the first row that it cannot write, because of a number with a
 * fraction or for lack of room before `limit`. Returns that row, or `rows`; word 0 at `state` is where it stopped.
 */
export function writeJsonRows(
  columns: usize,
  count: i32,
  row: usize,
  rows: usize,
  at: usize,
  limit: usize,
  state: usize,
): usize {
  const behind = columns + <usize>count * COLUMN;
  for (; row < rows; row++) {
    const rowStart = at;
    let skip: usize = 1;
    store<u8>(at++, 123);
    for (let column = columns; column < behind; column += COLUMN) {
      const all = <u8>load<u32>(column, 12);
      const tag = all == 255 ? load<u8>(<usize>load<u32>(column, 8) + row) : all;
      if (tag == ABSENT) continue;
      const views = <usize>load<u32>(column, 20);
      const hasText = tag == TEXT || tag == JSON || tag == BIGINT;
      const length = hasText ? load<i32>(views + (row << 4)) : 0;
      const keyLength = <usize>load<u32>(column, 4) - skip;
      if (at + keyLength + <usize>length * 6 + MOST_SMALL > limit) {
        store<u32>(state, <u32>rowStart);
        return row;
      }
      at = copyBytes(at, <usize>load<u32>(column) + skip, <i32>keyLength);
      skip = 0;
      if (tag == TEXT) {
        store<u8>(at, 34);
        at = escapeJson(at + 1, textAt(views, row), length);
        store<u8>(at++, 34);
      } else if (hasText) {
        at = copyBytes(at, textAt(views, row), length);
      } else {
        at = writeSmall(at, tag, <usize>load<u32>(column, 16), row);
        if (at == 0) {
          store<u32>(state, <u32>rowStart);
          return row;
        }
      }
    }
    store<u16>(at, 0x0a7d);
    at += 2;
  }
  store<u32>(state, <u32>at);
  return rows;
}
