// Finding what is nobody's business in texts: e-mail addresses, card numbers, IP addresses, tokens. Sixteen bytes at a time are
// looked at for what such a thing always has (an @, a dot between digits, the beginning of a prefix), and only there read.

import { endOfCard, endOfIp4, endOfIp6, secretStart } from './secret-numbers';
import { beginText, endOfEmail, endOfToken } from './secret-texts';

const EMAIL: i32 = 1;
const CARD: i32 = 2;
const IP: i32 = 4;
const TOKEN: i32 = 8;

// @ts-ignore: decorator
@inline
function digitsOf(at: usize): v128 {
  return i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(48)), i8x16.splat(10));
}

/** Where four digits begin that a card number may begin with, and after them, or after a space or a hyphen, another one. */
// @ts-ignore: decorator
@inline
function cardsIn(at: usize, bytes: v128, digits: v128): i32 {
  const firsts = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(50)), i8x16.splat(5));
  const four = v128.and(v128.and(digits, digitsOf(at + 1)), v128.and(digitsOf(at + 2), digitsOf(at + 3)));
  const fifth = v128.load(at + 4);
  const separators = v128.or(i8x16.eq(fifth, i8x16.splat(32)), i8x16.eq(fifth, i8x16.splat(45)));
  const more = v128.and(v128.or(separators, digitsOf(at + 4)), digitsOf(at + 5));
  return i8x16.bitmask(v128.andnot(v128.and(v128.and(firsts, four), more), digitsOf(at - 1)));
}

/** Hexadecimal digits and colons. */
// @ts-ignore: decorator
@inline
function groupsOf(at: usize): v128 {
  const bytes = v128.load(at);
  const folded = i8x16.sub(v128.or(bytes, i8x16.splat(32)), i8x16.splat(97));
  return v128.or(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(48)), i8x16.splat(11)), i8x16.lt_u(folded, i8x16.splat(6)));
}

/** The buckets of prefixes that have each byte at one of their first three places. */
// @ts-ignore: decorator
@inline
function bucketsOf(at: usize, table: usize): v128 {
  const bytes = v128.load(at);
  const low = i8x16.swizzle(v128.load(table), v128.and(bytes, i8x16.splat(15)));
  const high = i8x16.swizzle(v128.load(table, 16), i8x16.shr_u(bytes, 4));
  return v128.and(low, high);
}

/**
 * Where prefixes may begin: a bit for each of the 16 bytes at `at`. `table` has, for each of three places, 16 bytes of buckets by
 * the lower half of a byte and 16 by the upper one ("Teddy" of Hyperscan, after Wang et al., NSDI 2019).
 */
// @ts-ignore: decorator
@inline
function prefixesIn(at: usize, table: usize): i32 {
  const all = v128.and(v128.and(bucketsOf(at, table), bucketsOf(at + 1, table + 32)), bucketsOf(at + 2, table + 64));
  return i8x16.bitmask(i8x16.ne(all, i8x16.splat(0)));
}

/**
 * Finds the first secret of the `kinds` that are asked for in the text [start, end) from `from` on. `prefixes` is a table of 96
 * bytes that tells where tokens may begin, and behind it that of endOfToken. Writes where the secret begins and ends to `found`,
 * two Int32. Returns its kind, or 0 where there is none. Takes time linear in the text.
 */
export function findSecret(start: usize, end: usize, from: usize, kinds: i32, prefixes: usize, found: usize): i32 {
  beginText();
  for (let block = from; block < end; block += 16) {
    const bytes = v128.load(block);
    const digits = digitsOf(block);
    let emails = 0;
    let cards = 0;
    let ips = 0;
    let tokens = 0;
    if (kinds & EMAIL) emails = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(64)));
    if (kinds & CARD) cards = cardsIn(block, bytes, digits);
    if (kinds & IP) {
      const dots = v128.and(i8x16.eq(bytes, i8x16.splat(46)), v128.and(digitsOf(block - 1), digitsOf(block + 1)));
      const colons = v128.and(i8x16.eq(bytes, i8x16.splat(58)), groupsOf(block + 1));
      const pairs = v128.and(i8x16.eq(bytes, i8x16.splat(58)), i8x16.eq(v128.load(block + 1), i8x16.splat(58)));
      ips = i8x16.bitmask(v128.or(dots, v128.or(v128.and(colons, groupsOf(block - 1)), pairs)));
    }
    if (kinds & TOKEN) tokens = prefixesIn(block, prefixes);
    for (let mask = emails | cards | ips | tokens; mask; mask &= mask - 1) {
      const bit = mask & -mask;
      const at = block + <usize>ctz(mask);
      if (at >= end) return 0;
      let kind = EMAIL;
      let last: usize = emails & bit ? endOfEmail(at, from, start, end) : 0;
      if (!last && cards & bit) {
        kind = CARD;
        last = endOfCard(at, start, end);
      }
      if (!last && ips & bit) {
        kind = IP;
        last = load<u8>(at) == 46 ? endOfIp4(at, start, end) : endOfIp6(at, start, end);
      }
      if (!last && tokens & bit) {
        kind = TOKEN;
        last = endOfToken(at, prefixes + 96, start, end);
      }
      if (last && secretStart >= from) {
        store<i32>(found, <i32>secretStart);
        store<i32>(found, <i32>last, 4);
        return kind;
      }
    }
  }
  return 0;
}
