import { type Arena, Tag, type Vector } from '../../batch/index.js';

/** The code of rows that only the interpreter can evaluate. */
export const HARD = 0;
/** The code of rows whose value is no bool where one is needed. */
export const NOT_BOOL = 1;

/** A column that a kernel fills; its rows are undefined before. */
export interface NewColumn extends Vector {
  readonly uniform: undefined;
  readonly numbers: Float64Array;
}

export interface NewTextColumn extends NewColumn {
  readonly views: Int32Array;
}

export function newNumbers(arena: Arena, length: number): NewColumn {
  return {
    length,
    tags: arena.uint8(length),
    uniform: undefined,
    numbers: arena.float64(length),
    views: undefined,
  };
}

export function newTexts(arena: Arena, length: number): NewTextColumn {
  return {
    length,
    tags: arena.uint8(length),
    uniform: undefined,
    numbers: arena.float64(length),
    views: arena.int32(length * 4),
  };
}

/** Makes row `row` the error that `code` stands for. */
export function setError(column: NewColumn, row: number, code: number): void {
  column.tags[row] = Tag.ERROR;
  column.numbers[row] = code;
}

/** Copies one row's value. */
export function copyRow(to: NewTextColumn, from: Vector, row: number): void {
  to.tags[row] = from.tags[row]!;
  if (from.numbers) to.numbers[row] = from.numbers[row]!;
  if (from.views) {
    const at = row * 4;
    to.views[at] = from.views[at]!;
    to.views[at + 1] = from.views[at + 1]!;
    to.views[at + 2] = from.views[at + 2]!;
    to.views[at + 3] = from.views[at + 3]!;
  }
}
