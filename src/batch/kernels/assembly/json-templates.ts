// Templates of records: logs repeat few structures. A record that was walked through is kept as the texts that stand
// between its values (spaces, operators and keys) and the kinds of these values. A record that consists of the same
// texts and of values of the same kinds derives from the grammar in the same way, so it is valid too, is nested as
// deeply, and has the same keys: neither index nor walker is needed. All other records go the full way, so that
// what is known here can change the speed of decoding, never its outcome.
//
// Templates that begin alike share their first segments: a tree whose leaves are the ends of records.

import { slotOfKey } from './json-names';
import { hexQuad, isEscape, scalarEnd } from './json-scan';
import { Member, SCALAR, STRING, Segment, forgetTree, root } from './json-tree';

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
  epoch = (epoch + 1) & 0x7fffffff;
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
  forgetTree();
  credit = FIRST_CREDIT;
}

/** Whether templates are given up for a while. */
export function templatesRest(): bool {
  return restRecords != 0;
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
