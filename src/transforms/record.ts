import { type Arena, type Batch, type Document, gatherRows, Tag, type Vector } from '../batch/index.js';
import type { Emit } from '../component/index.js';

/** The code of records for which an expression or template could not be evaluated. */
export const EXPRESSION_FAILED = 'expression_failed';

/** The batch with the field `name` of this value, in the place of the column that it replaces or at the end. */
export function withField(batch: Batch, name: string, vector: Vector): Batch {
  const columns = new Map(batch.columns).set(name, vector);
  return { ...batch, columns, document: withHidden(batch.document, [name]), untouched: undefined };
}

/** The batch without these fields. */
export function withoutFields(batch: Batch, names: readonly string[]): Batch {
  const columns = new Map(batch.columns);
  for (const name of names) columns.delete(name);
  return { ...batch, columns, document: withHidden(batch.document, names), untouched: undefined };
}

/** The document without these members. */
export function withHidden(document: Document | undefined, names: Iterable<string>): Document | undefined {
  if (!document) return undefined;
  const hidden = new Set(document.hidden);
  const members = new Map(document.members);
  for (const name of names) {
    hidden.add(name);
    members.delete(name);
  }
  return { vector: document.vector, hidden, members };
}

/** The first vector, and the second where the first is ABSENT. */
export function coalesce(arena: Arena, first: Vector, second: Vector | undefined): Vector {
  if (!second || (first.uniform !== undefined && first.uniform !== Tag.ABSENT)) return first;
  if (first.uniform === Tag.ABSENT) return second;
  const { length } = first;
  const tags = arena.uint8(length);
  const numbers = first.numbers || second.numbers ? arena.float64(length) : undefined;
  const views = first.views || second.views ? arena.int32(length * 4) : undefined;
  for (let row = 0; row < length; row++) {
    const from = first.tags[row] === Tag.ABSENT ? second : first;
    tags[row] = from.uniform ?? from.tags[row]!;
    if (numbers && from.numbers) numbers[row] = from.numbers[row]!;
    if (!views || !from.views) continue;
    const at = row * 4;
    for (let word = at; word < at + 4; word++) views[word] = from.views[word]!;
  }
  return { length, tags, uniform: undefined, numbers, views };
}

/** Fails the rows of which `vector` could not be computed. Returns the batch of the others, the same when these are all. */
export function withoutErrors(batch: Batch, vector: Vector, emit: Emit, what: string): Batch {
  if (vector.uniform !== undefined && vector.uniform !== Tag.ERROR) return batch;
  const rows = emit.arena.int32(batch.rows);
  let count = 0;
  for (let row = 0; row < batch.rows; row++) {
    if ((vector.uniform ?? vector.tags[row]) !== Tag.ERROR) rows[count++] = row;
    else emit.fail(batch, row, EXPRESSION_FAILED, `${what}: ${errorAt(vector, row)}`);
  }
  return count === batch.rows ? batch : gatherRows(emit.arena, batch, rows, count);
}

/** Why the row has no value. */
export function errorAt(vector: Vector, row: number): string {
  return vector.errors?.[vector.numbers?.[row] ?? -1] ?? 'it cannot be evaluated';
}
