// Checking NDJSON and finding its top-level members. A record whose template is known is matched with it
// (json-templates.ts; json-learn.ts makes templates). Others are read in two stages after simdjson: first the positions
// of everything that matters to the grammar are found (json-index.ts), then a walker goes from one to the next
// (json-walk.ts). Each record is read on its own, so that an open quote in one cannot reach into the next.

import { copyBytes, escapeJson } from './bytes';
import { EMPTY, clearFault, fault, faultAt, faultCode } from './json-faults';
import { indexRecord, sawBackslash, sawNewline } from './json-index';
import { learnTemplate } from './json-learn';
import { slotOfKey } from './json-names';
import { trimmedEnd } from './json-scan';
import { forgetNames, matchTemplate, noteMembers } from './json-templates';
import { placeMembers, walk, wantMembers } from './json-walk';

export { unescapeJson } from './json-scan';

// @ts-ignore: decorator
@inline
function clearMembers(cell: usize, stride: usize, half: usize, slots: i32): void {
  for (; slots > 0; slots--, cell += stride) {
    store<i32>(cell, 0);
    store<i32>(cell + half, -1);
  }
}

/** Makes spaces of newlines. */
function joinLines(at: usize, end: usize): void {
  for (; at < end; at++) if (load<u8>(at) == 10) store<u8>(at, 32);
}

/**
 * Checks `count` records, each one JSON text (RFC 8259), and finds the members of their top-level objects.
 * - `starts`, `lengths`: Int32 of the records; the first one's first `skip` bytes are left out (a byte order mark)
 * - `names`: the table of wanted names (see slotOf), `slots` of them; `whole` is the slot that a record which is no
 *   object is the value of, or -1
 * - `texts`: gets the addresses of the records' texts without the spaces around, then the lengths, `count` Int32 each
 * - `members`: gets the same for each slot, a member's value in each row; a length of -1 says that it is absent
 * - `refused`: gets row, fault and address for each record that is no JSON; all addresses in its row are 0 and all lengths -1
 * - `index`: scratch of 5 * longest record + 1024 bytes
 * A good record that lies on several lines is put on one, its newlines made spaces, so that every text that was decoded
 * can be a line of NDJSON. Returns the number of refused records.
 */
export function decodeJson(
  starts: usize, lengths: usize, count: i32, skip: i32, names: usize, slots: i32, whole: i32,
  texts: usize, members: usize, refused: usize, index: usize,
): i32 {
  const half = <usize>count << 2;
  const stride = half << 1;
  let refusals: i32 = 0;
  wantMembers(names, stride);
  forgetNames();
  for (let row: i32 = 0; row < count; row++) {
    const cell = <usize>row << 2;
    let start = <usize>load<u32>(starts + cell);
    const end = start + <usize>load<i32>(lengths + cell);
    if (row == 0) start += <usize>skip;
    const text = texts + cell;
    const member = members + cell;
    clearMembers(member, stride, half, slots);
    const template = matchTemplate(start, end, index);
    if (template) {
      store<i32>(text, <i32>start);
      store<i32>(text + half, <i32>(trimmedEnd(end) - start));
      if (slots) noteMembers(template, index, names, member, stride, index + ((end - start) << 2) + 16);
      continue;
    }
    clearFault();
    const indexEnd = indexRecord(start, end, index);
    store<u32>(indexEnd, <u32>end);
    store<u32>(indexEnd, <u32>end, 4);
    const first = <usize>load<u32>(index);
    if (first == end) {
      fault(EMPTY, start);
    } else {
      placeMembers(member, indexEnd + 16);
      // A zero at the end stops every scan without a look at the address.
      const behind = load<u8>(end);
      store<u8>(end, 0);
      walk(index, end);
      store<u8>(end, behind);
    }
    if (faultCode == 0) {
      const length = <i32>(trimmedEnd(end) - first);
      store<i32>(text, <i32>first);
      store<i32>(text + half, length);
      const isObject = load<u8>(first) == 123;
      if (sawNewline) joinLines(first, end);
      else if (isObject && first == start) learnTemplate(start, end, index, indexEnd);
      if (whole >= 0 && !isObject) {
        store<i32>(member + <usize>whole * stride, <i32>first);
        store<i32>(member + <usize>whole * stride + half, length);
      }
    } else {
      store<i32>(text, 0);
      store<i32>(text + half, -1);
      clearMembers(member, stride, half, slots);
      const entry = refused + <usize>refusals * 12;
      store<i32>(entry, row);
      store<i32>(entry, faultCode, 4);
      store<u32>(entry, <u32>faultAt, 8);
      refusals++;
    }
  }
  return refusals;
}

/**
 * Copies the members of a valid JSON object whose keys are not in `names` (see slotOf), with what stands between them,
 * without the braces. `index` is scratch of 5 * length + 1024 bytes. Returns the end of what was written, `to` when
 * no member is left.
 */
export function copyMembers(to: usize, from: usize, length: i32, names: usize, index: usize): usize {
  const end = from + <usize>length;
  const indexEnd = indexRecord(from, end, index);
  const scratch = indexEnd + 16;
  let entry = index + 4;
  let run: usize = 0; // start of the members that are copied next, 0 when the last one was hidden
  let runEnd: usize = 0;
  const begin = to;
  while (entry < indexEnd) {
    const keyAt = <usize>load<u32>(entry);
    if (load<u8>(keyAt) != 34) break;
    const keyEnd = trimmedEnd(<usize>load<u32>(entry, 4)) - 1;
    const slot = slotOfKey(names, keyAt + 1, keyEnd, sawBackslash, scratch);
    entry += 8;
    let depth: i32 = 0;
    let at: usize = 0;
    for (; entry < indexEnd; entry += 4) {
      at = <usize>load<u32>(entry);
      const byte: u32 = load<u8>(at);
      if (byte == 123 || byte == 91) depth++;
      else if (byte == 125 || byte == 93) {
        if (--depth < 0) break;
      } else if (byte == 44 && depth == 0) break;
    }
    entry += 4;
    if (slot < 0) {
      if (run == 0) run = keyAt;
      runEnd = at;
    } else if (run != 0) {
      if (to != begin) store<u8>(to++, 44);
      to = copyBytes(to, run, <i32>(trimmedEnd(runEnd) - run));
      run = 0;
    }
  }
  if (run != 0) {
    if (to != begin) store<u8>(to++, 44);
    to = copyBytes(to, run, <i32>(trimmedEnd(runEnd) - run));
  }
  return to;
}

/** Writes a key with its colon (`keyLength` bytes at `key`) and a text as a JSON string. Returns the end. */
export function writeTextMember(to: usize, key: usize, keyLength: i32, from: usize, length: i32): usize {
  to = copyBytes(to, key, keyLength);
  store<u8>(to, 34);
  to = escapeJson(to + 1, from, length);
  store<u8>(to, 34);
  return to + 1;
}
