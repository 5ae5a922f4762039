// Stage two: going from one position of the index to the next.

import {
  BAD_SCALAR,
  NO_COLON,
  NO_COMMA_IN_ARRAY,
  NO_COMMA_IN_OBJECT,
  NO_KEY,
  NO_VALUE,
  TOO_DEEP,
  TRAILING,
  fault,
} from './json-faults';
import { sawBackslash } from './json-index';
import { sizesOf, slotOfKey } from './json-names';
import { isScalar, trimmedEnd } from './json-scan';

const MAX_DEPTH: i32 = 128;

/** The containers around the walker: 1 for an object, 0 for an array, by depth. */
const KINDS = memory.data(136);

// What the walker needs now and then is kept out of its registers: as locals, these made it a tenth slower.
/** The table of wanted names (see slotOf), and a bit for each min(length, 63) that one of them has. */
let wantedNames: usize = 0;
let wantedSizes: u64 = 0;
/** The cell of slot 0 in the row that is being read, the distance to the next slot's, and from a start to its length. */
let memberCell: usize = 0;
let memberStride: usize = 0;
let memberHalf: usize = 0;
/** Room for the longest key, and where the value of the wanted key begins that was read last. */
let keyScratch: usize = 0;
let valueAt: usize = 0;

/** Says which members the walker notes: those of the table `names`, in cells that are `stride` apart (see decodeJson). */
export function wantMembers(names: usize, stride: usize): void {
  wantedNames = names;
  wantedSizes = sizesOf(names);
  memberStride = stride;
  memberHalf = stride >> 1;
  store<u8>(KINDS, 0);
}

/** Says where the members of the next record go, and where keys with escapes may be written out. */
// @ts-ignore: decorator
@inline
export function placeMembers(cell: usize, scratch: usize): void {
  memberCell = cell;
  keyScratch = scratch;
}

function slotOfWanted(keyAt: usize, colon: usize): i32 {
  return slotOfKey(wantedNames, keyAt, trimmedEnd(colon) - 1, sawBackslash, keyScratch);
}

/** The value at `valueAt` ends before `at`, spaces aside: it is the row's member of this slot. */
function noteMember(slot: i32, at: usize): void {
  const cell = memberCell + <usize>slot * memberStride;
  store<i32>(cell, <i32>valueAt);
  store<i32>(cell + memberHalf, <i32>(trimmedEnd(at) - valueAt));
}

/**
 * Walks along the index, checks the grammar and notes the wanted top-level members of the record. Of members
 * with the same key the last one counts. The index ends with two entries for `end`, where the byte is 0. Notes the
 * first fault.
 */
export function walk(index: usize, end: usize): void {
  let depth: i32 = 0;
  let inObject = false;
  let slot: i32 = -1; // of the top-level member that is being read
  let at = <usize>load<u32>(index);
  let byte: u32 = load<u8>(at);
  for (;;) {
    if (inObject) {
      if (byte != 34) return fault(NO_KEY, at);
      const colon = <usize>load<u32>(index, 4);
      if (load<u8>(colon) != 58) return fault(NO_COLON, colon);
      index += 8;
      if (depth == 1) {
        // Compact keys without escapes whose size no wanted name has are passed by.
        const size = colon - at - 2;
        if (sawBackslash || load<u8>(colon - 1) != 34 || ((wantedSizes >> <u64>min(size, 63)) & 1)) {
          slot = slotOfWanted(at + 1, colon);
          valueAt = <usize>load<u32>(index);
        }
      }
      at = <usize>load<u32>(index);
      byte = load<u8>(at);
    }
    index += 4;
    if (byte == 34) {
      // Strings were checked by stage one.
    } else if (byte == 123 || byte == 91) {
      if (++depth > MAX_DEPTH) return fault(TOO_DEEP, at);
      inObject = byte == 123;
      store<u8>(KINDS + <usize>depth, <u8>inObject);
      at = <usize>load<u32>(index);
      byte = load<u8>(at);
      if (byte != (inObject ? 125 : 93)) continue;
      index += 4;
      depth--;
      inObject = <bool>load<u8>(KINDS + <usize>depth);
    } else if (!isScalar(at)) {
      const isText = byte != 0 && byte != 44 && byte != 58 && byte != 93 && byte != 125;
      return fault(isText ? BAD_SCALAR : NO_VALUE, at);
    }
    for (;;) {
      at = <usize>load<u32>(index);
      if (depth == 0) {
        if (at != end) fault(TRAILING, at);
        return;
      }
      byte = load<u8>(at);
      if (slot >= 0 && depth == 1) {
        noteMember(slot, at);
        slot = -1;
      }
      index += 4;
      if (byte == 44) break;
      if (byte != (inObject ? 125 : 93)) return fault(inObject ? NO_COMMA_IN_OBJECT : NO_COMMA_IN_ARRAY, at);
      depth--;
      inObject = <bool>load<u8>(KINDS + <usize>depth);
    }
    at = <usize>load<u32>(index);
    byte = load<u8>(at);
  }
}
