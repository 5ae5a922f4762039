import { ArenaWriter, setView, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { copyRow, HARD, type NewTextColumn, newTexts, setError } from './column.js';
import type { Frame } from './frame.js';
import { type Kernel, ValueKernel } from './kernel.js';
import type { Rows } from './rows.js';
import { writeAsText } from './write-text.js';

/** Up to so many digits an int is read digit by digit. */
const EXACT_DIGITS = 15;
const MICROS_PER_SECOND = 1_000_000;

/** A function of one value that kernels know: writes row `row` of `input` as the function's value, or an error. */
type MapRow = (writer: ArenaWriter, input: Vector, out: NewTextColumn, row: number) => void;

/** Calls a function of one argument row by row. */
export class MapKernel extends ValueKernel {
  readonly #name: string;
  readonly #operand: Kernel;

  constructor(name: string, operand: Kernel) {
    super();
    this.#name = name;
    this.#operand = operand;
  }

  static covers(name: string): boolean {
    return Object.hasOwn(MAPS, name);
  }

  evaluate(frame: Frame, rows: Rows): Vector {
    const input = this.#operand.evaluate(frame, rows);
    const map = MAPS[this.#name]!;
    const out = newTexts(frame.arena, frame.batch.rows);
    const missing = `${this.#name} does not take null`;
    const writer = new ArenaWriter(frame.arena);
    writer.begin();
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      const tag = input.tags[row]!;
      if (tag === Tag.ERROR) copyRow(out, input, row);
      else if (tag === Tag.ABSENT || tag === Tag.NULL) setError(out, row, frame.code(missing));
      else map(writer, input, out, row);
    }
    writer.end();
    return out;
  }
}

const MAPS: Readonly<Record<string, MapRow>> = {
  '-'(_writer, input, out, row) {
    const tag = input.tags[row]!;
    if (tag === Tag.INT) setNumber(out, row, Tag.INT, 0 - input.numbers![row]!);
    else if (tag === Tag.DOUBLE) setNumber(out, row, Tag.DOUBLE, -input.numbers![row]!);
    else setError(out, row, HARD);
  },

  string(writer, input, out, row) {
    const tag = input.tags[row]!;
    if (tag === Tag.TEXT) {
      copyRow(out, input, row);
    } else if (tag === Tag.JSON) {
      setError(out, row, HARD);
    } else {
      const start = writer.at;
      writeAsText(writer, input, row);
      finishText(writer, out, row, start);
    }
  },

  int(writer, input, out, row) {
    const tag = input.tags[row]!;
    const value = input.numbers?.[row] ?? Number.NaN;
    if (tag === Tag.INT) setNumber(out, row, Tag.INT, value);
    else if (tag === Tag.DOUBLE && Math.abs(value) < 2 ** 53)
      setNumber(out, row, Tag.INT, Math.trunc(value) + 0);
    else if (tag === Tag.TIMESTAMP) setNumber(out, row, Tag.INT, Math.floor(value / MICROS_PER_SECOND) + 0);
    else if (tag === Tag.TEXT) readInteger(writer, input, out, row);
    else setError(out, row, HARD);
  },

  double(_writer, input, out, row) {
    const tag = input.tags[row]!;
    if (tag === Tag.INT || tag === Tag.DOUBLE) setNumber(out, row, Tag.DOUBLE, input.numbers![row]!);
    else setError(out, row, HARD);
  },

  bool(_writer, input, out, row) {
    if (input.tags[row] === Tag.BOOL) copyRow(out, input, row);
    else setError(out, row, HARD);
  },

  size(writer, input, out, row) {
    if (input.tags[row] !== Tag.TEXT) {
      setError(out, row, HARD);
      return;
    }
    const { bytes } = writer.arena;
    const start = textAddress(input.views!, row);
    const end = start + textLength(input.views!, row);
    let points = 0;
    for (let at = start; at < end; at++) if ((bytes[at]! & 0xc0) !== 0x80) points++;
    setNumber(out, row, Tag.INT, points);
  },

  lowerAscii(writer, input, out, row) {
    changeCase(writer, input, out, row, 0x41);
  },

  upperAscii(writer, input, out, row) {
    changeCase(writer, input, out, row, 0x61);
  },
};

function setNumber(out: NewTextColumn, row: number, tag: Tag, value: number): void {
  out.tags[row] = tag;
  out.numbers[row] = value;
}

function finishText(writer: ArenaWriter, out: NewTextColumn, row: number, start: number): void {
  out.tags[row] = Tag.TEXT;
  setView(writer.arena, out.views, row, start, writer.at - start);
}

/** A text of up to 15 digits as an int. */
function readInteger(writer: ArenaWriter, input: Vector, out: NewTextColumn, row: number): void {
  const { bytes } = writer.arena;
  const start = textAddress(input.views!, row);
  const length = textLength(input.views!, row);
  let value = 0;
  let at = 0;
  for (; at < length && at < EXACT_DIGITS; at++) {
    const digit = bytes[start + at]! - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at === length && length > 0) setNumber(out, row, Tag.INT, value);
  else setError(out, row, HARD);
}

/** Flips the case bit of the 26 letters from `first` on. */
function changeCase(
  writer: ArenaWriter,
  input: Vector,
  out: NewTextColumn,
  row: number,
  first: number,
): void {
  if (input.tags[row] !== Tag.TEXT) {
    setError(out, row, HARD);
    return;
  }
  const { bytes } = writer.arena;
  const from = textAddress(input.views!, row);
  const length = textLength(input.views!, row);
  const start = writer.reserve(length);
  for (let i = 0; i < length; i++) {
    const byte = bytes[from + i]!;
    bytes[start + i] = byte >= first && byte < first + 26 ? byte ^ 0x20 : byte;
  }
  writer.advance(start + length);
  finishText(writer, out, row, start);
}
