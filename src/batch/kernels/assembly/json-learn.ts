// Making the template (see json-templates.ts) of a record from its index.

import { trimmedEnd } from './json-scan';
import { templatesRest } from './json-templates';
import { END, Member, SCALAR, STRING, Segment, giveBack, hasRoom, segmentBehind, take, taken } from './json-tree';

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
  if (templatesRest() || !hasRoom(room)) return;
  const before = taken();
  newest = null;
  member = null;
  textAt = start;
  spot = 0;
  const leaf = learnSegments(index, indexEnd) ? segmentBehind(newest, textAt, end - textAt, END) : null;
  // Nothing is linked to the tree when there were too many choices, and a known template has its members already.
  if (!leaf || leaf.last) giveBack(before);
  else leaf.last = member;
}
