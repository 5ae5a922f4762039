// Card numbers and IP addresses in texts. Each function gets the place that drew attention to itself and the text [start, end)
// around it, and returns the address after the secret, or 0; where it begins is in `secretStart`.

/** Where the secret that was found last begins. */
export let secretStart: usize = 0;

const DOT: u32 = 46;
const COLON: u32 = 58;

// @ts-ignore: decorator
@inline
export function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

// @ts-ignore: decorator
@inline
export function isAlphanumeric(byte: u32): bool {
  return byte - 48 < 10 || (byte | 32) - 97 < 26;
}

// @ts-ignore: decorator
@inline
function isHex(byte: u32): bool {
  return byte - 48 < 10 || (byte | 32) - 97 < 6;
}

/** The byte at `at`, or 0 outside of the text. */
// @ts-ignore: decorator
@inline
export function byteOf(at: usize, start: usize, end: usize): u32 {
  return at >= start && at < end ? <u32>load<u8>(at) : 0;
}

/**
 * The lengths of card numbers that begin with these four digits, a bit for each; 0 where no card does. Issuers' ranges as in
 * ISO/IEC 7812 registers that networks publish: Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay, Maestro.
 */
function cardLengths(head: i32): i32 {
  const two = head / 100;
  if (head / 1000 == 4) return (1 << 13) | (1 << 16) | (1 << 19);
  if ((two >= 51 && two <= 55) || (head >= 2221 && head <= 2720)) return 1 << 16;
  if (two == 34 || two == 37) return 1 << 15;
  if (two == 36 || two == 38 || two == 39 || (head >= 3000 && head <= 3059)) return 1 << 14;
  if (two == 35) return (1 << 16) | (1 << 17) | (1 << 18) | (1 << 19);
  if (two == 50 || two >= 56) return two < 70 ? 0xfe000 : 0;
  return 0;
}

/**
 * A card number whose four first digits are at `at`: 13 to 19 digits in one piece, or in groups of three to six with a space or
 * a hyphen between any two, that an issuer may have given out and whose last digit is right (Luhn's sum, ISO/IEC 7812-1).
 */
export function endOfCard(at: usize, start: usize, end: usize): usize {
  const before = byteOf(at - 1, start, end);
  if (isAlphanumeric(before) || (before == DOT && isDigit(byteOf(at - 2, start, end)))) return 0;
  const head = <i32>(load<u8>(at) - 48) * 1000 + (load<u8>(at, 1) - 48) * 100 + (load<u8>(at, 2) - 48) * 10 + load<u8>(at, 3) - 48;
  const lengths = at + 4 > end ? 0 : cardLengths(head);
  if (lengths == 0) return 0;
  let digits: i32 = 0;
  let even: i32 = 0; // Luhn's sum if the number ends at an even place, and at an odd one
  let odd: i32 = 0;
  let group: i32 = 0;
  let separator: u32 = 0;
  let last: usize = 0;
  secretStart = at;
  for (; digits <= 19; at++) {
    const byte = byteOf(at, start, end);
    if (isDigit(byte)) {
      const digit = <i32>byte - 48;
      const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
      even += digits & 1 ? digit : doubled;
      odd += digits & 1 ? doubled : digit;
      digits++;
      group++;
      continue;
    }
    const isEnd = group > 0 && !isAlphanumeric(byte) && !(byte == DOT && isDigit(byteOf(at + 1, start, end)));
    if (isEnd && digits >= 13 && lengths & (1 << digits)) {
      if ((digits & 1 ? odd : even) % 10 == 0) last = at;
    }
    if ((byte != 32 && byte != 45) || (separator && byte != separator) || group < 3 || group > 6) break;
    separator = byte;
    group = 0;
  }
  return last;
}

/** An IPv4 address in dotted decimals, whose first dot is at `at`, that stands alone. */
export function endOfIp4(at: usize, start: usize, end: usize): usize {
  let first = at;
  while (at - first < 3 && isDigit(byteOf(first - 1, start, end))) first--;
  const before = byteOf(first - 1, start, end);
  if (isAlphanumeric(before) || before == DOT || before == 95) return 0;
  secretStart = first;
  const after = endOfOctets(first, start, end);
  const next = byteOf(after, start, end);
  if (isAlphanumeric(next) || next == 95 || (next == DOT && isDigit(byteOf(after + 1, start, end)))) return 0;
  return after;
}

/** The address after four numbers of up to 255 with dots between them, or 0. */
function endOfOctets(at: usize, start: usize, end: usize): usize {
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && byteOf(at++, start, end) != DOT) return 0;
    let value: u32 = 0;
    const first = at;
    while (at - first < 4 && isDigit(byteOf(at, start, end))) value = value * 10 + byteOf(at++, start, end) - 48;
    if (at == first || at - first > 3 || value > 255) return 0;
  }
  return at;
}

/** Whether a word of one to four hexadecimal digits ends at `at`, as a group of an IPv6 address is one. */
function isGroupBefore(at: usize, start: usize, end: usize): bool {
  let size = 0;
  for (at--; isHex(byteOf(at, start, end)) && size < 5; at--) size++;
  return size > 0 && size < 5 && !isAlphanumeric(byteOf(at, start, end)) && byteOf(at, start, end) != 95;
}

/** An IPv6 address (RFC 4291, section 2.2), whose first colon is at `at`, that stands alone. */
export function endOfIp6(at: usize, start: usize, end: usize): usize {
  let first = at;
  while (at - first < 4 && isHex(byteOf(first - 1, start, end))) first--;
  const before = byteOf(first - 1, start, end);
  if (isAlphanumeric(before) || before == 95 || before == DOT) return 0;
  // After a colon that something else ends with, as in `from:fe80::1`, an address may begin.
  if (before == COLON) {
    if (byteOf(first - 2, start, end) == COLON || isGroupBefore(first - 1, start, end)) return 0;
  }
  secretStart = first;
  at = first;
  let groups = 0;
  let isShort = false;
  for (;;) {
    const size = sizeOfGroup(at, start, end);
    if (size > 0 && byteOf(at + size, start, end) == DOT && (groups == 6 || isShort)) {
      const after = endOfOctets(at, start, end);
      if (after == 0) break;
      at = after;
      groups += 2;
      break;
    }
    if (size > 4) return 0;
    at += size;
    if (size > 0) groups++;
    if (byteOf(at, start, end) != COLON || groups == 8) break;
    const isPair = byteOf(at + 1, start, end) == COLON;
    if (isPair) {
      if (isShort) return 0;
      isShort = true;
      at += 2;
      if (sizeOfGroup(at, start, end) == 0) break;
    } else {
      if (size == 0) return 0;
      // A colon that nothing of the address follows is not its own.
      if (sizeOfGroup(at + 1, start, end) == 0) break;
      at++;
    }
  }
  const next = byteOf(at, start, end);
  if (isAlphanumeric(next) || next == 95 || groups > 8) return 0;
  return groups == 8 ? at : isShort && groups > 0 ? at : 0;
}

/** The number of hexadecimal digits at `at`, up to 5. */
function sizeOfGroup(at: usize, start: usize, end: usize): usize {
  let size: usize = 0;
  while (size < 5 && isHex(byteOf(at + size, start, end))) size++;
  return size;
}

/** For those who find where a secret begins by themselves. */
export function beginSecret(at: usize): void {
  secretStart = at;
}
