import type { FieldKind } from '../batch/index.js';
import type { Fault } from '../plan/index.js';
import type { DeadLetter } from '../workers/index.js';
import type { Captured } from './capture-sink.js';

/** What has become of the records of a test. */
export interface Observed {
  readonly records: ReadonlyMap<string, Captured>;
  readonly written: ReadonlyMap<string, Captured>;
  readonly deadLetters: readonly DeadLetter[];
  dropped(stage: string): number;
  readonly failure?: { readonly code: string; readonly message: string };
  /** Faults of which nothing came. */
  readonly missed: readonly Fault[];
  /** What is known of the fields of the records at a stage. */
  kinds(stage: string): ReadonlyMap<string, FieldKind>;
  /** Whether the records at a stage have an order that can be relied on. */
  isOrdered(stage: string): boolean;
}
