import { isDigit } from '../ascii.js';
import { daysFromCivil, isDate } from './civil.js';

const PLUS = 43;
const DASH = 45;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const LOWER_T = 116;
const LOWER_Z = 122;
const CASE = 32;
const MICRO_DIGITS = 6;

/**
 * Microseconds since 1970 of a date-time of RFC 3339, such as `2003-10-11T22:14:15.003Z`, that is all of [start, end); NaN
 * when it is none. What is finer than a microsecond is cut off; a second of 60 is the first of the next minute.
 */
export function rfc3339Micros(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20 || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return Number.NaN;
  if ((bytes[start + 10]! | CASE) !== LOWER_T) return Number.NaN;
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return Number.NaN;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  if (!(hour < 24 && minute < 60 && second <= 60) || !isDate(year, month, day)) return Number.NaN;
  let at = start + 19;
  let micros = 0;
  if (bytes[at] === POINT) {
    const from = ++at;
    for (; at < end && isDigit(bytes[at]!); at++) {
      if (at - from < MICRO_DIGITS) micros = micros * 10 + bytes[at]! - ZERO;
    }
    if (at === from) return Number.NaN;
    micros *= 10 ** Math.max(MICRO_DIGITS - (at - from), 0);
  }
  const offset = offsetMinutes(bytes, at, end);
  const minutes = daysFromCivil(year, month, day) * 1440 + hour * 60 + minute - offset;
  return (minutes * 60 + second) * 1e6 + micros;
}

/** The offset of UTC that is all of [at, end): `Z` or `+hh:mm`. NaN when it is none. */
function offsetMinutes(bytes: Uint8Array, at: number, end: number): number {
  if (end - at === 1 && (bytes[at]! | CASE) === LOWER_Z) return 0;
  const sign = bytes[at];
  if (end - at !== 6 || (sign !== PLUS && sign !== DASH) || bytes[at + 3] !== COLON) return Number.NaN;
  const hours = twoDigits(bytes, at + 1);
  const minutes = twoDigits(bytes, at + 4);
  if (!(hours < 24 && minutes < 60)) return Number.NaN;
  return (hours * 60 + minutes) * (sign === DASH ? -1 : 1);
}

/** The number of two digits at `at`; NaN when one is none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]!;
  const ones = bytes[at + 1]!;
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : Number.NaN;
}
