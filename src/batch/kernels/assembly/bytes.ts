// SIMD kernels over the arena's linear memory, in AssemblyScript (a subset of TypeScript that compiles to
// WebAssembly). Addresses are absolute. Loads may run up to 63 bytes past an end and `copyBytes` may write
// up to 15 bytes past its destination: the arena keeps slack for both.

import { storeView } from './view';

const LANES: usize = 16;
const BLOCK: usize = 64;

// @ts-ignore: decorator
@inline
function newlinesOf16(at: usize): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(10)));
}

// @ts-ignore: decorator
@inline
function newlinesOf64(at: usize): u64 {
  return newlinesOf16(at) | newlinesOf16(at + 16) << 16 | newlinesOf16(at + 32) << 32 | newlinesOf16(at + 48) << 48;
}

/**
 * Writes to `out` where each line of [start, end) begins, and behind them where the one after the last would. Stops
 * after `limit` lines. Returns the number of newlines found among them. Two places are written for each 64 bytes,
 * and only as many as there are counted: whether a newline comes cannot be foreseen (Langdale and Lemire, "Parsing
 * gigabytes of JSON per second", section 3.2).
 */
// @ts-ignore: decorator
@inline
function findLines(start: usize, end: usize, out: usize, limit: i32): i32 {
  const last = out + (<usize>limit << 2);
  let slot = out;
  store<i32>(slot, <i32>start);
  for (let at = start; at < end && slot < last; at += BLOCK) {
    let mask = newlinesOf64(at);
    if (end - at < BLOCK) mask &= (<u64>1 << <u64>(end - at)) - 1;
    const next = slot + (<usize>popcnt(mask) << 2);
    store<i32>(slot, <i32>at + 1 + <i32>ctz(mask), 4);
    mask &= mask - 1;
    store<i32>(slot, <i32>at + 1 + <i32>ctz(mask), 8);
    for (slot += 8; slot < next && slot < last; slot += 4) {
      mask &= mask - 1;
      store<i32>(slot, <i32>at + 1 + <i32>ctz(mask), 4);
    }
    slot = next;
  }
  return slot < last ? <i32>((slot - out) >> 2) : limit;
}

/**
 * Splits [start, end) at newlines. Writes each line's address to `starts`, its length, without the newline and a
 * carriage return before it, to `lengths`, and its address plus `base` to `offsets` (64-bit floats). A last line
 * without newline counts as a line. Stops after `limit` lines. Returns the number of lines. Up to 8 bytes past
 * `limit` words at `starts` are overwritten.
 */
export function frameLines(
  start: usize,
  end: usize,
  starts: usize,
  lengths: usize,
  offsets: usize,
  base: f64,
  limit: i32,
): i32 {
  let lines = findLines(start, end, starts, limit);
  const after = starts + (<usize>lines << 2);
  if (lines < limit && <usize>load<i32>(after) < end) {
    store<i32>(after, <i32>(end + 1), 4);
    lines++;
  }
  let from = <i32>start;
  for (let line: usize = 0; line < <usize>lines; line++) {
    const next = load<i32>(starts + (line << 2), 4);
    const size = next - 1 - from;
    store<i32>(lengths + (line << 2), size - <i32>((size > 0) & (load<u8>(<usize>next - 2) == 13)));
    store<f64>(offsets + (line << 3), <f64>from + base);
    from = next;
  }
  return lines;
}

/** Writes to `out` the address of every byte in [start, end) that equals `a`, `b` or `c`, in order. Returns how many. */
export function indexBytes(start: usize, end: usize, out: usize, a: i32, b: i32, c: i32): i32 {
  const first = i8x16.splat(<i8>a);
  const second = i8x16.splat(<i8>b);
  const third = i8x16.splat(<i8>c);
  let slot = out;
  for (let at = start; at < end; at += LANES) {
    const bytes = v128.load(at);
    let mask = i8x16.bitmask(v128.or(v128.or(i8x16.eq(bytes, first), i8x16.eq(bytes, second)), i8x16.eq(bytes, third)));
    if (end - at < LANES) mask &= (1 << (<i32>(end - at))) - 1;
    while (mask) {
      store<i32>(slot, <i32>(at + <usize>ctz(mask)));
      mask &= mask - 1;
      slot += 4;
    }
  }
  return <i32>((slot - out) >> 2);
}

/** The address of the first byte in [start, end) that equals `byte`, or `end`. */
export function findByte(start: usize, end: usize, byte: i32): usize {
  const wanted = i8x16.splat(<i8>byte);
  for (let at = start; at < end; at += LANES) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (mask) {
      const found = at + <usize>ctz(mask);
      return found < end ? found : end;
    }
  }
  return end;
}

/**
 * Makes `count` Utf8View values of the texts at starts[i], lengths[i]: up to 12 bytes inline, longer ones as
 * length, first four bytes, buffer 0 and address. A negative length makes a value of all zeros.
 */
export function makeViews(starts: usize, lengths: usize, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const start = <usize>load<i32>(starts + (i << 2));
    const length = load<i32>(lengths + (i << 2));
    const view = out + (i << 4);
    // Nothing is known of an absent row's start.
    if (length < 0) v128.store(view, i64x2.splat(0));
    else storeView(view, start, length);
  }
}

/** Gathers 16-byte views: out[i] = views[rows[i]]. */
export function gatherViews(views: usize, rows: usize, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    v128.store(out + (i << 4), v128.load(views + (<usize>load<i32>(rows + (i << 2)) << 4)));
  }
}

/** Copies `length` bytes, sixteen at a time: up to 15 bytes past the destination's end are overwritten. Returns the destination's end. */
export function copyBytes(to: usize, from: usize, length: i32): usize {
  const end = to + <usize>length;
  for (let at = to, source = from; at < end; at += LANES, source += LANES) v128.store(at, v128.load(source));
  return end;
}

/** 1 when the two texts are equal. */
export function equalBytes(a: usize, b: usize, length: i32): i32 {
  let at: usize = 0;
  const size = <usize>length;
  for (; at + LANES <= size; at += LANES) {
    if (i8x16.bitmask(i8x16.ne(v128.load(a + at), v128.load(b + at)))) return 0;
  }
  if (at == size) return 1;
  const mask = i8x16.bitmask(i8x16.ne(v128.load(a + at), v128.load(b + at)));
  return mask & ((1 << (<i32>(size - at))) - 1) ? 0 : 1;
}

/** The address of the first place in [start, end) where the `length` bytes at `needle` stand, or -1. An empty needle is found at once. */
export function findBytes(start: usize, end: usize, needle: usize, length: i32): i32 {
  if (length == 0) return <i32>start;
  const size = <usize>length;
  if (end - start < size) return -1;
  const first = i8x16.splat(load<i8>(needle));
  const last = i8x16.splat(load<i8>(needle + size - 1));
  const stop = end - size + 1;
  for (let at = start; at < stop; at += LANES) {
    let mask = i8x16.bitmask(v128.and(i8x16.eq(v128.load(at), first), i8x16.eq(v128.load(at + size - 1), last)));
    while (mask) {
      const found = at + <usize>ctz(mask);
      if (found >= stop) return -1;
      if (equalBytes(found, needle, length)) return <i32>found;
      mask &= mask - 1;
    }
  }
  return -1;
}

const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);

function hexDigit(value: i32): u8 {
  return load<u8>(HEX + <usize>value);
}

/**
 * Copies a text as the inside of a JSON string: quotes, backslashes and control characters are escaped (RFC 8259,
 * section 7), all other bytes stay as they are. Needs 6 * length + 16 bytes of room. Returns the end of what was written.
 */
export function escapeJson(to: usize, from: usize, length: i32): usize {
  const end = from + <usize>length;
  const quote = i8x16.splat(34);
  const backslash = i8x16.splat(92);
  const space = i8x16.splat(32);
  while (from < end) {
    const bytes = v128.load(from);
    v128.store(to, bytes);
    let mask = i8x16.bitmask(v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, space)));
    const left = end - from;
    if (left < LANES) mask &= (1 << (<i32>left)) - 1;
    if (mask == 0) {
      const step = left < LANES ? left : LANES;
      from += step;
      to += step;
      continue;
    }
    const clean = <usize>ctz(mask);
    from += clean;
    to += clean;
    const byte = load<u8>(from++);
    store<u8>(to++, 92);
    if (byte == 34 || byte == 92) store<u8>(to++, byte);
    else if (byte == 10) store<u8>(to++, 110);
    else if (byte == 13) store<u8>(to++, 114);
    else if (byte == 9) store<u8>(to++, 116);
    else {
      store<u32>(to, 0x30303075);
      store<u8>(to + 3, hexDigit(byte >> 4));
      store<u8>(to + 4, hexDigit(byte & 15));
      to += 5;
    }
  }
  return to;
}
