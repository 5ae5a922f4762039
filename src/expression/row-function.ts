import type { MetaName } from './tree.js';
import type { Value } from './values.js';

/** One record, as the row interpreter sees it. */
export interface RecordScope {
  /** The value of a field, undefined where the record has no such field. */
  field(name: string): Value | undefined;
  meta(name: MetaName): Value;
  /** The variables of macros, by slot. */
  readonly locals: Value[];
}

/** A node made ready to be evaluated for single records. */
export type RowFunction = (scope: RecordScope) => Value;
