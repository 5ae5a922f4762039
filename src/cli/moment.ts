import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../base/units.js';
import type { QueuePoint } from '../runtime/index.js';

const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i;

/** Milliseconds since 1970 of a time, or of a duration before now. */
export function moment(text: string): number {
  const timeMs = timeOf(text);
  if (timeMs === undefined) {
    throw new InvalidArgumentError('expected a time such as 2026-11-24T08:30Z, or a duration such as 1h.');
  }
  return timeMs;
}

/** A place in a queue: an offset, a time, or one of these words. */
export function pointIn<T extends QueuePoint & string>(...words: readonly T[]): (text: string) => QueuePoint {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word) return word;
    if (/^\d{1,15}$/.test(text)) return { offset: Number(text) };
    const timeMs = timeOf(text);
    if (timeMs !== undefined) return { timeMs };
    throw new InvalidArgumentError(
      `expected ${words.join(', ')}, an offset such as 1200, a time such as 2026-11-24T08:30Z, or a duration such as 1h.`,
    );
  };
}

function timeOf(text: string): number | undefined {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined) return Date.now() - durationMs;
  const match = TIME.exec(text);
  // Without a time of day it means UTC anyway.
  const isUtc = match && (match[1] !== undefined || text.length === '2026-11-24'.length);
  const timeMs = match ? Date.parse(isUtc ? text : `${text}Z`) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
