const BACKSLASH: u32 = 92;
const LOWER_U: u32 = 117;
const SLASH: u32 = 47;

/** The value of the four hexadecimal digits at `at`. */
function hexAt(at: usize): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const byte = <u32>load<u8>(at + i);
    value = (value << 4) | (byte <= 57 ? byte - 48 : (byte | 32) - 87);
  }
  return value;
}

/**
 * The first four of six bytes that are letters, or none, as the code unit is: two letters of two bytes and a third one, or the
 * beginning of six bytes of no letter. 0 for signs of ASCII that a secret may hold.
 */
function stretched(code: u32): u32 {
  if (code >= 0x800) return 0x81818181;
  if (code >= 0x80) return 0xa9c3a9c3;
  return code < 32 || code == 0x26 || code == 0x3c || code == 0x3e ? 0x01010101 : 0;
}

/**
 * Copies the `length` bytes of JSON at `from` to `to` so that what is searched there lies where it lies in the original: an escape
 * becomes as many bytes of the class of what it stands for: letters, or signs that no secret holds. Returns 0 where an escape may
 * hide a sign that one may hold, so that nothing can be told without unescaping.
 */
export function flattenJson(to: usize, from: usize, length: i32): i32 {
  const escape = i8x16.splat(92);
  const end = from + <usize>length;
  while (from < end) {
    const bytes = v128.load(from);
    v128.store(to, bytes);
    const mask = i8x16.bitmask(i8x16.eq(bytes, escape));
    if (mask == 0) {
      from += 16;
      to += 16;
      continue;
    }
    const skip = <usize>ctz(mask);
    from += skip;
    to += skip;
    if (from >= end) break;
    const next = <u32>load<u8>(from, 1);
    if (next == SLASH) return 0;
    if (next == LOWER_U) {
      const code = hexAt(from + 2);
      const pair = stretched(code);
      if (pair == 0) return 0;
      store<u32>(to, pair);
      store<u16>(to, <u16>pair, 4);
      from += 6;
      to += 6;
      continue;
    }
    store<u16>(to, next == BACKSLASH ? 0x5c5c : 0x0101);
    from += 2;
    to += 2;
  }
  return 1;
}
