import { murmur3 } from '../../base/hash.js';
import { type Arena, ArenaWriter, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { writePlain } from '../../formats/index.js';
import { CELL_WORDS, ROW_WORDS, type SharedTable, SLOT_WORDS, TableParts } from './table.js';

const INLINE_BYTES = 12;
const UNKNOWN = -1;

/** One version of a table, as a thread joins records with it. */
export class TableJoin {
  readonly #parts: TableParts;
  readonly #mask: number;
  readonly #rows: number;
  /** Where the texts of a row lie in the arena, which is so since the batch of that number. */
  readonly #addresses: Int32Array;
  readonly #copiedIn: Int32Array;
  #batch = 0;

  constructor({ buffer, slots, rows, uniform }: SharedTable) {
    this.#parts = new TableParts(buffer, slots, rows, uniform.length);
    this.#mask = slots - 1;
    this.#rows = rows;
    this.#addresses = new Int32Array(rows);
    this.#copiedIn = new Int32Array(rows);
  }

  /** Writes to `found` the table's row for each key, or -1. Returns how many have one. */
  find(arena: Arena, keys: Vector, found: Int32Array): number {
    const writer = new ArenaWriter(arena);
    const { bytes } = arena;
    let known = 0;
    for (let row = 0; row < keys.length; row++) {
      let start: number;
      let end: number;
      if ((keys.uniform ?? keys.tags[row]) === Tag.TEXT) {
        start = textAddress(keys.views!, row);
        end = start + textLength(keys.views!, row);
      } else {
        // Written to free memory that nobody keeps: the next row writes to the same place.
        writer.begin();
        writePlain(writer, keys, row);
        end = writer.at;
        start = end - writer.length;
      }
      const match = start === end ? UNKNOWN : this.#rowOf(bytes, start, end);
      found[row] = match;
      if (match !== UNKNOWN) known++;
    }
    return known;
  }

  #rowOf(bytes: Uint8Array, start: number, end: number): number {
    const { slots, rows, texts } = this.#parts;
    const hash = murmur3(bytes, start, end, 0) | 0;
    const length = end - start;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const row = slots[slot * SLOT_WORDS + 1]! - 1;
      if (row < 0) return UNKNOWN;
      if (slots[slot * SLOT_WORDS] !== hash) continue;
      const key = rows[row * ROW_WORDS]!;
      if (rows[row * ROW_WORDS + 1]! - key !== length) continue;
      let at = 0;
      while (at < length && texts[key + at] === bytes[start + at]) at++;
      if (at === length) return row;
    }
  }

  /** Copies the texts of the rows that were found into the arena, each row's once. */
  copyTexts(arena: Arena, found: Int32Array): void {
    const { rows, texts } = this.#parts;
    const { bytes } = arena;
    const batch = ++this.#batch;
    for (const row of found) {
      if (row === UNKNOWN || this.#copiedIn[row] === batch) continue;
      this.#copiedIn[row] = batch;
      const start = rows[row * ROW_WORDS + 1]!;
      const end = rows[row * ROW_WORDS + 2]!;
      if (end === start) continue;
      const address = arena.allocate(end - start);
      this.#addresses[row] = address;
      // Texts are short as a rule: a loop costs less than two views of them.
      for (let at = start; at < end; at++) bytes[address + at - start] = texts[at]!;
    }
  }

  /** The cells of a column for the rows that were found; absent where there is none. */
  column(arena: Arena, column: number, found: Int32Array): Vector {
    const { length } = found;
    const tags = arena.uint8(length);
    const numbers = arena.float64(length);
    const views = arena.int32(length * 4);
    const parts = this.#parts;
    const first = column * this.#rows;
    for (let row = 0; row < length; row++) {
      const match = found[row]!;
      const tag = match === UNKNOWN ? Tag.ABSENT : (parts.tags[first + match] as Tag);
      tags[row] = tag;
      if (tag === Tag.ABSENT) continue;
      const cell = (first + match) * CELL_WORDS;
      numbers[row] = parts.numbers[(cell >> 1) + 1]!;
      const at = row * 4;
      views[at] = parts.cells[cell]!;
      views[at + 1] = parts.cells[cell + 1]!;
      views[at + 2] = parts.cells[cell + 2]!;
      views[at + 3] = parts.cells[cell + 3]!;
      const isLong = tag !== Tag.INT && views[at]! > INLINE_BYTES;
      if (isLong) views[at + 3]! += this.#addresses[match]! - parts.rows[match * ROW_WORDS + 1]!;
    }
    return { length, tags, uniform: undefined, numbers, views };
  }
}
