import type { DeadLetter } from '../../workers/index.js';

/** Which letters are meant: those that fulfil all that is given. A list is fulfilled by any of its values. */
export interface LetterFilter {
  readonly stages?: readonly string[];
  readonly codes?: readonly string[];
  readonly sources?: readonly string[];
  /** Of the letter's time: from the first, up to but without the second. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly ids?: ReadonlySet<number>;
}

/** Looks at all but the ids. */
export function matches(letter: DeadLetter, filter: LetterFilter): boolean {
  const { stages, codes, sources, sinceMs, untilMs } = filter;
  if (stages && !stages.includes(letter.stage)) return false;
  if (codes && !codes.includes(letter.code)) return false;
  if (sources && !sources.includes(letter.source)) return false;
  if (sinceMs === undefined && untilMs === undefined) return true;
  const timeMs = Date.parse(letter.time);
  return timeMs >= (sinceMs ?? Number.NEGATIVE_INFINITY) && timeMs < (untilMs ?? Number.POSITIVE_INFINITY);
}
