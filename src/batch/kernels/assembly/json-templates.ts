// Templates of records: logs repeat few structures. A record that was walked through is kept as the texts that stand
// between its values (spaces, operators and keys) and the kinds of these values. A record that consists of the same
// texts and of values of the same kinds derives from the grammar in the same way, so it is valid too, is nested as
// deeply, and has the same keys: neither index nor walker is needed. All other records go the full way, so that
// what is known here can change the speed of decoding, never its outcome.
//
// Templates that begin alike share their first segments: a tree whose leaves are the ends of records.

import { copyBytes, equalBytes } from './bytes';
import { slotOfKey } from './json-names';
import { hexQuad, isEscape, scalarEnd, trimmedEnd } from './json-scan';

/** What stands behind a segment's text: the inside of a string, another scalar, the end of the record. */
const STRING: i32 = 0;
const SCALAR: i32 = 1;
const END: i32 = 2;

/** A text between two values and what follows on it. */
// @ts-ignore: decorator
@unmanaged
class Segment {
  text: usize;
  length: usize;
  kind: i32;
  /** The first of the segments that may follow behind the value; 0 at the end of a record. */
  next: Segment | null;
  /** Another segment that may stand in the place of this one. */
  other: Segment | null;
  /** At the end of a record: its last top-level member, and the first wanted one as of `resolved`. */
  last: Member | null;
  wanted: Member | null;
  resolved: i32;
}

/** A top-level member. Places are distances from where a segment begins in the record; `spot` tells which. */
// @ts-ignore: decorator
@unmanaged
class Member {
  before: Member | null;
  spot: usize;
  key: usize;
  keyLength: usize;
  value: usize;
  endSpot: usize;
  end: usize;
  /** The slot of its name and the wanted member behind it, once its template is resolved. */
  slot: i32;
  nextWanted: Member | null;
}

/** Templates lie between the kernels' constants and the arena's first address. */
const POOL: usize = (__heap_base + 15) & ~15;
const POOL_END: usize = 65536;
/** So many segments may stand in one place: more are a sign of keys that are data. */
const MAX_CHOICES: i32 = 8;

let root: Segment | null = null;
let top: usize = POOL;

/** Rises with each record that has a known template and falls with others; when it is used up, templates rest. */
const FULL_CREDIT: i32 = 256;
const FIRST_CREDIT: i32 = 64;
let credit: i32 = FIRST_CREDIT;
/** How many more records are not matched, and how many the next rest lasts: twice as many each time until it paid. */
const FIRST_REST: i32 = 512;
const LONGEST_REST: i32 = 65536;
let restRecords: i32 = 0;
let nextRest: i32 = FIRST_REST;

/** Changes whenever the wanted names may have changed. */
let epoch: i32 = 0;

/** To be called before records are matched with other wanted names, or with names that lie elsewhere. */
export function forgetNames(): void {
  epoch++;
}

/** The address of the quote that ends the string whose inside begins at `at`, or 0 when it is not valid. */
// @ts-ignore: decorator
@inline
function stringEnd(at: usize): usize {
  const quote = i8x16.splat(34);
  const backslash = i8x16.splat(92);
  const space = i8x16.splat(32);
  for (;;) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const stopA = v128.or(v128.or(i8x16.eq(a, quote), i8x16.eq(a, backslash)), i8x16.lt_u(a, space));
    const stopB = v128.or(v128.or(i8x16.eq(b, quote), i8x16.eq(b, backslash)), i8x16.lt_u(b, space));
    const stops = i8x16.bitmask(stopA) | (i8x16.bitmask(stopB) << 16);
    if (stops == 0) {
      at += 32;
      continue;
    }
    at += <usize>ctz(stops);
    const byte: u32 = load<u8>(at);
    if (byte == 34) return at;
    if (byte != 92) return 0;
    const escape: u32 = load<u8>(at, 1);
    if (!isEscape(escape)) return 0;
    at += 2;
    if (escape == 117) {
      if (hexQuad(at) < 0) return 0;
      at += 4;
    }
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function standsAt(at: usize, text: usize, length: usize): bool {
  for (; length > 16; at += 16, text += 16, length -= 16) {
    if (i8x16.bitmask(i8x16.ne(v128.load(at), v128.load(text)))) return false;
  }
  return (i8x16.bitmask(i8x16.ne(v128.load(at), v128.load(text))) & ((1 << <i32>length) - 1)) == 0;
}

/**
 * Goes along the tree with the record [start, end), behind which a 0 stands. Writes the addresses at which its segments
 * begin to `spots`. Returns its last segment or null.
 */
// @ts-ignore: decorator
@inline
function followTree(start: usize, end: usize, spots: usize): Segment | null {
  let at = start;
  let segment = root;
  while (segment) {
    if (standsAt(at, segment.text, segment.length)) {
      const value = at + segment.length;
      let valueEnd: usize = 0;
      store<u32>(spots, <u32>at);
      if (segment.kind == STRING) valueEnd = stringEnd(value);
      else if (segment.kind == SCALAR) valueEnd = scalarEnd(value);
      else if (value == end) return segment;
      if (valueEnd) {
        spots += 4;
        at = valueEnd;
        segment = segment.next;
        continue;
      }
    }
    segment = segment.other;
  }
  return null;
}

/**
 * Looks for the template of the record [start, end). Writes the addresses at which its segments begin to `spots`, for which
 * 4 * (end - start) + 4 bytes of room are enough. Returns the template or 0.
 */
export function matchTemplate(start: usize, end: usize, spots: usize): usize {
  if (restRecords) {
    if (--restRecords == 0) forgetTemplates();
    return 0;
  }
  // A zero at the end stops every scan without a look at the address.
  const behind = load<u8>(end);
  store<u8>(end, 0);
  const leaf = followTree(start, end, spots);
  store<u8>(end, behind);
  if (leaf) {
    if (credit < FULL_CREDIT) credit++;
    else nextRest = FIRST_REST;
  } else if (--credit < 0) {
    restRecords = nextRest;
    nextRest = min(nextRest << 1, LONGEST_REST);
  }
  return changetype<usize>(leaf);
}

function forgetTemplates(): void {
  root = null;
  top = POOL;
  credit = FIRST_CREDIT;
}

/**
 * Notes the members of the record that has the template `leaf`, whose segments begin at `spots`: in the cell of each
 * one's slot, cells being `stride` apart and lengths lying `half` a one behind. A key may be written out at `scratch`.
 */
export function noteMembers(leaf: usize, spots: usize, names: usize, cell: usize, stride: usize, scratch: usize): void {
  const segment = changetype<Segment>(leaf);
  if (segment.resolved != epoch) resolveNames(segment, spots, names, scratch);
  let member = segment.wanted;
  while (member) {
    const at = <usize>load<u32>(spots + member.spot) + member.value;
    const to = cell + <usize>member.slot * stride;
    store<i32>(to, <i32>at);
    store<i32>(to + (stride >> 1), <i32>(<usize>load<u32>(spots + member.endSpot) + member.end - at));
    member = member.nextWanted;
  }
}

/** Links those of the template's members whose keys are in the table `names`, in the order of the record. */
function resolveNames(leaf: Segment, spots: usize, names: usize, scratch: usize): void {
  let wanted: Member | null = null;
  let member = leaf.last;
  while (member) {
    const key = <usize>load<u32>(spots + member.spot) + member.key;
    member.slot = slotOfKey(names, key, key + member.keyLength, true, scratch);
    if (member.slot >= 0) {
      member.nextWanted = wanted;
      wanted = member;
    }
    member = member.before;
  }
  leaf.wanted = wanted;
  leaf.resolved = epoch;
}

// @ts-ignore: decorator
@inline
function take(size: usize): usize {
  const at = top;
  top = (at + size + 3) & ~3;
  return at;
}

/** The segment among those behind `parent` that has this text and kind, made if need be; null when there are too many. */
function segmentBehind(parent: Segment | null, text: usize, length: usize, kind: i32): Segment | null {
  let choices: i32 = 0;
  let last: Segment | null = null;
  let segment = parent ? parent.next : root;
  while (segment) {
    const same = segment.kind == kind && segment.length == length && equalBytes(segment.text, text, <i32>length) != 0;
    if (same) return segment;
    last = segment;
    segment = segment.other;
    choices++;
  }
  if (choices == MAX_CHOICES) return null;
  const made = changetype<Segment>(take(offsetof<Segment>()));
  made.text = take(length);
  made.length = length;
  made.kind = kind;
  made.next = null;
  made.other = null;
  made.last = null;
  made.wanted = null;
  made.resolved = epoch - 1;
  copyBytes(made.text, text, <i32>length);
  if (last) last.other = made;
  else if (parent) parent.next = made;
  else root = made;
  return made;
}

// What learnTemplate has read of its record: the last segment, where the next one begins, its spot, the last member.
let newest: Segment | null = null;
let textAt: usize = 0;
let spot: usize = 0;
let member: Member | null = null;

/** Ends the segment that is being read with the value at `at`, behind which comes the position `next`. */
function learnValue(at: usize, next: usize): bool {
  const isString = load<u8>(at) == 34;
  const textEnd = isString ? at + 1 : at;
  newest = segmentBehind(newest, textAt, textEnd - textAt, isString ? STRING : SCALAR);
  if (!newest) return false;
  textAt = isString ? trimmedEnd(next) - 1 : trimmedEnd(next);
  spot += 4;
  return true;
}

function learnMember(key: usize, colon: usize, value: usize): void {
  const made = changetype<Member>(take(offsetof<Member>()));
  made.before = member;
  made.spot = spot;
  made.key = key + 1 - textAt;
  made.keyLength = trimmedEnd(colon) - key - 2;
  made.value = value - textAt;
  member = made;
}

function endMember(next: usize): void {
  const ended = member;
  if (!ended) return;
  ended.endSpot = spot;
  ended.end = trimmedEnd(next) - textAt;
}

/** Reads the record. Returns whether all of its segments are in the tree, except for the one that ends it. */
function learnSegments(index: usize, indexEnd: usize): bool {
  let depth: i32 = 0;
  for (let entry = index; entry < indexEnd; entry += 4) {
    const at = <usize>load<u32>(entry);
    const byte: u32 = load<u8>(at);
    const next = <usize>load<u32>(entry, 4);
    if (byte == 123 || byte == 91) {
      depth++;
    } else if (byte == 44 || byte == 125 || byte == 93) {
      if (depth == 1) endMember(at);
      if (byte != 44) depth--;
    } else if (byte == 34 && load<u8>(next) == 58) {
      entry += 4;
      if (depth == 1) learnMember(at, next, <usize>load<u32>(entry, 4));
    } else if (!learnValue(at, next)) {
      return false;
    }
  }
  return true;
}

/**
 * Keeps the template of the record [start, end), a valid JSON object without spaces before it and newlines around values,
 * whose index is [index, indexEnd) and two entries for `end`, unless there is no room for it or templates rest.
 */
export function learnTemplate(start: usize, end: usize, index: usize, indexEnd: usize): void {
  // Each position makes a segment or a member at most.
  const room = end - start + ((indexEnd - index) >> 2) * offsetof<Member>() + 2 * offsetof<Segment>() + 64;
  if (restRecords != 0 || room > (POOL_END - POOL) >> 2 || room > POOL_END - top) return;
  const topBefore = top;
  newest = null;
  member = null;
  textAt = start;
  spot = 0;
  const leaf = learnSegments(index, indexEnd) ? segmentBehind(newest, textAt, end - textAt, END) : null;
  // Nothing is linked to the tree when there were too many choices, and a known template has its members already.
  if (!leaf || leaf.last) top = topBefore;
  else leaf.last = member;
}
