import { type ArenaWriter, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { textOfDouble } from '../functions/convert.js';
import { formatTimestamp } from '../time.js';

/** Up to this, integers fit an Int32, and so many digits. */
const SMALL_INTEGER = 1_000_000_000;
const SMALL_DIGITS = 9;

/** Writes row `row` as text, as `string()` has it; absent and null write nothing, JSON is written as it stands. */
export function writeAsText(writer: ArenaWriter, vector: Vector, row: number): void {
  switch (vector.tags[row]) {
    case Tag.TEXT:
    case Tag.BIGINT:
    case Tag.JSON:
      writer.copy(textAddress(vector.views!, row), textLength(vector.views!, row));
      return;
    case Tag.INT:
      writeInteger(writer, vector.numbers![row]!);
      return;
    case Tag.DOUBLE:
      writer.text(textOfDouble(vector.numbers![row]!));
      return;
    case Tag.BOOL:
      writer.text(vector.numbers![row] === 1 ? 'true' : 'false');
      return;
    case Tag.TIMESTAMP:
      writer.text(formatTimestamp(BigInt(Math.round(vector.numbers![row]!)) * 1000n));
      return;
    default:
  }
}

/** Writes a whole number in digits; those up to 2^53 without making a string. */
export function writeInteger(writer: ArenaWriter, value: number): void {
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
    writer.text(String(value));
    return;
  }
  const high = Math.floor(value / SMALL_INTEGER);
  if (high > 0) writeDigits(writer, high, 1);
  writeDigits(writer, value - high * SMALL_INTEGER, high > 0 ? SMALL_DIGITS : 1);
}

/** @param least how many digits there are at least, with zeros before the others */
function writeDigits(writer: ArenaWriter, value: number, least: number): void {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
  digits = Math.max(digits, least);
  const start = writer.reserve(digits);
  let rest = value;
  for (let at = start + digits - 1; at >= start; at--) {
    const quotient = (rest / 10) | 0;
    writer.arena.bytes[at] = 0x30 + rest - quotient * 10;
    rest = quotient;
  }
  writer.advance(start + digits);
}
