// Looking keys up in the table of wanted names that src/formats/json/names.ts lays out.

import { equalBytes } from './bytes';
import { hasBackslash, unescapeJson } from './json-scan';

/**
 * Finds the name of length `length` at `at` in a table of names: 64 Int32 that give the first slot whose name is
 * so long (63: or longer) or -1, then address and length of each slot's name, by ascending min(length, 63), then a
 * length of -1. Returns its slot or -1.
 */
// @ts-ignore: decorator
@inline
export function slotOf(names: usize, at: usize, length: i32): i32 {
  const slot = load<i32>(names + (<usize>min(length, 63) << 2));
  return slot < 0 ? -1 : slotAmong(names, slot, at, length);
}

function slotAmong(names: usize, slot: i32, at: usize, length: i32): i32 {
  let entry = names + 256 + (<usize>slot << 3);
  const group = min(length, 63);
  let size = load<i32>(entry, 4);
  do {
    if (size == length && equalBytes(at, <usize>load<u32>(entry), length)) return slot;
    slot++;
    entry += 8;
    size = load<i32>(entry, 4);
  } while (min(size, 63) == group);
  return -1;
}

/**
 * The slot of the key whose inside is [at, end). One with escapes, which is looked for if `escapes`, is written out at
 * `scratch` to be compared.
 */
export function slotOfKey(names: usize, at: usize, end: usize, escapes: bool, scratch: usize): i32 {
  if (!escapes || !hasBackslash(at, end)) return slotOf(names, at, <i32>(end - at));
  return slotOf(names, scratch, <i32>(unescapeJson(scratch, at, <i32>(end - at)) - scratch));
}

/** A bit for each min(length, 63) that a name of the table has. */
export function sizesOf(names: usize): u64 {
  let sizes: u64 = 0;
  for (let size = 0; size < 64; size++) {
    if (load<i32>(names + (<usize>size << 2)) >= 0) sizes |= (<u64>1) << (<u64>size);
  }
  return sizes;
}
