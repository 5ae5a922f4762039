import type { Vector } from '../../batch/index.js';
import { copyRow, NOT_BOOL, newTexts, setError } from './column.js';
import type { Frame } from './frame.js';
import { Kernel, TestKernel } from './kernel.js';
import {
  type Failures,
  failedRows,
  keepFailures,
  mergeFailures,
  mergeRows,
  type Rows,
  subtractRows,
  type Verdict,
} from './rows.js';

/** A condition whose value must be a bool: other values become errors of `operator`. */
function testBool(kernel: Kernel, frame: Frame, rows: Rows, operator: string): Verdict {
  const verdict = kernel.test(frame, rows);
  const { failures } = verdict;
  if (!failures?.codes.includes(NOT_BOOL)) return verdict;
  const code = frame.code(`${operator} takes bools, found a value that is none`);
  return {
    ...verdict,
    failures: { rows: failures.rows, codes: failures.codes.map((c) => (c === NOT_BOOL ? code : c)) },
  };
}

/** `&&`: the right side is asked only where the left is true or failed. False on either side decides over an error. */
export class AndKernel extends TestKernel {
  readonly #left: Kernel;
  readonly #right: Kernel;

  constructor(left: Kernel, right: Kernel) {
    super();
    this.#left = left;
    this.#right = right;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const left = testBool(this.#left, frame, rows, '&&');
    if (!left.failures) return testBool(this.#right, frame, left, '&&');
    const { arena } = frame;
    const failed = failedRows(arena, left.failures);
    const right = testBool(this.#right, frame, mergeRows(arena, left, failed), '&&');
    const notFalse = mergeRows(arena, right, failedRows(arena, right.failures));
    const kept = keepFailures(left.failures, notFalse);
    const truths = subtractRows(arena, right, failedRows(arena, keepFailures(left.failures, right)));
    return { list: truths.list, count: truths.count, failures: mergeFailures(kept, right.failures) };
  }
}

/** `||`: the right side is asked only where the left is not true. True on either side decides over an error. */
export class OrKernel extends TestKernel {
  readonly #left: Kernel;
  readonly #right: Kernel;

  constructor(left: Kernel, right: Kernel) {
    super();
    this.#left = left;
    this.#right = right;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const { arena } = frame;
    const left = testBool(this.#left, frame, rows, '||');
    const rest = subtractRows(arena, rows, left);
    const right = testBool(this.#right, frame, rest, '||');
    const { list, count } = mergeRows(arena, left, right);
    const undecided = left.failures && keepFailures(left.failures, subtractRows(arena, rest, right));
    return { list, count, failures: mergeFailures(undecided, right.failures) };
  }
}

export class NotKernel extends TestKernel {
  readonly #operand: Kernel;

  constructor(operand: Kernel) {
    super();
    this.#operand = operand;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const { arena } = frame;
    const verdict = testBool(this.#operand, frame, rows, '!');
    const notTrue = subtractRows(arena, rows, verdict);
    const { list, count } = subtractRows(arena, notTrue, failedRows(arena, verdict.failures));
    return { list, count, failures: verdict.failures };
  }
}

/** `?:`: each branch is asked only about its rows. */
export class ConditionalKernel extends Kernel {
  readonly #condition: Kernel;
  readonly #consequent: Kernel;
  readonly #alternative: Kernel;

  constructor(condition: Kernel, consequent: Kernel, alternative: Kernel) {
    super();
    this.#condition = condition;
    this.#consequent = consequent;
    this.#alternative = alternative;
  }

  #split(frame: Frame, rows: Rows): { truths: Rows; others: Rows; failures: Failures | undefined } {
    const { arena } = frame;
    const truths = testBool(this.#condition, frame, rows, '?:');
    const notTrue = subtractRows(arena, rows, truths);
    const others = subtractRows(arena, notTrue, failedRows(arena, truths.failures));
    return { truths, others, failures: truths.failures };
  }

  evaluate(frame: Frame, rows: Rows): Vector {
    return this.#choose(frame, rows, (branch, selected) => branch.evaluate(frame, selected));
  }

  override copy(frame: Frame, rows: Rows): Vector {
    return this.#choose(frame, rows, (branch, selected) => branch.copy(frame, selected));
  }

  #choose(frame: Frame, rows: Rows, valuesOf: (branch: Kernel, rows: Rows) => Vector): Vector {
    const { truths, others, failures } = this.#split(frame, rows);
    const column = newTexts(frame.arena, frame.batch.rows);
    const choices = [
      [this.#consequent, truths],
      [this.#alternative, others],
    ] as const;
    for (const [branch, selected] of choices) {
      if (selected.count === 0) continue;
      const values = valuesOf(branch, selected);
      for (let i = 0; i < selected.count; i++) copyRow(column, values, selected.list[i]!);
    }
    for (let i = 0; failures && i < failures.rows.length; i++)
      setError(column, failures.rows[i]!, failures.codes[i]!);
    return column;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const { arena } = frame;
    const { truths, others, failures } = this.#split(frame, rows);
    const left = this.#consequent.test(frame, truths);
    const right = this.#alternative.test(frame, others);
    const { list, count } = mergeRows(arena, left, right);
    return { list, count, failures: mergeFailures(mergeFailures(left.failures, right.failures), failures) };
  }
}
