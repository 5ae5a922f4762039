import type { JsonValue } from '#component';
import { Part } from './part.js';
import { damaged, otherPath } from './sink-state.js';

/** A finished file that waits for its name. */
export interface Finished {
  readonly number: number;
  readonly path: string;
}

/** To what the files of a sink can be taken back. Those that have their name are in it no more. */
export interface RollingState {
  /** The folder with the unfinished files, and what tells them from those of others there. */
  readonly root: string;
  readonly series: string;
  /** The number of the next file. */
  readonly next: number;
  /** The least recently written first. */
  readonly parts: readonly Part[];
  readonly finished: readonly Finished[];
}

export function writeRollingState({ root, series, next, parts, finished }: RollingState): JsonValue {
  return {
    root,
    series,
    next,
    parts: parts.map(({ number, path, length, begunMs, writtenMs }) => [
      number,
      path,
      length,
      begunMs,
      writtenMs,
    ]),
    finished: finished.map(({ number, path }) => [number, path]),
  };
}

/** @throws MillraceError `checkpoint_damaged`, or `other_path` when it is that of a single file */
export function readRollingState(state: JsonValue, name: string): RollingState {
  const { root, series, next, parts, finished, identity } = (state ?? {}) as Record<string, unknown>;
  if (typeof identity === 'string') throw otherPath(name, 'a single file');
  const isRight =
    typeof root === 'string' &&
    typeof series === 'string' &&
    /^[0-9a-f]+$/.test(series) &&
    isCount(next) &&
    isListOf(parts, ['number', 'string', 'number', 'number', 'number']) &&
    isListOf(finished, ['number', 'string']);
  if (!isRight) throw damaged(name);
  return {
    root,
    series,
    next,
    parts: (parts as [number, string, number, number, number][]).map(
      ([number, path, length, begunMs, writtenMs]) => new Part(number, path, begunMs, writtenMs, length),
    ),
    finished: (finished as [number, string][]).map(([number, path]) => ({ number, path })),
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isListOf(value: unknown, types: readonly ('number' | 'string')[]): boolean {
  const isTuple = (one: unknown) =>
    Array.isArray(one) &&
    one.length === types.length &&
    types.every((type, i) => (type === 'number' ? isCount(one[i]) : typeof one[i] === 'string'));
  return Array.isArray(value) && value.every(isTuple);
}
