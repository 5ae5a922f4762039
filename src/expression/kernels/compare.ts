import { type Arena, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { mismatchMessage } from '../arithmetic.js';
import type { ComparisonOperator } from '../tree.js';
import { HARD } from './column.js';
import type { Frame } from './frame.js';
import { type Kernel, TestKernel } from './kernel.js';
import { addFailure, type Failures, type Rows, type Verdict } from './rows.js';

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [Tag.ABSENT]: 'null',
  [Tag.NULL]: 'null',
  [Tag.BOOL]: 'bool',
  [Tag.INT]: 'int',
  [Tag.BIGINT]: 'int',
  [Tag.DOUBLE]: 'double',
  [Tag.TEXT]: 'string',
  [Tag.TIMESTAMP]: 'timestamp',
  [Tag.JSON]: 'list or map',
};

/** The name of the type that a tag stands for, for messages. */
export function typeNameOf(tag: number): string {
  return TYPE_NAMES[tag] ?? 'error';
}

/** What a comparison of two rows comes to, where it is no order. */
/** Of types that have an order, but neither less, equal nor greater: NaN. */
const UNORDERED = 2;
const NULL_AND_VALUE = 3;
const NULLS = 4;
const MISMATCH = 5;
const LEFT_ERROR = 6;
const RIGHT_ERROR = 7;
const TOO_HARD = 8;

/** Compares any two columns. */
export class CompareKernel extends TestKernel {
  readonly #operator: ComparisonOperator;
  readonly #left: Kernel;
  readonly #right: Kernel;

  constructor(operator: Exclude<ComparisonOperator, '!='>, left: Kernel, right: Kernel) {
    super();
    this.#operator = operator;
    this.#left = left;
    this.#right = right;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const left = this.#left.evaluate(frame, rows);
    const right = this.#right.evaluate(frame, rows);
    const list = frame.arena.int32(rows.count);
    let count = 0;
    let failures: Failures | undefined;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      const outcome = compareRow(frame.arena, left, right, row);
      if (outcome >= LEFT_ERROR || (outcome === MISMATCH && this.#operator !== '==')) {
        failures = addFailure(failures, row, this.#code(frame, outcome, left, right, row));
      } else if (holds(this.#operator, outcome)) {
        list[count++] = row;
      }
    }
    return { list, count, failures };
  }

  #code(frame: Frame, outcome: number, left: Vector, right: Vector, row: number): number {
    if (outcome === LEFT_ERROR) return left.numbers![row]!;
    if (outcome === RIGHT_ERROR) return right.numbers![row]!;
    if (outcome === TOO_HARD) return HARD;
    const types = [typeNameOf(left.tags[row]!), typeNameOf(right.tags[row]!)] as const;
    return frame.code(mismatchMessage(this.#operator, ...types));
  }
}

function holds(operator: ComparisonOperator, outcome: number): boolean {
  switch (operator) {
    case '<':
      return outcome === -1;
    case '<=':
      return outcome === -1 || outcome === 0;
    case '>':
      return outcome === 1;
    case '>=':
      return outcome === 1 || outcome === 0;
    default:
      return outcome === 0 || outcome === NULLS;
  }
}

/** -1, 0, 1 or one of the outcomes above. Null is equal to null and absence, and has no order. */
function compareRow(arena: Arena, left: Vector, right: Vector, row: number): number {
  const a = left.tags[row]!;
  const b = right.tags[row]!;
  if (a === Tag.ERROR) return LEFT_ERROR;
  if (b === Tag.ERROR) return RIGHT_ERROR;
  if (isNull(a) || isNull(b)) return isNull(a) && isNull(b) ? NULLS : NULL_AND_VALUE;
  if (isNumber(a) ? isNumber(b) : a === b && (a === Tag.BOOL || a === Tag.TIMESTAMP)) {
    return compareNumbers(left.numbers![row]!, right.numbers![row]!);
  }
  if (a === Tag.TEXT && b === Tag.TEXT) return compareTexts(arena, left.views!, right.views!, row);
  const isHard = a === Tag.BIGINT || b === Tag.BIGINT || (a === Tag.JSON && b === Tag.JSON);
  return isHard ? TOO_HARD : MISMATCH;
}

function isNull(tag: number): boolean {
  return tag === Tag.NULL || tag === Tag.ABSENT;
}

function isNumber(tag: number): boolean {
  return tag === Tag.INT || tag === Tag.DOUBLE;
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : UNORDERED;
}

function compareTexts(arena: Arena, left: Int32Array, right: Int32Array, row: number): number {
  const { bytes } = arena;
  const a = textAddress(left, row);
  const b = textAddress(right, row);
  const aLength = textLength(left, row);
  const bLength = textLength(right, row);
  const end = Math.min(aLength, bLength);
  for (let i = 0; i < end; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!;
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return compareNumbers(aLength, bLength);
}
