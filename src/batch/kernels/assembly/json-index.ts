// Stage one: finding the positions of everything that matters to the grammar, 64 bytes at a time, after simdjson
// (Langdale and Lemire, "Parsing gigabytes of JSON per second", VLDB Journal 28, 2019).

import { BAD_ESCAPE, CONTROL, STRAY_CONTROL, UNCLOSED, fault } from './json-faults';
import { hexQuad, isEscape } from './json-scan';

/** Whether the record that was indexed last has a backslash, a newline outside of strings. */
export let sawBackslash: bool = false;
export let sawNewline: bool = false;

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
    if (!isEscape(byte) || (byte == 117 && hexQuad(at + 1) < 0)) fault(BAD_ESCAPE, at - 1);
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
 * Writes to `index` the addresses of braces, brackets, colons and commas outside of strings, of opening
 * quotes and of the first bytes of other scalars. Returns the end of what was written; up to 64 more entries may be
 * overwritten. Notes faults inside strings.
 */
// @ts-ignore: decorator
@inline
export function indexRecord(start: usize, end: usize, index: usize): usize {
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
