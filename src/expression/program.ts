import type { Arena, Batch, Vector } from '../batch/index.js';
import type { Expression } from './expression.js';

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
  /** The rows where its value is exactly `true`. Null, absent and other values do not match and have not failed. */
  select(arena: Arena, batch: Batch): Selection;
}

/** Compiles an expression to kernels over columns. */
export function compileExpression(expression: Expression): Program {
  throw new Error(`not compiled yet: ${expression.text}`);
}
