import { type Arena, type Batch, Tag, type Vector } from '../batch/index.js';
import type { Expression } from './expression.js';
import { compileRow } from './interpreter.js';
import { HARD, NOT_BOOL } from './kernels/column.js';
import { compileKernel } from './kernels/compile.js';
import { Frame } from './kernels/frame.js';
import type { Kernel } from './kernels/kernel.js';
import { mergeRows, type Rows } from './kernels/rows.js';
import { parseTree } from './parse.js';
import { BatchRecord } from './record.js';
import type { RowFunction } from './row-function.js';
import type { Node } from './tree.js';
import { Failure } from './values.js';
import { writeValues } from './write-values.js';

/** The rows of a batch for which a condition is true, ascending. */
export interface Selection {
  /** In the arena; the first `count` are valid. */
  readonly rows: Int32Array;
  readonly count: number;
  /** How many rows did not match because the condition could not be evaluated for them. */
  readonly failed: number;
}

/** An expression or template made ready for one thread. It keeps no state from batch to batch. */
export interface Program {
  /**
   * Its value for each of the batch's rows. Rows for which it cannot be evaluated are tagged ERROR. A field that is
   * only copied keeps its tags (JSON stays the same bytes, absent stays absent).
   */
  evaluate(arena: Arena, batch: Batch): Vector;
  /**
   * The rows where its value is exactly `true`. Null, absent and other values do not match and have not failed.
   * @param among the rows that it is asked about, ascending; without it all
   */
  select(arena: Arena, batch: Batch, among?: Rows): Selection;
}

/** Compiles an expression to kernels over columns. */
export function compileExpression(expression: Expression): Program {
  return compileTree(parseTree(expression.text).root);
}

/** Compiles a checked tree. */
export function compileTree(root: Node): Program {
  return new KernelProgram(compileKernel(root), compileRow(root));
}

/** Kernels first; the rows that they leave are evaluated by the interpreter. */
class KernelProgram implements Program {
  readonly #kernel: Kernel;
  readonly #interpret: RowFunction;

  constructor(kernel: Kernel, interpret: RowFunction) {
    this.#kernel = kernel;
    this.#interpret = interpret;
  }

  evaluate(arena: Arena, batch: Batch): Vector {
    const frame = new Frame(arena, batch);
    const vector = this.#kernel.copy(frame, frame.rows);
    const hasErrors =
      vector.uniform === undefined ? vector.tags.includes(Tag.ERROR) : vector.uniform === Tag.ERROR;
    if (!hasErrors) return vector;
    const hard: number[] = [];
    for (let row = 0; row < batch.rows; row++) {
      if (vector.tags[row] === Tag.ERROR && vector.numbers![row] === HARD) hard.push(row);
    }
    const settled = hard.length === 0 ? vector : this.#interpretRows(frame, vector, hard);
    return { ...settled, errors: frame.messages };
  }

  #interpretRows(frame: Frame, vector: Vector, rows: readonly number[]): Vector {
    const record = new BatchRecord(frame);
    return writeValues(frame, vector, rows, (row) => {
      record.row = row;
      return this.#interpret(record);
    });
  }

  select(arena: Arena, batch: Batch, among?: Rows): Selection {
    const frame = new Frame(arena, batch);
    const verdict = this.#kernel.test(frame, among ?? frame.rows);
    if (!verdict.failures) return { rows: verdict.list, count: verdict.count, failed: 0 };
    return this.#settle(frame, verdict, verdict.failures.rows, verdict.failures.codes);
  }

  #settle(frame: Frame, known: Rows, rows: readonly number[], codes: readonly number[]): Selection {
    const record = new BatchRecord(frame);
    const list = frame.arena.int32(rows.length);
    let count = 0;
    let failed = 0;
    for (let i = 0; i < rows.length; i++) {
      if (codes[i] === HARD) {
        record.row = rows[i]!;
        const value = this.#interpret(record);
        if (value === true) list[count++] = record.row;
        else if (value instanceof Failure) failed++;
      } else if (codes[i] !== NOT_BOOL) {
        failed++;
      }
    }
    const merged: Rows = mergeRows(frame.arena, known, { list, count });
    return { rows: merged.list, count: merged.count, failed };
  }
}
