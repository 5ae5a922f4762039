import {
  type Arena,
  ArenaWriter,
  setView,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import { mismatchMessage } from '../arithmetic.js';
import type { ArithmeticOperator } from '../tree.js';
import { HARD, type NewTextColumn, newNumbers, newTexts, setError } from './column.js';
import { typeNameOf } from './compare.js';
import type { Frame } from './frame.js';
import { type Kernel, ValueKernel } from './kernel.js';
import type { Rows } from './rows.js';

/** Below this size a result is exact: a rounded one would be at least as large. */
const EXACT = 2 ** 53;

/** `+ - * / %` on ints and doubles, and `+` on texts. What does not stay below 2^53 is left to the interpreter. */
export class ArithmeticKernel extends ValueKernel {
  readonly #operator: ArithmeticOperator;
  readonly #left: Kernel;
  readonly #right: Kernel;

  constructor(operator: ArithmeticOperator, left: Kernel, right: Kernel) {
    super();
    this.#operator = operator;
    this.#left = left;
    this.#right = right;
  }

  evaluate(frame: Frame, rows: Rows): Vector {
    const left = this.#left.evaluate(frame, rows);
    const right = this.#right.evaluate(frame, rows);
    const { arena } = frame;
    const isText = this.#operator === '+' && left.views !== undefined && right.views !== undefined;
    const column = isText ? newTexts(arena, frame.batch.rows) : newNumbers(arena, frame.batch.rows);
    const texts = arena.int32(isText ? rows.count : 0);
    let textCount = 0;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      const a = left.tags[row]!;
      const b = right.tags[row]!;
      if (a === b && (a === Tag.INT || a === Tag.DOUBLE)) {
        column.tags[row] = a;
        const value = calculate(this.#operator, left.numbers![row]!, right.numbers![row]!, a === Tag.INT);
        if (a === Tag.INT ? Math.abs(value) < EXACT : this.#operator !== '%') column.numbers[row] = value;
        else setError(column, row, HARD);
      } else if (a === Tag.TEXT && b === Tag.TEXT && isText) {
        texts[textCount++] = row;
      } else {
        setError(column, row, this.#error(frame, left, right, row));
      }
    }
    if (textCount > 0)
      concatenate(arena, left, right, { list: texts, count: textCount }, column as NewTextColumn);
    return column;
  }

  /** Nulls and texts fail here, since they are frequent; other types may yet have a meaning. */
  #error(frame: Frame, left: Vector, right: Vector, row: number): number {
    const a = left.tags[row]!;
    const b = right.tags[row]!;
    if (a === Tag.ERROR) return left.numbers![row]!;
    if (b === Tag.ERROR) return right.numbers![row]!;
    if (!isPlain(a) || !isPlain(b)) return HARD;
    return frame.code(mismatchMessage(this.#operator, typeNameOf(a), typeNameOf(b)));
  }
}

function isPlain(tag: number): boolean {
  return tag <= Tag.TEXT;
}

/** NaN for ints that cannot be divided, so that they are no exact result. */
function calculate(operator: ArithmeticOperator, a: number, b: number, isInteger: boolean): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return isInteger ? a * b + 0 : a * b;
    case '/':
      // The quotient of a multiple is exact, a rounded one might be the next integer.
      return isInteger ? (a - (a % b)) / b + 0 : a / b;
    case '%':
      return (a % b) + 0;
  }
}

/** Writes the texts of both columns, one after the other, for the rows of `rows`. */
function concatenate(arena: Arena, left: Vector, right: Vector, rows: Rows, column: NewTextColumn): void {
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let i = 0; i < rows.count; i++) {
    const row = rows.list[i]!;
    const start = writer.at;
    writer.copy(textAddress(left.views!, row), textLength(left.views!, row));
    writer.copy(textAddress(right.views!, row), textLength(right.views!, row));
    column.tags[row] = Tag.TEXT;
    setView(arena, column.views, row, start, writer.at - start);
  }
  writer.end();
}
