// The tokens of JSON texts: spaces, escapes, numbers and literals.

// @ts-ignore: decorator
@inline
export function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

// @ts-ignore: decorator
@inline
export function isSpace(byte: u32): bool {
  // Other control characters are refused by checkControls of json-index.ts.
  return byte <= 32;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: u32): i32 {
  if (isDigit(byte)) return byte - 48;
  const letter = (byte | 32) - 97;
  return letter < 6 ? letter + 10 : -1;
}

/** The four hexadecimal digits at `at`, or less than 0. */
export function hexQuad(at: usize): i32 {
  return (
    (hexValue(load<u8>(at)) << 12) |
    (hexValue(load<u8>(at, 1)) << 8) |
    (hexValue(load<u8>(at, 2)) << 4) |
    hexValue(load<u8>(at, 3))
  );
}

/** Whether `byte` may stand behind a backslash; after a `u`, four hexadecimal digits must follow. */
// @ts-ignore: decorator
@inline
export function isEscape(byte: u32): bool {
  return (
    byte == 34 || byte == 92 || byte == 47 || byte == 110 || byte == 116 || byte == 114 || byte == 98 || byte == 102 || byte == 117
  );
}

// @ts-ignore: decorator
@inline
export function endsScalar(byte: u32): bool {
  // Without branches; bit 5 makes a brace of a bracket.
  return ((<i32>(byte == 44) | <i32>((byte | 32) == 125) | <i32>isSpace(byte))) != 0;
}

/** How many decimal digits stand at `at`, without a branch for each. */
// @ts-ignore: decorator
@inline
export function countDigits(at: usize): usize {
  const begin = at;
  for (;;) {
    const others = i8x16.bitmask(i8x16.gt_u(i8x16.sub(v128.load(at), i8x16.splat(48)), i8x16.splat(9)));
    if (others) return at - begin + <usize>ctz(others);
    at += 16;
  }
  return 0;
}

/**
 * The end of the longest number, or of the `true`, `false` or `null`, that stands at `at`; 0 when there is none. What
 * stands behind it is not looked at. The byte behind the record is 0.
 */
// @ts-ignore: decorator
@inline
export function scalarEnd(at: usize): usize {
  let byte: u32 = load<u8>(at);
  if (byte == 116) return load<u32>(at) == 0x65757274 ? at + 4 : 0;
  if (byte == 102) return load<u32>(at, 1) == 0x65736c61 ? at + 5 : 0;
  if (byte == 110) return load<u32>(at) == 0x6c6c756e ? at + 4 : 0;
  if (byte == 45) byte = load<u8>(++at);
  let digits = countDigits(at);
  if (digits == 0 || (byte == 48 && digits > 1)) return 0;
  at += digits;
  byte = load<u8>(at);
  if (byte == 46) {
    digits = countDigits(++at);
    if (digits == 0) return 0;
    at += digits;
    byte = load<u8>(at);
  }
  if ((byte | 32) == 101) {
    byte = load<u8>(++at);
    if (byte == 43 || byte == 45) at++;
    digits = countDigits(at);
    if (digits == 0) return 0;
    at += digits;
  }
  return at;
}

/** Whether a number, `true`, `false` or `null` and nothing else stands at `at`. The byte behind the record is 0. */
export function isScalar(at: usize): bool {
  const end = scalarEnd(at);
  return end != 0 && endsScalar(load<u8>(end));
}

/** The end of a text that ends before `at`, when spaces may lie between. */
// @ts-ignore: decorator
@inline
export function trimmedEnd(at: usize): usize {
  while (isSpace(load<u8>(at - 1))) at--;
  return at;
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
export function hasBackslash(at: usize, end: usize): bool {
  const backslash = i8x16.splat(92);
  for (; at + 16 < end; at += 16) if (i8x16.bitmask(i8x16.eq(v128.load(at), backslash))) return true;
  return (i8x16.bitmask(i8x16.eq(v128.load(at), backslash)) & ((1 << <i32>(end - at)) - 1)) != 0;
}
