import { Tag, textAddress, type Vector } from '../../batch/index.js';
import { mismatchMessage } from '../arithmetic.js';
import type { ComparisonOperator } from '../tree.js';
import { HARD } from './column.js';
import { typeNameOf } from './compare.js';
import type { Frame } from './frame.js';
import { type Kernel, TestKernel } from './kernel.js';
import { addFailure, type Failures, type Rows, type Verdict } from './rows.js';

const MINUS = 0x2d;

/** The double after `value`, towards infinity. */
function nextUp(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.NaN;
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = bits[0]! + (value > 0 ? 1n : -1n);
  return new Float64Array(bits.buffer)[0]!;
}

/** The closed range in which `x operator constant` holds: with it every comparison is the same loop. */
function rangeOf(operator: Exclude<ComparisonOperator, '!='>, constant: number): [low: number, high: number] {
  switch (operator) {
    case '==':
      return [constant, constant];
    case '>=':
      return [constant, Number.POSITIVE_INFINITY];
    case '>':
      return [nextUp(constant), Number.POSITIVE_INFINITY];
    case '<=':
      return [Number.NEGATIVE_INFINITY, constant];
    case '<':
      return [Number.NEGATIVE_INFINITY, -nextUp(-constant)];
  }
}

/** Compares a column with a number or a timestamp (in microseconds). */
export class RangeKernel extends TestKernel {
  readonly #operator: Exclude<ComparisonOperator, '!='>;
  readonly #operand: Kernel;
  readonly #constant: number;
  readonly #isTimestamp: boolean;

  constructor(
    operator: Exclude<ComparisonOperator, '!='>,
    operand: Kernel,
    constant: number,
    isTimestamp: boolean,
  ) {
    super();
    this.#operator = operator;
    this.#operand = operand;
    this.#constant = constant;
    this.#isTimestamp = isTimestamp;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const vector = this.#operand.evaluate(frame, rows);
    const [low, high] = rangeOf(this.#operator, this.#constant);
    const list = frame.arena.int32(rows.count);
    if (vector.uniform !== undefined && this.#takes(vector.uniform)) {
      return { list, count: selectRange(frame, vector.numbers!, low, high, rows, list), failures: undefined };
    }
    return this.#testMixed(frame, vector, rows, list);
  }

  #takes(tag: number): boolean {
    return this.#isTimestamp ? tag === Tag.TIMESTAMP : tag === Tag.INT || tag === Tag.DOUBLE;
  }

  #testMixed(frame: Frame, vector: Vector, rows: Rows, list: Int32Array): Verdict {
    const [low, high] = rangeOf(this.#operator, this.#constant);
    const { tags, numbers } = vector;
    const first = this.#isTimestamp ? Tag.TIMESTAMP : Tag.INT;
    const second = this.#isTimestamp ? Tag.TIMESTAMP : Tag.DOUBLE;
    let count = 0;
    let failures: Failures | undefined;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      const tag = tags[row]!;
      if (tag === first || tag === second) {
        const value = numbers![row]!;
        list[count] = row;
        count += value >= low && value <= high ? 1 : 0;
      } else if (tag !== Tag.ABSENT && tag !== Tag.NULL) {
        const outcome = this.#other(frame, vector, row, tag);
        if (outcome === true) list[count++] = row;
        else if (outcome !== false) failures = addFailure(failures, row, outcome);
      }
    }
    return { list, count, failures };
  }

  /** A value of another type: whether the comparison holds, or the code of its error. */
  #other(frame: Frame, vector: Vector, row: number, tag: number): boolean | number {
    if (tag === Tag.ERROR) return vector.numbers![row]!;
    if (tag === Tag.BIGINT && !this.#isTimestamp) {
      if (Math.abs(this.#constant) > 2 ** 53) return HARD;
      // Its size is beyond that of the constant, so its sign alone decides.
      const isNegative = frame.arena.bytes[textAddress(vector.views!, row)] === MINUS;
      return isNegative ? this.#operator.startsWith('<') : this.#operator.startsWith('>');
    }
    if (this.#operator === '==') return false;
    const type = this.#isTimestamp ? 'timestamp' : 'a number';
    return frame.code(mismatchMessage(this.#operator, typeNameOf(tag), type));
  }
}

/** Writes the rows whose number is in [low, high] to `list`. Returns how many. */
function selectRange(
  { arena, rows: all }: Frame,
  numbers: Float64Array,
  low: number,
  high: number,
  rows: Rows,
  list: Int32Array,
): number {
  if (rows === all && numbers.buffer === arena.memory.buffer) {
    return arena.kernels.selectRange(numbers.byteOffset, rows.count, low, high, list.byteOffset);
  }
  const from = rows.list;
  const end = rows.count;
  let count = 0;
  for (let i = 0; i < end; i++) {
    const row = from[i]!;
    const value = numbers[row]!;
    list[count] = row;
    count += value >= low && value <= high ? 1 : 0;
  }
  return count;
}
