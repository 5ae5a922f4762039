import { InvalidArgumentError } from 'commander';
import { MillraceError } from '../base/errors.js';
import {
  type LetterChoice,
  type LetterFilter,
  matches,
  type NamedLetter,
  type PipelineLetters,
} from '../runtime/index.js';
import { recordOf } from '../workers/index.js';
import { moment } from './moment.js';

const DEFAULT_LETTERS = 50;
const MOST_LETTERS = 500;
/** Of a record, a list shows so much. */
const BEGINNING = 200;

/**
 * Which letters a query means. A parameter may be given several times. Throws MillraceError `wrong_query` for what is no
 * time.
 */
export function choiceOf(asked: URLSearchParams): LetterChoice {
  const of = (name: string) => asked.getAll(name).filter((value) => value !== '');
  const [stages, codes, sources] = [of('stage'), of('code'), of('source')];
  const [ids, before] = [of('id'), of('before')];
  const sinceMs = timeIn(asked, 'since');
  const untilMs = timeIn(asked, 'until');
  return {
    ...(stages.length > 0 && { stages }),
    ...(codes.length > 0 && { codes }),
    ...(sources.length > 0 && { sources }),
    ...(ids.length > 0 && { names: new Set(ids) }),
    ...(before.length > 0 && { before }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(untilMs !== undefined && { untilMs }),
  };
}

function timeIn(asked: URLSearchParams, name: string): number | undefined {
  const text = asked.get(name) ?? '';
  if (text === '') return undefined;
  try {
    return moment(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new MillraceError('wrong_query', `${name}: ${error.message}`, { blame: 'config' });
  }
}

/** Some dead letters: how many there are, the newest of them, and what there is to choose from. */
export interface FoundLetters {
  readonly count: number;
  readonly letters: readonly object[];
  /** Of each segment, the number behind the last: with it, what comes later is not among them. */
  readonly before: readonly string[];
  /** How many dead letters each has, of all. */
  readonly stages: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
}

/** Looks for what a query means among all letters. */
export async function findLetters(letters: PipelineLetters, asked: URLSearchParams): Promise<FoundLetters> {
  const limit = Math.min(MOST_LETTERS, Number(asked.get('limit') ?? DEFAULT_LETTERS) || DEFAULT_LETTERS);
  const filter: LetterFilter = choiceOf(asked);
  const kept: NamedLetter[] = [];
  const stages: Record<string, number> = {};
  const codes: Record<string, number> = {};
  let count = 0;
  const ends = new Map<string, string>();
  for await (const found of letters.select({})) {
    const { stage, code } = found.letter;
    stages[stage] = (stages[stage] ?? 0) + 1;
    codes[code] = (codes[code] ?? 0) + 1;
    if (!matches(found.letter, filter)) continue;
    count++;
    ends.set(found.segment, letters.nameOf(found.segment, found.id + 1));
    kept.push(found);
    if (kept.length > 2 * limit) kept.splice(0, kept.length - limit);
  }
  const newest = kept.sort((a, b) => timeOf(b) - timeOf(a) || b.id - a.id).slice(0, limit);
  return {
    count,
    letters: newest.map((letter) => beginningOf(letterAsJson(letter))),
    before: [...ends.values()],
    stages,
    codes,
  };
}

function timeOf({ letter }: NamedLetter): number {
  return Date.parse(letter.time);
}

/** All there is of one. */
export function letterAsJson({ name, letter }: NamedLetter) {
  const { record_base64, ...rest } = letter;
  return {
    id: name,
    ...rest,
    ...(record_base64 !== undefined && { record_base64 }),
    bytes: recordOf(letter).length,
  };
}

function beginningOf(letter: ReturnType<typeof letterAsJson>) {
  const { record, record_base64, preamble_base64: _, ...rest } = letter;
  return {
    ...rest,
    ...(record !== undefined && { record: record.slice(0, BEGINNING) }),
    ...(record_base64 !== undefined && { record_base64: record_base64.slice(0, BEGINNING) }),
  };
}
