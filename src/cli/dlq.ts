import { nodeStorage } from '../base/storage.js';
import { formatSize } from '../base/units.js';
import {
  type LetterChoice,
  type LetterName,
  type NamedDamage,
  type NamedLetter,
  PipelineLetters,
} from '../runtime/index.js';
import type { Io } from './io.js';
import { plural } from './render.js';
import { type StateOptions, type WithState, withStateFolder } from './state-folder.js';

export type LetterOptions = StateOptions;

export interface FilterOptions extends LetterOptions {
  readonly stage?: readonly string[];
  readonly code?: readonly string[];
  readonly source?: readonly string[];
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
}

export interface OpenLetters extends WithState {
  readonly letters: PipelineLetters;
}

/** Does something with the dead letters of a pipeline, or says what is wrong with the pipeline. */
export function withLetters(
  file: string,
  options: LetterOptions,
  io: Io,
  action: (open: OpenLetters) => Promise<number>,
): Promise<number> {
  return withStateFolder(file, options, io, 'dead letters', async ({ pipeline, plan, folder }) => {
    const letters = await PipelineLetters.open({ storage: nodeStorage, folder, pipeline }, plan);
    return await action({ pipeline, plan, folder, letters });
  });
}

export function filterOf(options: FilterOptions, names: readonly LetterName[] = []): LetterChoice {
  const { stage, code, source, since, until } = options;
  return {
    ...(stage && { stages: stage }),
    ...(code && { codes: code }),
    ...(source && { sources: source }),
    ...(since !== undefined && { sinceMs: since }),
    ...(until !== undefined && { untilMs: until }),
    ...(names.length > 0 && { names: new Set(names) }),
  };
}

/** Whether the filter chooses, or lets everything pass. */
export function isFiltered(filter: LetterChoice): boolean {
  return Object.keys(filter).length > 0;
}

/** Tells of regions that cannot be read; what lies around them can. */
export function warnOfDamage(io: Io): (damage: NamedDamage) => void {
  return ({ from, to, bytes }) => {
    const which = to - from === 1 ? `dead letter ${from}` : `dead letters ${from} to ${to - 1}`;
    io.err.write(
      `warning: ${which} cannot be read: ${bytes > 0 ? `${formatSize(bytes)} of the log are damaged` : 'a part of the log is missing'}\n`,
    );
  };
}

/** What goes out as JSON: the letter with its number. */
export function jsonLine({ name, letter }: NamedLetter): string {
  const id = /^\d+$/.test(name) ? Number(name) : name;
  return `${JSON.stringify({ id, ...letter })}\n`;
}

/** Control characters, which a terminal would obey, and those that turn the direction of text. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const SHORT: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One line of text that does nothing to a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0)!.toString(16).padStart(4, '0');
    return SHORT[character] ?? `\\u${code}`;
  });
}

/** `1 dead letter`. */
export function letterCount(count: number): string {
  return plural(count, 'dead letter');
}
