import type { Arena } from '../../batch/index.js';

/** Some rows of a batch, ascending: the first `count` of `list`, which lies in the arena. */
export interface Rows {
  readonly list: Int32Array;
  readonly count: number;
}

/** Rows that failed, ascending, and for each the code of its message in the frame. */
export interface Failures {
  readonly rows: number[];
  readonly codes: number[];
}

/** The rows for which a condition is true, and those for which it could not be told. For all others it is false. */
export interface Verdict extends Rows {
  readonly failures: Failures | undefined;
}

function newFailures(): Failures {
  return { rows: [], codes: [] };
}

export function addFailure(failures: Failures | undefined, row: number, code: number): Failures {
  const list = failures ?? newFailures();
  list.rows.push(row);
  list.codes.push(code);
  return list;
}

/** All rows of a batch. */
export function allRows(arena: Arena, count: number): Rows {
  const list = arena.int32(count);
  arena.kernels.countUp(list.byteOffset, count);
  return { list, count };
}

/** The rows that are in `a` or in `b`, which have none in common. */
export function mergeRows(arena: Arena, a: Rows, b: Rows): Rows {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const list = arena.int32(count);
  arena.kernels.mergeRows(a.list.byteOffset, a.count, b.list.byteOffset, b.count, list.byteOffset);
  return { list, count };
}

/** The rows of `a` that are not in `b`, all of whose rows are in `a`. */
export function subtractRows(arena: Arena, a: Rows, b: Rows): Rows {
  if (b.count === 0) return a;
  const list = arena.int32(a.count);
  const { subtractRows: subtract } = arena.kernels;
  const count = subtract(a.list.byteOffset, a.count, b.list.byteOffset, b.count, list.byteOffset);
  return { list, count };
}

/** The failed rows as rows. */
export function failedRows(arena: Arena, failures: Failures | undefined): Rows {
  const count = failures?.rows.length ?? 0;
  const list = arena.int32(count);
  if (failures) list.set(failures.rows);
  return { list, count };
}

/** The failures of rows that `keep` has; both are ascending. */
export function keepFailures(failures: Failures, keep: Rows): Failures {
  const kept = newFailures();
  let at = 0;
  for (let i = 0; i < failures.rows.length; i++) {
    const row = failures.rows[i]!;
    while (at < keep.count && keep.list[at]! < row) at++;
    if (at < keep.count && keep.list[at] === row) addFailure(kept, row, failures.codes[i]!);
  }
  return kept;
}

/**
 * Both failures, ascending. For a row that is in both, code 0 (only the interpreter knows) stands over any message,
 * otherwise the one of `a` stays.
 */
export function mergeFailures(a: Failures | undefined, b: Failures | undefined): Failures | undefined {
  if (!a || a.rows.length === 0) return b;
  if (!b || b.rows.length === 0) return a;
  const merged = newFailures();
  let left = 0;
  let right = 0;
  while (left < a.rows.length || right < b.rows.length) {
    const leftRow = a.rows[left] ?? Number.POSITIVE_INFINITY;
    const rightRow = b.rows[right] ?? Number.POSITIVE_INFINITY;
    if (leftRow < rightRow) addFailure(merged, leftRow, a.codes[left++]!);
    else if (rightRow < leftRow) addFailure(merged, rightRow, b.codes[right++]!);
    else
      addFailure(
        merged,
        leftRow,
        Math.min(a.codes[left++]!, b.codes[right++]!) === 0 ? 0 : a.codes[left - 1]!,
      );
  }
  return merged;
}
