// E-mail addresses and tokens in texts; the functions are as those for numbers.

import { equalBytes } from './bytes';
import { beginSecret, byteOf, isAlphanumeric, isDigit } from './secret-numbers';

const DOT: u32 = 46;
const HYPHEN: u32 = 45;
const UNDERSCORE: u32 = 95;
const AT: u32 = 64;
const COLON: u32 = 58;
const SPACE: u32 = 32;
const EQUALS: u32 = 61;
const QUOTE: u32 = 34;

/**
 * Whether the byte is one of a letter beyond ASCII that takes two bytes. Scripts whose letters do (Latin with marks, Greek,
 * Cyrillic, Arabic …) part words by spaces; those whose letters take three often do not, and would be swallowed.
 */
function isWideLetter(at: usize, start: usize, end: usize): bool {
  const byte = byteOf(at, start, end);
  if (byte >= 0xc2 && byte <= 0xdf) return true;
  if (byte < 0x80 || byte > 0xbf) return false;
  const before = byteOf(at - 1, start, end);
  return before >= 0xc2 && before <= 0xdf;
}

/** Signs that the local part of an address may hold without quotes, of those that RFC 5322 calls atext, and the dot. */
function isLocal(at: usize, start: usize, end: usize): bool {
  const byte = byteOf(at, start, end);
  if (isAlphanumeric(byte) || byte == DOT || byte == HYPHEN || byte == UNDERSCORE || byte == 43) return true;
  return byte == 37 || byte == 39 || isWideLetter(at, start, end);
}

function isLabel(at: usize, start: usize, end: usize): bool {
  const byte = byteOf(at, start, end);
  return isAlphanumeric(byte) || byte == HYPHEN || isWideLetter(at, start, end);
}

/** An e-mail address whose @ is at `at`: its domain has a dot, and two letters or more after the last one. */
export function endOfEmail(at: usize, from: usize, start: usize, end: usize): usize {
  let first = at;
  while (first > from && isLocal(first - 1, start, end)) first--;
  while (first < at && (byteOf(first, start, end) == DOT || byteOf(first, start, end) == 39)) first++;
  if (first == at) return 0;
  beginSecret(first);
  let last: usize = 0;
  let label = at + 1;
  for (let labels = 0; ; labels++) {
    let next = label;
    let isNumber = true;
    for (; isLabel(next, start, end); next++) if (!isDigit(byteOf(next, start, end))) isNumber = false;
    while (next > label && byteOf(next - 1, start, end) == HYPHEN) next--;
    if (next == label) break;
    if (labels > 0 && !isNumber && next - label > 1) last = next;
    if (byteOf(next, start, end) != DOT) break;
    label = next + 1;
  }
  return last;
}

/** Signs of tokens, by the classes of prefixes. */
export const UPPER: i32 = 0;
export const ALPHANUMERIC: i32 = 1;
export const WORD: i32 = 2;
const JWT: i32 = 3;
const SCHEME: i32 = 4;
const USERINFO: i32 = 5;
const PRIVATE_KEY: i32 = 6;

function isOfClass(byte: u32, kind: i32): bool {
  if (isDigit(byte)) return true;
  if (kind == UPPER) return byte - 65 < 26;
  return isAlphanumeric(byte) || (kind == WORD && (byte == HYPHEN || byte == UNDERSCORE));
}

function endOfClass(at: usize, start: usize, end: usize, kind: i32): usize {
  while (at < end && isOfClass(byteOf(at, start, end), kind)) at++;
  return at;
}

/**
 * A token that one of the prefixes at `at` makes known. `prefixes` is their table: their number, and for each its address, its
 * length, the class of the signs after it and the least number of them.
 */
export function endOfToken(at: usize, prefixes: usize, start: usize, end: usize): usize {
  const count = load<i32>(prefixes);
  const isAfterWord = isAlphanumeric(byteOf(at - 1, start, end));
  for (let i = 0; i < count; i++) {
    const entry = prefixes + 4 + (<usize>i << 4);
    const length = load<i32>(entry, 4);
    const prefix = <usize>load<u32>(entry);
    if (load<u8>(prefix) != load<u8>(at) || <usize>length > end - at || !equalBytes(at, prefix, length)) continue;
    const kind = load<i32>(entry, 8);
    const after = at + <usize>length;
    beginSecret(at);
    let last: usize = 0;
    if (kind == SCHEME) last = endOfCredentials(at, after, start, end);
    else if (kind == USERINFO) last = endOfPassword(after, start, end);
    else if (kind == PRIVATE_KEY) last = endOfPrivateKey(after, start, end);
    else if (isAfterWord) continue;
    else if (kind == JWT) last = endOfJwt(after, start, end);
    else {
      last = endOfClass(after, start, end, kind);
      if (last - after < <usize>load<i32>(entry, 12)) last = 0;
    }
    if (last) return last;
  }
  return 0;
}

/** Nothing that begins in [failedFrom, failedTo) is a JSON Web Token, so that a run of beginnings is read once. */
let failedFrom: usize = 0;
let failedTo: usize = 0;

/** Forgets what was learnt about another text. */
export function beginText(): void {
  failedTo = 0;
}

/** The three parts of a JSON Web Token (RFC 7519), the first of which has begun. */
function endOfJwt(at: usize, start: usize, end: usize): usize {
  if (at >= failedFrom && at < failedTo) return 0;
  const first = endOfClass(at, start, end, WORD);
  const second = byteOf(first, start, end) == DOT ? endOfClass(first + 1, start, end, WORD) : first;
  if (first - at >= 8 && second - first > 8 && byteOf(second, start, end) == DOT) {
    return endOfClass(second + 1, start, end, WORD);
  }
  failedFrom = at;
  failedTo = first;
  return 0;
}

/** What follows `Bearer` or `Basic`: a token68 (RFC 9110, section 11.2) of eight signs or more, a digit or `=` among them. */
function endOfCredentials(at: usize, after: usize, start: usize, end: usize): usize {
  if ((byteOf(at - 1, start, end) | 32) != 98 || isAlphanumeric(byteOf(at - 2, start, end))) return 0;
  let first = after;
  while (byteOf(first, start, end) == SPACE) first++;
  if (first == after) return 0;
  let isMixed = false;
  let last = first;
  for (; last < end; last++) {
    const byte = byteOf(last, start, end);
    if (isDigit(byte) || byte == EQUALS) isMixed = true;
    else if (!isOfClass(byte, WORD) && byte != DOT && byte != 126 && byte != 43 && byte != 47) break;
  }
  beginSecret(first);
  return isMixed && last - first >= 8 ? last : 0;
}

/** The password in `scheme://user:password@host`; `at` is after the slashes. */
function endOfPassword(at: usize, start: usize, end: usize): usize {
  let colon: usize = 0;
  for (; at < end; at++) {
    const byte = byteOf(at, start, end);
    if (byte == AT) break;
    if (byte == COLON && colon == 0) colon = at;
    // Whatever ends the authority, or the URL.
    if (byte <= SPACE || byte == 47 || byte == 63 || byte == 35 || byte == QUOTE || byte == 60 || byte == 62) return 0;
  }
  if (at == end || colon == 0 || colon + 1 == at) return 0;
  beginSecret(colon + 1);
  return at;
}

const KEY_END = memory.data<u8>([80, 82, 73, 86, 65, 84, 69, 32, 75, 69, 89, 45, 45, 45, 45, 45]);
const KEY_END_LENGTH: usize = 16;
const FOOTER = memory.data<u8>([45, 45, 45, 45, 45, 69, 78, 68]);
const FOOTER_LENGTH: usize = 8;
/** The longest name of an algorithm before `PRIVATE KEY`. */
const MOST_NAME: usize = 24;

/**
 * A private key in PEM (RFC 7468) with its last line; one that is cut off goes to the end of the text, or to a quote, which is
 * the end of it in JSON.
 */
function endOfPrivateKey(at: usize, start: usize, end: usize): usize {
  const most = at + MOST_NAME;
  while (at < most && at + KEY_END_LENGTH <= end && !equalBytes(at, KEY_END, <i32>KEY_END_LENGTH)) at++;
  if (at == most || at + KEY_END_LENGTH > end) return 0;
  for (at += KEY_END_LENGTH; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) return at;
    if (byte != HYPHEN || at + FOOTER_LENGTH > end || !equalBytes(at, FOOTER, <i32>FOOTER_LENGTH)) continue;
    at += FOOTER_LENGTH;
    while (at < end && byteOf(at, start, end) != HYPHEN && byteOf(at, start, end) != QUOTE) at++;
    while (at < end && byteOf(at, start, end) == HYPHEN) at++;
    return at;
  }
  return end;
}
