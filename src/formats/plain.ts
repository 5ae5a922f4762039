import { type ArenaWriter, Tag, textAddress, textLength, type Vector } from '../batch/index.js';
import { MAX_NUMBER_BYTES, writeDouble, writeInteger, writeTimestamp } from './text.js';

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Writes the value of a row as plain text, as formats without types have it: texts as they are, numbers in digits,
 * `true` and `false`, times as RFC 3339, other JSON values as JSON. Nulls and absent values write nothing.
 */
export function writePlain(writer: ArenaWriter, vector: Vector, row: number): void {
  switch (vector.uniform ?? vector.tags[row]) {
    case Tag.TEXT:
    case Tag.BIGINT:
      writer.copy(textAddress(vector.views!, row), textLength(vector.views!, row));
      return;
    case Tag.INT:
      writer.advance(
        writeInteger(writer.arena.bytes, writer.reserve(MAX_NUMBER_BYTES), vector.numbers![row]!),
      );
      return;
    case Tag.DOUBLE:
      writeNumber(writer, vector.numbers![row]!);
      return;
    case Tag.BOOL:
      writer.text(vector.numbers![row] === 1 ? 'true' : 'false');
      return;
    case Tag.TIMESTAMP:
      writer.advance(
        writeTimestamp(writer.arena.bytes, writer.reserve(MAX_NUMBER_BYTES), vector.numbers![row]!),
      );
      return;
    case Tag.JSON:
      writeJson(writer, vector.views!, row);
  }
}

function writeNumber(writer: ArenaWriter, value: number): void {
  if (Number.isFinite(value)) {
    writer.advance(writeDouble(writer.arena.bytes, writer.reserve(MAX_NUMBER_BYTES), value));
  } else {
    writer.text(String(value));
  }
}

function writeJson(writer: ArenaWriter, views: Int32Array, row: number): void {
  const { bytes, kernels } = writer.arena;
  const start = textAddress(views, row);
  const end = start + textLength(views, row);
  if (bytes[start] !== QUOTE) {
    if (!isNull(bytes, start, end)) writer.copy(start, end - start);
  } else if (kernels.findByte(start, end, BACKSLASH) === end) {
    writer.copy(start + 1, end - start - 2);
  } else {
    writer.advance(unescapeJson(bytes, start + 1, end - 1, writer.reserve(end - start)));
  }
}

function isNull(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 4 && bytes[start] === 110;
}

const SIMPLE_ESCAPES: Readonly<Record<number, number>> = {
  34: 34,
  47: 47,
  92: 92,
  98: 8,
  102: 12,
  110: 10,
  114: 13,
  116: 9,
};

/**
 * Writes the inside of a valid JSON string, [start, end), without its escapes to `to`, in the same bytes or in others. It never grows. A lone
 * surrogate, which UTF-8 cannot hold, becomes U+FFFD. Returns the end of what was written.
 */
export function unescapeJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  to: number,
  into: Uint8Array = bytes,
): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte !== BACKSLASH) {
      into[to++] = byte;
      at++;
      continue;
    }
    const simple = SIMPLE_ESCAPES[bytes[at + 1]!];
    if (simple !== undefined) {
      into[to++] = simple;
      at += 2;
      continue;
    }
    let code = hexAt(bytes, at + 2);
    at += 6;
    if (
      code >= 0xd800 &&
      code < 0xdc00 &&
      bytes[at] === BACKSLASH &&
      bytes[at + 1] === 117 &&
      at + 6 <= end
    ) {
      const low = hexAt(bytes, at + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      }
    }
    to = writeCodePoint(into, to, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
  }
  return to;
}

function hexAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + i]!;
    value = value * 16 + (byte <= 57 ? byte - 48 : (byte | 32) - 87);
  }
  return value;
}

function writeCodePoint(bytes: Uint8Array, to: number, code: number): number {
  if (code < 0x80) {
    bytes[to] = code;
    return to + 1;
  }
  if (code < 0x800) {
    bytes[to] = 0xc0 | (code >> 6);
    bytes[to + 1] = 0x80 | (code & 63);
    return to + 2;
  }
  if (code < 0x10000) {
    bytes[to] = 0xe0 | (code >> 12);
    bytes[to + 1] = 0x80 | ((code >> 6) & 63);
    bytes[to + 2] = 0x80 | (code & 63);
    return to + 3;
  }
  bytes[to] = 0xf0 | (code >> 18);
  bytes[to + 1] = 0x80 | ((code >> 12) & 63);
  bytes[to + 2] = 0x80 | ((code >> 6) & 63);
  bytes[to + 3] = 0x80 | (code & 63);
  return to + 4;
}
