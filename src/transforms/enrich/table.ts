import type { Tag } from '../../batch/index.js';

/** Bytes of a cell: a view as vectors have it, or a number in its last eight bytes. */
export const CELL_WORDS = 4;
/** A slot of the hash table: a key's hash and its row plus one; 0 where the slot is free. */
export const SLOT_WORDS = 2;

/**
 * A table that threads share. Everything lies in one buffer: slots, then for each row where its key and its texts lie (three
 * words: the key's start, its end, the end of all), then tags and cells, column after column, then the texts. A cell is a Utf8View
 * whose address is a position among the texts; a number's last two words are its bits.
 */
export interface SharedTable {
  readonly buffer: SharedArrayBuffer;
  readonly rows: number;
  /** The number of slots, a power of two. */
  readonly slots: number;
  /** The tag of all cells of each column, where they agree. */
  readonly uniform: readonly (Tag | undefined)[];
}

export const ROW_WORDS = 3;

/** The parts of a table's buffer. */
export class TableParts {
  readonly slots: Int32Array;
  readonly rows: Int32Array;
  readonly cells: Int32Array;
  readonly numbers: Float64Array;
  readonly tags: Uint8Array;
  readonly texts: Uint8Array;

  constructor(buffer: SharedArrayBuffer, slots: number, rows: number, columns: number) {
    const cellsAt = align(slots * SLOT_WORDS * 4 + rows * ROW_WORDS * 4);
    const cellBytes = columns * rows * CELL_WORDS * 4;
    this.slots = new Int32Array(buffer, 0, slots * SLOT_WORDS);
    this.rows = new Int32Array(buffer, slots * SLOT_WORDS * 4, rows * ROW_WORDS);
    this.cells = new Int32Array(buffer, cellsAt, columns * rows * CELL_WORDS);
    this.numbers = new Float64Array(buffer, cellsAt, columns * rows * 2);
    this.tags = new Uint8Array(buffer, cellsAt + cellBytes, columns * rows);
    this.texts = new Uint8Array(buffer, cellsAt + cellBytes + columns * rows);
  }

  static byteLength(slots: number, rows: number, columns: number, textBytes: number): number {
    const cellsAt = align(slots * SLOT_WORDS * 4 + rows * ROW_WORDS * 4);
    return cellsAt + columns * rows * (CELL_WORDS * 4 + 1) + textBytes;
  }
}

function align(bytes: number): number {
  return (bytes + 15) & ~15;
}
