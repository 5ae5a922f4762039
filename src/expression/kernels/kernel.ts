import { Tag, type Vector } from '../../batch/index.js';
import { HARD, NOT_BOOL } from './column.js';
import type { Frame } from './frame.js';
import { addFailure, type Failures, type Rows, type Verdict } from './rows.js';

/**
 * A node of a compiled expression. It works on whole columns, but only on the rows that it is asked about: `&&`, `||`
 * and `?:` ask their right side only about the rows still undecided. Values of other rows are undefined. A row that
 * a kernel cannot handle (exact 64-bit arithmetic, lists, regular expressions …) fails with the code HARD; the
 * program then evaluates the whole expression for that row with the row interpreter.
 */
export abstract class Kernel {
  /**
   * The values, with tags that say what they are: JSON only for objects and arrays. As long as the batch. Errors
   * carry codes of the frame.
   */
  abstract evaluate(frame: Frame, rows: Rows): Vector;

  /** The rows where the value is true. A value that is neither bool nor error fails with the code NOT_BOOL. */
  abstract test(frame: Frame, rows: Rows): Verdict;

  /** The values for copying: a field's JSON stays as it is. */
  copy(frame: Frame, rows: Rows): Vector {
    return this.evaluate(frame, rows);
  }
}

/** A kernel that gives values. */
export abstract class ValueKernel extends Kernel {
  test(frame: Frame, rows: Rows): Verdict {
    const { tags, numbers } = this.evaluate(frame, rows);
    const list = frame.arena.int32(rows.count);
    let count = 0;
    let failures: Failures | undefined;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      if (tags[row] === Tag.BOOL) {
        list[count] = row;
        count += numbers![row]!;
      } else {
        failures = addFailure(failures, row, tags[row] === Tag.ERROR ? numbers![row]! : NOT_BOOL);
      }
    }
    return { list, count, failures };
  }
}

/** A kernel that gives bools, and knows how to give only the rows where they are true. */
export abstract class TestKernel extends Kernel {
  evaluate(frame: Frame, rows: Rows): Vector {
    const verdict = this.test(frame, rows);
    const { arena } = frame;
    const length = frame.batch.rows;
    const tags = arena.uint8(length).fill(Tag.BOOL);
    const numbers = arena.float64(length).fill(0);
    for (let i = 0; i < verdict.count; i++) numbers[verdict.list[i]!] = 1;
    const { failures } = verdict;
    for (let i = 0; failures && i < failures.rows.length; i++) {
      tags[failures.rows[i]!] = Tag.ERROR;
      numbers[failures.rows[i]!] = failures.codes[i]!;
    }
    const uniform = failures ? undefined : Tag.BOOL;
    return { length, tags, uniform, numbers, views: undefined };
  }
}

/** What no kernel handles: every row is left to the interpreter. */
export class HardKernel extends Kernel {
  evaluate(frame: Frame): Vector {
    const length = frame.batch.rows;
    const tags = frame.arena.uint8(length).fill(Tag.ERROR);
    const numbers = frame.arena.float64(length).fill(HARD);
    return { length, tags, uniform: Tag.ERROR, numbers, views: undefined };
  }

  test(_frame: Frame, rows: Rows): Verdict {
    const failed = Array.from(rows.list.subarray(0, rows.count));
    return { list: rows.list, count: 0, failures: { rows: failed, codes: failed.map(() => HARD) } };
  }
}
