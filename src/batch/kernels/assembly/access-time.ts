// The timestamps of access logs, `10/Oct/2000:13:55:36 -0700` in brackets.

const SPACE: u8 = 32;
const QUOTE: u8 = 34;
const DASH: u8 = 45;

/** Stands for a text that is no timestamp. */
export const REFUSED: i64 = i64.MIN_VALUE;

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

// What the lines before had: the last timestamp with its brackets and its time, and the last one that tenMinutesAt read.
let lastHead: v128 = i64x2.splat(0);
let lastTail: v128 = i64x2.splat(0);
let lastTime: i64 = REFUSED;
let lastMinutes: v128 = i64x2.splat(0);
let lastZone: u64 = 0;
let lastSeconds: i64 = REFUSED;

/** Seconds since 1970 of `[dd/Mon/yyyy:HH:MM:SS +zzzz] "`, or REFUSED. Lines of the same second often follow each other. */
// @ts-ignore: decorator
@inline
export function secondsAt(at: usize): i64 {
  const head = v128.load(at);
  const tail = v128.load(at + 14);
  if (!v128.any_true(v128.or(v128.xor(head, lastHead), v128.xor(tail, lastTail)))) return lastTime;
  lastTime = otherSecondsAt(at);
  lastHead = head;
  lastTail = tail;
  return lastTime;
}

/** As `secondsAt`. Lines of the same ten minutes nearly always follow each other. */
function otherSecondsAt(at: usize): i64 {
  if (load<u8>(at) != 91 || load<u8>(at + 29) != QUOTE) return REFUSED;
  const minutes = v128.load(at + 1);
  const zone = load<u64>(at + 21);
  if (zone != lastZone || v128.any_true(v128.xor(minutes, lastMinutes))) {
    lastSeconds = tenMinutesAt(at);
    lastMinutes = minutes;
    lastZone = zone;
  }
  const minute = <i32>load<u8>(at + 17) - 48;
  const second = twoDigits(at + 19);
  if (lastSeconds == REFUSED || <u32>minute > 9 || second > 60 || load<u8>(at + 18) != 58) return REFUSED;
  return lastSeconds + <i64>(minute * 60 + second);
}
