import type { FieldKind } from '../batch/index.js';
import type { Expression } from './expression.js';
import { compileRow } from './interpreter.js';
import { parseJson } from './json.js';
import { parseTree } from './parse.js';
import type { RecordScope } from './row-function.js';
import { parseTimestamp } from './time.js';
import { CelMap, Failure, Timestamp, type Value } from './values.js';

/** Whether a record matches, or why that cannot be said. */
export type Verdict = boolean | { readonly failure: string };

/** A condition over single records that exist as JSON: for what few records are asked. */
export type Condition = (json: string) => Verdict;

/**
 * Makes a condition of an expression. Only `true` matches, as in `where`. Where records came from is not known: `meta.`
 * is a failure.
 * @param kinds of the record's fields as far as they are known: JSON has no timestamps
 */
export function compileCondition(
  expression: Expression,
  kinds: ReadonlyMap<string, FieldKind> = new Map(),
): Condition {
  const evaluate = compileRow(parseTree(expression.text).root);
  return (json) => {
    const document = parseJson(json);
    const scope: RecordScope = {
      locals: [],
      field: (name) => fieldOf(document, name, kinds.get(name)),
      meta: () => new Failure('where the record came from is not known here'),
    };
    const value = evaluate(scope);
    return value instanceof Failure ? { failure: value.message } : value === true;
  };
}

function fieldOf(document: Value, name: string, kind: FieldKind | undefined): Value | undefined {
  const value = document instanceof CelMap ? document.get(name) : undefined;
  if (kind === 'double' && typeof value === 'bigint') return Number(value);
  if (kind !== 'timestamp' || typeof value !== 'string') return value;
  const nanos = parseTimestamp(value);
  return nanos === undefined ? value : new Timestamp(nanos);
}
