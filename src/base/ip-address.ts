/** IP addresses as bytes: 4 of them, or 16, in network order. */

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
const GROUPS = 8;
/** The first twelve bytes of an IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2). */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** The bytes of an address in the text forms of RFC 4291, without a zone; undefined when it is none. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const match = IPV4.exec(text);
  if (!match) return undefined;
  const parts = match.slice(1);
  const isWrong = parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0')));
  return isWrong ? undefined : Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const last = tail ?? head!;
  const dotted = parseIpv4(last.at(-1) ?? '');
  if (dotted) last.splice(-1, 1, hex(dotted[0]!, dotted[1]!), hex(dotted[2]!, dotted[3]!));
  const count = head!.length + (tail?.length ?? 0);
  if (tail ? count >= GROUPS : count !== GROUPS) return undefined;
  const groups = [...head!, ...(tail ? new Array<string>(GROUPS - count).fill('0') : []), ...(tail ?? [])];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return Uint8Array.from(groups.map((group) => Number.parseInt(group, 16)).flatMap((n) => [n >> 8, n & 255]));
}

function hex(high: number, low: number): string {
  return ((high << 8) | low).toString(16);
}

/** The canonical text of an address; of IPv6 that of RFC 5952. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: GROUPS }, (_, i) => hex(bytes[2 * i]!, bytes[2 * i + 1]!));
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === '0') end++;
    if (end - start > best.length) best = { start, length: end - start };
    if (end > start) start = end;
  }
  return best;
}

/** Whether it is an IPv4 address written as IPv6. */
export function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && MAPPED.every((byte, i) => bytes[i] === byte);
}

/** Whether two are the same address; one of IPv4 is the same in either form. */
export function equalAddresses(a: Uint8Array, b: Uint8Array): boolean {
  const left = isMapped(a) ? a.subarray(12) : a;
  const right = isMapped(b) ? b.subarray(12) : b;
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** The address with all bits after the first `prefixBits` cleared. */
export function maskAddress(bytes: Uint8Array, prefixBits: number): Uint8Array {
  return bytes.map((byte, i) => byte & (0xff00 >> Math.min(Math.max(prefixBits - i * 8, 0), 8)) & 0xff);
}

export function isUnspecified(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function isLoopback(bytes: Uint8Array): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  return bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

function isMulticast(bytes: Uint8Array): boolean {
  return bytes.length === 4 ? bytes[0]! >> 4 === 0xe : bytes[0] === 0xff;
}

/** 224.0.0.0/24, and multicast of IPv6 in the scope of a link. */
export function isLinkLocalMulticast(bytes: Uint8Array): boolean {
  if (bytes.length === 4) return bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0;
  return bytes[0] === 0xff && (bytes[1]! & 0x0f) === 2;
}

/** 169.254.0.0/16 and fe80::/10. */
export function isLinkLocalUnicast(bytes: Uint8Array): boolean {
  if (bytes.length === 4) return bytes[0] === 169 && bytes[1] === 254;
  return bytes[0] === 0xfe && bytes[1]! >> 6 === 2;
}

/** Neither unspecified, loopback, multicast, link-local nor the broadcast address; private ones are among them. */
export function isGlobalUnicast(bytes: Uint8Array): boolean {
  const isBroadcast = bytes.length === 4 && bytes.every((byte) => byte === 255);
  return (
    !isBroadcast &&
    !isUnspecified(bytes) &&
    !isLoopback(bytes) &&
    !isMulticast(bytes) &&
    !isLinkLocalUnicast(bytes)
  );
}
