// Checking NDJSON and finding its top-level members, in two stages after simdjson (Langdale and Lemire, "Parsing
// gigabytes of JSON per second", VLDB Journal 28, 2019): first the positions of everything that matters to the grammar
// are found 64 bytes at a time, then a walker goes from one to the next. Each record is indexed on its own, so that
// an open quote in one cannot reach into the next.

import { copyBytes, equalBytes, escapeJson } from './bytes';

const MAX_DEPTH: i32 = 128;

/** What is wrong with a record; src/formats/json/faults.ts has the words. */
const EMPTY: i32 = 1;
const TOO_DEEP: i32 = 2;
const NO_VALUE: i32 = 3;
const NO_KEY: i32 = 4;
const NO_COLON: i32 = 5;
const NO_COMMA_IN_OBJECT: i32 = 6;
const NO_COMMA_IN_ARRAY: i32 = 7;
const TRAILING: i32 = 8;
const BAD_SCALAR: i32 = 9;
const CONTROL: i32 = 10;
const BAD_ESCAPE: i32 = 11;
const UNCLOSED: i32 = 12;
const STRAY_CONTROL: i32 = 13;

/** The first fault of the record that is being read, 0 when there is none, and its address. */
let faultCode: i32 = 0;
let faultAt: usize = 0;
/** Whether the record that was indexed last has a backslash, a newline outside of strings. */
let sawBackslash: bool = false;
let sawNewline: bool = false;

/** The containers around the walker: 1 for an object, 0 for an array, by depth. */
const KINDS = memory.data(136);

// @ts-ignore: decorator
@inline
function fault(code: i32, at: usize): void {
  if (faultCode == 0 || at < faultAt) {
    faultCode = code;
    faultAt = at;
  }
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  // Other control characters are refused by checkControls.
  return byte <= 32;
}

/** The value of a hexadecimal digit, or -1. */
function hexValue(byte: u32): i32 {
  if (isDigit(byte)) return byte - 48;
  const letter = (byte | 32) - 97;
  return letter < 6 ? letter + 10 : -1;
}

/** The four hexadecimal digits at `at`, or less than 0. */
function hexQuad(at: usize): i32 {
  return (
    (hexValue(load<u8>(at)) << 12) |
    (hexValue(load<u8>(at, 1)) << 8) |
    (hexValue(load<u8>(at, 2)) << 4) |
    hexValue(load<u8>(at, 3))
  );
}

// @ts-ignore: decorator
@inline
function bits64(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    <u64>(<u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16)) |
    (<u64>(<u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16)) << 32)
  );
}

/** Each bit becomes the parity of itself and all lower ones: from quotes to what they enclose. */
// @ts-ignore: decorator
@inline
function prefixXor(bits: u64): u64 {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

/** Checks the escapes whose second bytes stand at `block` plus each bit of `escaped`. */
function checkEscapes(block: usize, escaped: u64): void {
  for (; escaped; escaped &= escaped - 1) {
    const at = block + <usize>ctz(escaped);
    const byte = load<u8>(at);
    const good =
      byte == 34 || byte == 92 || byte == 47 || byte == 110 || byte == 116 || byte == 114 || byte == 98 ||
      byte == 102 || (byte == 117 && hexQuad(at + 1) >= 0);
    if (!good) fault(BAD_ESCAPE, at - 1);
  }
}

/** Looks at the bytes below 32 in the block: all but tabs, newlines and carriage returns outside of strings are faults. */
function checkControls(block: usize, valid: u64, inString: u64): void {
  for (; valid; valid &= valid - 1) {
    const bit = <usize>ctz(valid);
    const byte = load<u8>(block + bit);
    if (byte >= 32) continue;
    if ((inString >> bit) & 1) fault(CONTROL, block + bit);
    else if (byte == 10) sawNewline = true;
    else if (byte != 9 && byte != 13) fault(STRAY_CONTROL, block + bit);
  }
}

/**
 * Stage one: writes to `index` the addresses of braces, brackets, colons and commas outside of strings, of opening
 * quotes and of the first bytes of other scalars. Returns the end of what was written; up to 64 more entries may be
 * overwritten. Notes faults inside strings.
 */
// @ts-ignore: decorator
@inline
function indexRecord(start: usize, end: usize, index: usize): usize {
  // Indexed by a byte's low four bits: the one operator that has them (brackets become braces by |32).
  const operators = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 58, 123, 44, 125, 0, 0);
  const nibble = i8x16.splat(15);
  const caseBit = i8x16.splat(32);
  const quoteByte = i8x16.splat(34);
  const backslashByte = i8x16.splat(92);

  let carryEscape: u64 = 0; // 1 when the block before ended with the backslash of an escape
  let carryString: u64 = 0; // all ones when it ended inside a string
  let carryScalar: u64 = 0; // 1 when it ended with a byte of a scalar that is no string
  sawBackslash = false;
  sawNewline = false;
  for (let block = start; block < end; block += 64) {
    const a = v128.load(block);
    const b = v128.load(block, 16);
    const c = v128.load(block, 32);
    const d = v128.load(block, 48);
    const left = end - block;
    const valid: u64 = left >= 64 ? ~(<u64>0) : ((<u64>1) << (<u64>left)) - 1;

    let quotes = bits64(i8x16.eq(a, quoteByte), i8x16.eq(b, quoteByte), i8x16.eq(c, quoteByte), i8x16.eq(d, quoteByte)) & valid;
    let escaped = carryEscape;
    carryEscape = 0;
    const slashA = i8x16.eq(a, backslashByte);
    const slashB = i8x16.eq(b, backslashByte);
    const slashC = i8x16.eq(c, backslashByte);
    const slashD = i8x16.eq(d, backslashByte);
    if (v128.any_true(v128.or(v128.or(slashA, slashB), v128.or(slashC, slashD)))) {
      let slashes = bits64(slashA, slashB, slashC, slashD) & valid;
      if (slashes) sawBackslash = true;
      slashes &= ~escaped;
      while (slashes) {
        const bit = slashes & (0 - slashes);
        slashes ^= bit;
        const next = bit << 1;
        if (next == 0) carryEscape = 1;
        escaped |= next;
        slashes &= ~next;
      }
    }
    quotes &= ~escaped;

    const inString = prefixXor(quotes) ^ carryString;
    carryString = <u64>(<i64>inString >> 63);
    if (escaped) checkEscapes(block, escaped & inString & valid);
    const smallest = i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d));
    if (v128.any_true(i8x16.lt_u(smallest, caseBit))) checkControls(block, valid, inString);

    const lowA = v128.and(a, nibble);
    const lowB = v128.and(b, nibble);
    const lowC = v128.and(c, nibble);
    const lowD = v128.and(d, nibble);
    const space = bits64(
      i8x16.le_u(a, caseBit),
      i8x16.le_u(b, caseBit),
      i8x16.le_u(c, caseBit),
      i8x16.le_u(d, caseBit),
    );
    const operator = bits64(
      i8x16.eq(v128.or(a, caseBit), i8x16.swizzle(operators, lowA)),
      i8x16.eq(v128.or(b, caseBit), i8x16.swizzle(operators, lowB)),
      i8x16.eq(v128.or(c, caseBit), i8x16.swizzle(operators, lowC)),
      i8x16.eq(v128.or(d, caseBit), i8x16.swizzle(operators, lowD)),
    );
    const scalar = ~(operator | space);
    const plain = scalar & ~quotes;
    const starts = scalar & ~((plain << 1) | carryScalar);
    carryScalar = plain >> 63;
    let found = (operator | starts) & ~(inString ^ quotes) & valid;

    const count = popcnt(found);
    const next = index + (<usize>count << 2);
    // Four at a time whatever the count is cheaper than a branch for each; entries past `next` are overwritten.
    while (found) {
      store<u32>(index, <u32>(block + <usize>ctz(found)));
      found &= found - 1;
      store<u32>(index, <u32>(block + <usize>ctz(found)), 4);
      found &= found - 1;
      store<u32>(index, <u32>(block + <usize>ctz(found)), 8);
      found &= found - 1;
      store<u32>(index, <u32>(block + <usize>ctz(found)), 12);
      found &= found - 1;
      index += 16;
    }
    index = next;
  }
  // Nothing behind an open quote is in the index, so that quote is the last entry, unless it stood right behind a
  // scalar: then the walker refuses that.
  if (carryString) {
    const last = <usize>load<u32>(index - 4);
    if (load<u8>(last) == 34) fault(UNCLOSED, last);
  }
  return index;
}

// @ts-ignore: decorator
@inline
function endsScalar(byte: u32): bool {
  return byte == 44 || byte == 125 || byte == 93 || isSpace(byte);
}

/** How many decimal digits stand at `at`, without a branch for each. */
// @ts-ignore: decorator
@inline
function countDigits(at: usize): usize {
  const begin = at;
  for (;;) {
    const others = i8x16.bitmask(i8x16.gt_u(i8x16.sub(v128.load(at), i8x16.splat(48)), i8x16.splat(9)));
    if (others) return at - begin + <usize>ctz(others);
    at += 16;
  }
  return 0;
}

/** Whether a number, `true`, `false` or `null` and nothing else stands at `at`. The byte behind the record is 0. */
function isScalar(at: usize): bool {
  let byte: u32 = load<u8>(at);
  if (byte == 116) {
    if (load<u32>(at) != 0x65757274) return false;
    return endsScalar(load<u8>(at, 4));
  }
  if (byte == 102) {
    if (load<u32>(at, 1) != 0x65736c61) return false;
    return endsScalar(load<u8>(at, 5));
  }
  if (byte == 110) {
    if (load<u32>(at) != 0x6c6c756e) return false;
    return endsScalar(load<u8>(at, 4));
  }
  if (byte == 45) byte = load<u8>(++at);
  let digits = countDigits(at);
  if (digits == 0 || (byte == 48 && digits > 1)) return false;
  at += digits;
  byte = load<u8>(at);
  if (byte == 46) {
    digits = countDigits(++at);
    if (digits == 0) return false;
    at += digits;
    byte = load<u8>(at);
  }
  if ((byte | 32) == 101) {
    byte = load<u8>(++at);
    if (byte == 43 || byte == 45) at++;
    digits = countDigits(at);
    if (digits == 0) return false;
    at += digits;
    byte = load<u8>(at);
  }
  return endsScalar(byte);
}

/** The end of a text that ends before `at`, when spaces may lie between. */
// @ts-ignore: decorator
@inline
function trimmedEnd(at: usize): usize {
  while (isSpace(load<u8>(at - 1))) at--;
  return at;
}

/**
 * Finds the name of length `length` at `at` in a table of names: 64 Int32 that give the first slot whose name is
 * so long (63: or longer) or -1, then address and length of each slot's name, by ascending min(length, 63), then a
 * length of -1. Returns its slot or -1.
 */
// @ts-ignore: decorator
@inline
function slotOf(names: usize, at: usize, length: i32): i32 {
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

/** The slot of the key whose inside is [at, end). A key with escapes is written out at `scratch` to be compared. */
function slotOfEscaped(names: usize, at: usize, end: usize, scratch: usize): i32 {
  return slotOf(names, scratch, <i32>(unescapeJson(scratch, at, <i32>(end - at)) - scratch));
}

/**
 * Copies the inside of a valid JSON string with its escapes resolved; surrogates without partner become U+FFFD. Up to
 * 15 bytes past the end are overwritten. Returns the end of what was written, never longer than the source.
 */
export function unescapeJson(to: usize, from: usize, length: i32): usize {
  const end = from + <usize>length;
  const backslash = i8x16.splat(92);
  while (from < end) {
    const bytes = v128.load(from);
    v128.store(to, bytes);
    let mask = i8x16.bitmask(i8x16.eq(bytes, backslash));
    const left = end - from;
    if (left < 16) mask &= (1 << (<i32>left)) - 1;
    if (mask == 0) {
      const step = left < 16 ? left : 16;
      from += step;
      to += step;
      continue;
    }
    const clean = <usize>ctz(mask);
    to += clean;
    from += clean + 2;
    const byte = load<u8>(from - 1);
    if (byte != 117) {
      store<u8>(to++, byte == 110 ? 10 : byte == 116 ? 9 : byte == 114 ? 13 : byte == 98 ? 8 : byte == 102 ? 12 : byte);
      continue;
    }
    let code = hexQuad(from);
    from += 4;
    if ((code & 0xf800) == 0xd800) {
      const paired = code < 0xdc00 && from + 6 <= end && load<u16>(from) == 0x755c;
      const low = paired ? hexQuad(from + 2) : 0;
      if ((low & 0xfc00) == 0xdc00) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        from += 6;
      } else {
        code = 0xfffd;
      }
    }
    if (code < 0x80) {
      store<u8>(to++, <u8>code);
    } else if (code < 0x800) {
      store<u8>(to, <u8>(0xc0 | (code >> 6)));
      store<u8>(to + 1, <u8>(0x80 | (code & 63)));
      to += 2;
    } else if (code < 0x10000) {
      store<u8>(to, <u8>(0xe0 | (code >> 12)));
      store<u8>(to + 1, <u8>(0x80 | ((code >> 6) & 63)));
      store<u8>(to + 2, <u8>(0x80 | (code & 63)));
      to += 3;
    } else {
      store<u8>(to, <u8>(0xf0 | (code >> 18)));
      store<u8>(to + 1, <u8>(0x80 | ((code >> 12) & 63)));
      store<u8>(to + 2, <u8>(0x80 | ((code >> 6) & 63)));
      store<u8>(to + 3, <u8>(0x80 | (code & 63)));
      to += 4;
    }
  }
  return to;
}

/** Whether [at, end) holds a backslash. */
// @ts-ignore: decorator
@inline
function hasBackslash(at: usize, end: usize): bool {
  const backslash = i8x16.splat(92);
  for (; at + 16 < end; at += 16) if (i8x16.bitmask(i8x16.eq(v128.load(at), backslash))) return true;
  return (i8x16.bitmask(i8x16.eq(v128.load(at), backslash)) & ((1 << <i32>(end - at)) - 1)) != 0;
}

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

function slotOfKey(keyAt: usize, colon: usize): i32 {
  const keyEnd = trimmedEnd(colon) - 1;
  return sawBackslash && hasBackslash(keyAt, keyEnd)
    ? slotOfEscaped(wantedNames, keyAt, keyEnd, keyScratch)
    : slotOf(wantedNames, keyAt, <i32>(keyEnd - keyAt));
}

/** The value at `valueAt` ends before `at`, spaces aside: it is the row's member of this slot. */
function noteMember(slot: i32, at: usize): void {
  const cell = memberCell + <usize>slot * memberStride;
  store<i32>(cell, <i32>valueAt);
  store<i32>(cell + memberHalf, <i32>(trimmedEnd(at) - valueAt));
}

function sizesOf(names: usize): u64 {
  let sizes: u64 = 0;
  for (let size = 0; size < 64; size++) {
    if (load<i32>(names + (<usize>size << 2)) >= 0) sizes |= (<u64>1) << (<u64>size);
  }
  return sizes;
}

/**
 * Stage two: walks along the index, checks the grammar and notes the wanted top-level members of the record. Of members
 * with the same key the last one counts. The index ends with two entries for `end`, where the byte is 0. Notes the
 * first fault.
 */
function walk(index: usize, end: usize): void {
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
          slot = slotOfKey(at + 1, colon);
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

/** Makes the row's members absent. Their addresses are made valid too, as what makes views of them may look there. */
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
  store<u8>(KINDS, 0);
  wantedNames = names;
  wantedSizes = sizesOf(names);
  memberStride = stride;
  memberHalf = half;
  for (let row: i32 = 0; row < count; row++) {
    const cell = <usize>row << 2;
    let start = <usize>load<u32>(starts + cell);
    const end = start + <usize>load<i32>(lengths + cell);
    if (row == 0) start += <usize>skip;
    const text = texts + cell;
    const member = members + cell;
    clearMembers(member, stride, half, slots);
    faultCode = 0;
    const indexEnd = indexRecord(start, end, index);
    store<u32>(indexEnd, <u32>end);
    store<u32>(indexEnd, <u32>end, 4);
    const first = <usize>load<u32>(index);
    if (first == end) {
      fault(EMPTY, start);
    } else {
      // A zero at the end stops every scan without a look at the address.
      const behind = load<u8>(end);
      store<u8>(end, 0);
      memberCell = member;
      keyScratch = indexEnd + 16;
      walk(index, end);
      store<u8>(end, behind);
    }
    if (faultCode == 0) {
      const length = <i32>(trimmedEnd(end) - first);
      store<i32>(text, <i32>first);
      store<i32>(text + half, length);
      if (sawNewline) joinLines(first, end);
      if (whole >= 0 && load<u8>(first) != 123) {
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
    const slot = sawBackslash && hasBackslash(keyAt + 1, keyEnd)
      ? slotOfEscaped(names, keyAt + 1, keyEnd, scratch)
      : slotOf(names, keyAt + 1, <i32>(keyEnd - keyAt - 1));
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
