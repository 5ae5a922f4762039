import { type Arena, setView, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { copyRow, type NewTextColumn } from './column.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
/** The longest text that lies in its view itself. */
const INLINE_BYTES = 12;
const POINT = 0x2e;
/** Up to so many digits a number is exact while it is read digit by digit. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

const decoder = new TextDecoder();

/** Writes row `row` of `raw` as the same row of `out`, a JSON text as the value that it stands for. */
export function resolveRow(arena: Arena, raw: Vector, out: NewTextColumn, row: number): void {
  if (raw.tags[row] !== Tag.JSON) {
    copyRow(out, raw, row);
    return;
  }
  const start = textAddress(raw.views!, row);
  const length = textLength(raw.views!, row);
  switch (arena.bytes[start]) {
    case QUOTE:
      resolveString(arena, raw, start, length, out, row);
      return;
    case 0x7b:
    case 0x5b:
      copyRow(out, raw, row);
      return;
    case 0x74:
    case 0x66:
      out.tags[row] = Tag.BOOL;
      out.numbers[row] = arena.bytes[start] === 0x74 ? 1 : 0;
      return;
    case 0x6e:
      out.tags[row] = Tag.NULL;
      return;
    default:
      resolveNumber(arena, start, length, out, row);
  }
}

function resolveString(
  arena: Arena,
  raw: Vector,
  start: number,
  length: number,
  out: NewTextColumn,
  row: number,
): void {
  out.tags[row] = Tag.TEXT;
  if (length <= INLINE_BYTES && unquoteInline(raw.views!, out.views, row, length)) return;
  if (!hasBackslash(arena, start, length)) {
    setView(arena, out.views, row, start + 1, length - 2);
    return;
  }
  const address = arena.allocate(length);
  const end = arena.kernels.unescapeJson(address, start + 1, length - 2);
  setView(arena, out.views, row, address, end - address);
}

/**
 * Unquotes a string that lies in its view, four bytes at a time: everything moves down by one byte and the closing
 * quote becomes zero. Returns false, having written nothing, when there may be a backslash in it.
 */
function unquoteInline(from: Int32Array, to: Int32Array, row: number, length: number): boolean {
  const at = row * 4;
  const first = from[at + 1]!;
  const second = from[at + 2]!;
  const third = from[at + 3]!;
  if (mayHoldBackslash(first) || mayHoldBackslash(second) || mayHoldBackslash(third)) return false;
  const inner = length - 2;
  to[at] = inner;
  to[at + 1] = keepBytes((first >>> 8) | (second << 24), inner);
  to[at + 2] = keepBytes((second >>> 8) | (third << 24), inner - 4);
  to[at + 3] = keepBytes(third >>> 8, inner - 8);
  return true;
}

/** Whether one of four bytes is a backslash (Mycroft's test for a zero byte, after an exclusive or); now and then too often. */
function mayHoldBackslash(word: number): boolean {
  const zeroed = word ^ 0x5c5c5c5c;
  return ((zeroed - 0x01010101) & ~zeroed & 0x80808080) !== 0;
}

/** The lowest `count` bytes of a word. */
function keepBytes(word: number, count: number): number {
  if (count >= 4) return word;
  return count <= 0 ? 0 : word & ((1 << (count * 8)) - 1);
}

/** Whether a text holds a backslash. Short ones are looked through here, a call into a kernel costs more. */
export function hasBackslash(arena: Arena, start: number, length: number): boolean {
  const end = start + length;
  if (length > 24) return arena.kernels.findByte(start, end, BACKSLASH) < end;
  const { bytes } = arena;
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/**
 * Digits make an INT, beyond 2^53 a BIGINT, a point or an exponent a DOUBLE. Up to 15 digits a decimal is the exact
 * quotient of two exact doubles (Clinger 1990), so that division rounds correctly.
 */
function resolveNumber(arena: Arena, start: number, length: number, out: NewTextColumn, row: number): void {
  const { bytes } = arena;
  const end = start + length;
  const isNegative = bytes[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  const digitsStart = at;
  let mantissa = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x30 && byte <= 0x39) mantissa = mantissa * 10 + byte - 0x30;
    else if (byte === POINT && point < 0) point = at;
    else break;
  }
  const digits = at - digitsStart - (point < 0 ? 0 : 1);
  if (at < end || digits > EXACT_DIGITS) {
    resolveLongNumber(arena, start, length, out, row);
    return;
  }
  const value = point < 0 ? mantissa : mantissa / POWERS_OF_TEN[end - point - 1]!;
  out.tags[row] = point < 0 ? Tag.INT : Tag.DOUBLE;
  out.numbers[row] = isNegative ? (point < 0 ? 0 - value : -value) : value;
}

function resolveLongNumber(
  arena: Arena,
  start: number,
  length: number,
  out: NewTextColumn,
  row: number,
): void {
  const text = decoder.decode(arena.bytes.subarray(start, start + length));
  const value = Number(text);
  if (!/^-?\d+$/.test(text)) {
    out.tags[row] = Tag.DOUBLE;
    out.numbers[row] = value;
    return;
  }
  // Beyond 2^53 several integers share a double; 2^53 + 1 rounds down to it, so the text decides there.
  const isExact = Math.abs(value) < 2 ** 53 || text.replace('-', '') === String(2 ** 53);
  out.tags[row] = isExact ? Tag.INT : Tag.BIGINT;
  out.numbers[row] = isExact ? value + 0 : 0;
  setView(arena, out.views, row, start, length);
}
