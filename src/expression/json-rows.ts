import { type Arena, Tag, textAt, type Vector } from '../batch/index.js';
import { formatJson } from './json.js';
import { valueAt } from './record.js';
import { Failure } from './values.js';

/** A row as JSON text, absent as `null`; what is JSON, or a number beyond 2^53, as it stands. A row that failed gives why. */
export function jsonOfRow(arena: Arena, vector: Vector, row: number): string | { readonly failure: string } {
  const tag = vector.tags[row];
  if (tag === Tag.JSON || tag === Tag.BIGINT) return textAt(arena, vector, row);
  const value = valueAt(arena, vector, row) ?? null;
  return value instanceof Failure ? { failure: value.message } : formatJson(value);
}
