import { type Arena, setView, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { copyRow, type NewTextColumn } from './column.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Up to so many digits a number is exact while it is read digit by digit. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

const decoder = new TextDecoder();
const encoder = new TextEncoder();

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
      resolveString(arena, start, length, out, row);
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

function resolveString(arena: Arena, start: number, length: number, out: NewTextColumn, row: number): void {
  out.tags[row] = Tag.TEXT;
  if (!hasBackslash(arena, start, length)) {
    setView(arena, out.views, row, start + 1, length - 2);
    return;
  }
  const text = unescapeJson(decoder.decode(arena.bytes.subarray(start, start + length)));
  const bytes = encoder.encode(text);
  setView(arena, out.views, row, arena.place(bytes), bytes.length);
}

/** The string that a quoted JSON string stands for; a lone surrogate, which UTF-8 cannot hold, becomes U+FFFD. */
function unescapeJson(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
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
