// The tree of templates (see json-templates.ts) and the memory that it lies in.

import { copyBytes, equalBytes } from './bytes';

/** What stands behind a segment's text: the inside of a string, another scalar, the end of the record. */
export const STRING: i32 = 0;
export const SCALAR: i32 = 1;
export const END: i32 = 2;

/** A text between two values and what follows on it. */
// @ts-ignore: decorator
@unmanaged
export class Segment {
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
export class Member {
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

/** The first segment with which a record may begin. */
export let root: Segment | null = null;
let top: usize = POOL;

export function forgetTree(): void {
  root = null;
  top = POOL;
}

/** Whether `size` more bytes may be taken, for one template: no more than a quarter of all. */
export function hasRoom(size: usize): bool {
  return size <= (POOL_END - POOL) >> 2 && size <= POOL_END - top;
}

/** How far memory is taken, and giving back what was taken since it was `to`. */
export function taken(): usize {
  return top;
}

export function giveBack(to: usize): void {
  top = to;
}

// @ts-ignore: decorator
@inline
export function take(size: usize): usize {
  const at = top;
  top = (at + size + 3) & ~3;
  return at;
}

/** The segment among those behind `parent` that has this text and kind, made if need be; null when there are too many. */
export function segmentBehind(parent: Segment | null, text: usize, length: usize, kind: i32): Segment | null {
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
  made.resolved = -1;
  copyBytes(made.text, text, <i32>length);
  if (last) last.other = made;
  else if (parent) parent.next = made;
  else root = made;
  return made;
}
