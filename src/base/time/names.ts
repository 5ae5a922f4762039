import { DAY_NAMES, MONTH_NAMES } from './civil.js';

const HOUR_S = 3600;
const LOWER = 32;

/** Zone abbreviations that mean one offset: UTC's names and those of RFC 2822, section 4.3. */
const ZONES: Readonly<Record<string, number>> = {
  utc: 0,
  gmt: 0,
  ut: 0,
  z: 0,
  est: -5 * HOUR_S,
  edt: -4 * HOUR_S,
  cst: -6 * HOUR_S,
  cdt: -5 * HOUR_S,
  mst: -7 * HOUR_S,
  mdt: -6 * HOUR_S,
  pst: -8 * HOUR_S,
  pdt: -7 * HOUR_S,
};

function isLetter(byte: number): boolean {
  const lower = byte | LOWER;
  return lower >= 97 && lower <= 122;
}

/** The address after the letters at `at`. */
export function endOfLetters(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isLetter(bytes[at]!)) at++;
  return at;
}

/** How many letters at `at` begin the name, whatever their case. */
function common(bytes: Uint8Array, at: number, end: number, name: string): number {
  let length = 0;
  while (
    length < name.length &&
    at + length < end &&
    (bytes[at + length]! | LOWER) === name.charCodeAt(length)
  )
    length++;
  return length;
}

/** What a name's reading gives: its number from 0 and its length, as `index * 16 + length`; -1 when there is none. */
function nameAt(bytes: Uint8Array, at: number, end: number, names: readonly string[]): number {
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    const length = common(bytes, at, end, name);
    if (length >= 3) return index * 16 + (length === name.length ? length : 3);
  }
  return -1;
}

/** The month at `at`, in full or its first three letters: its number from 0 times 16, plus its length; -1 for none. */
export function monthAt(bytes: Uint8Array, at: number, end: number): number {
  return nameAt(bytes, at, end, MONTH_NAMES);
}

/** The same of a day of the week, Sunday first. */
export function dayAt(bytes: Uint8Array, at: number, end: number): number {
  return nameAt(bytes, at, end, DAY_NAMES);
}

/** The offset in seconds of the zone abbreviation in [start, end), or undefined. */
export function zoneOffset(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > 4) return undefined;
  let name = '';
  for (let at = start; at < end; at++) name += String.fromCharCode(bytes[at]! | LOWER);
  return Object.hasOwn(ZONES, name) ? ZONES[name] : undefined;
}
