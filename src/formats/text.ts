/**
 * Writers of numbers as text, straight into memory, for encoders. Each writes at `at` and returns the address after
 * what it wrote; the caller has made sure that MAX_NUMBER_BYTES are free there.
 */

/** No number or timestamp takes more bytes than this. */
export const MAX_NUMBER_BYTES = 32;

const ZERO = 48;
const TWO_DIGITS = new Uint8Array(200);
for (let i = 0; i < 100; i++) {
  TWO_DIGITS[i * 2] = ZERO + Math.floor(i / 10);
  TWO_DIGITS[i * 2 + 1] = ZERO + (i % 10);
}

/** Writes `value` with exactly `width` digits, leading zeros included. `value` is below 2^31. */
function writePadded(bytes: Uint8Array, at: number, value: number, width: number): number {
  let rest = value | 0;
  for (let digit = at + width - 1; digit >= at; digit--) {
    const next = (rest / 10) | 0;
    bytes[digit] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + width;
}

/** Writes 0 <= value < 10^9. */
function writeSmall(bytes: Uint8Array, at: number, value: number): number {
  let rest = value | 0;
  if (rest < 10) {
    bytes[at] = ZERO + rest;
    return at + 1;
  }
  let width = 2;
  for (let bound = 100; bound <= rest; bound *= 10) width++;
  const end = at + width;
  let digit = end;
  while (rest >= 100) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) << 1;
    bytes[--digit] = TWO_DIGITS[pair + 1]!;
    bytes[--digit] = TWO_DIGITS[pair]!;
    rest = next;
  }
  if (rest >= 10) {
    bytes[--digit] = TWO_DIGITS[(rest << 1) + 1]!;
    bytes[--digit] = TWO_DIGITS[rest << 1]!;
  } else {
    bytes[--digit] = ZERO + rest;
  }
  return end;
}

/** Writes a whole number, |value| <= 2^53, as decimal digits. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    bytes[at++] = 45;
    value = -value;
  }
  if (value < 1e9) return writeSmall(bytes, at, value);
  const high = Math.floor(value / 1e9);
  return writePadded(bytes, writeSmall(bytes, at, high), value - high * 1e9, 9);
}

/** Writes the shortest decimal that reads back as `value` (ECMAScript's Number::toString; valid in JSON). `value` is finite. */
export function writeDouble(bytes: Uint8Array, at: number, value: number): number {
  if (Number.isSafeInteger(value)) return writeInteger(bytes, at, value);
  const text = String(value);
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

const DAY_S = 86_400;

/**
 * Writes microseconds since 1970 as RFC 3339 in UTC: `2015-05-17T10:05:03Z`, with three or six digits of fraction
 * where there is one. Years beyond 0 to 9999 get a sign and six digits, as in ECMAScript's date-time format. The
 * calendar is Howard Hinnant's civil_from_days (http://howardhinnant.github.io/date_algorithms.html).
 */
export function writeTimestamp(bytes: Uint8Array, at: number, microseconds: number): number {
  const whole = Math.floor(microseconds);
  const seconds = Math.floor(whole / 1e6);
  const fraction = whole - seconds * 1e6;
  const days = Math.floor(seconds / DAY_S);
  const second = seconds - days * DAY_S;

  const shifted = days + 719_468; // days since 0000-03-01, so that a leap day is the last of its year
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);

  if (year >= 0 && year <= 9999) {
    at = writePadded(bytes, at, year, 4);
  } else {
    bytes[at++] = year < 0 ? 45 : 43;
    at = writePadded(bytes, at, Math.abs(year), 6);
  }
  bytes[at] = 45;
  at = writePadded(bytes, at + 1, month, 2);
  bytes[at] = 45;
  at = writePadded(bytes, at + 1, day, 2);
  bytes[at] = 84;
  at = writePadded(bytes, at + 1, Math.floor(second / 3600), 2);
  bytes[at] = 58;
  at = writePadded(bytes, at + 1, Math.floor(second / 60) % 60, 2);
  bytes[at] = 58;
  at = writePadded(bytes, at + 1, second % 60, 2);
  if (fraction !== 0) {
    bytes[at++] = 46;
    at =
      fraction % 1000 === 0
        ? writePadded(bytes, at, fraction / 1000, 3)
        : writePadded(bytes, at, fraction, 6);
  }
  bytes[at] = 90;
  return at + 1;
}
