import type { JsonValue } from '../../base/json.js';
import type { LogState } from '../../log/index.js';
import { type Ranges, unite } from './ranges.js';

/** What a checkpoint knows of the dead letters. A letter's offset in the log is its number, and stays so. */
export interface DeadLetterState {
  /** Up to where letters count: none of them when it is null, all that are there when it is missing. */
  readonly log?: LogState | null;
  /** Letters that were replayed or discarded. */
  readonly resolved: Ranges;
}

/** Undefined of what is no such state. */
export function readState(state: JsonValue | undefined): DeadLetterState | undefined {
  if (typeof state !== 'object' || state === null || !('resolved' in state)) return undefined;
  return state as unknown as DeadLetterState;
}

export function writeState(state: DeadLetterState): JsonValue {
  return state as unknown as JsonValue;
}

/** The state in which these letters are resolved too. */
export function resolve(state: DeadLetterState, letters: Ranges): DeadLetterState {
  return { ...state, resolved: unite(state.resolved, letters) };
}
