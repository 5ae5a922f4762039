import { nearestName } from '../base/names.js';

/** A mistake in a configuration. Lines and columns count from 1; `path` is empty when it is about the whole file. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The path of the key, such as `sources.web.paths[0]`. */
  readonly path: string;
  readonly message: string;
  /** What the writer most likely meant. */
  readonly suggestion?: string;
}

/** `file:line:column: path: what is wrong (did you mean "x"?)`, on one line, with control characters escaped. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message, suggestion } = problem;
  const about = path === '' ? '' : `${path}: `;
  const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`;
  return escapeControls(`${file}:${line}:${column}: ${about}${message}${hint}`);
}

function escapeControls(text: string): string {
  return text.replace(/\p{Cc}|\p{Zl}|\p{Zp}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A text that values are read from: the pipeline's file, or the `--set` options. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** Offsets at which lines begin, ascending; the first is 0. */
  readonly lineStarts: readonly number[];
}

/** Where a value or key begins. */
export interface Place {
  readonly source: Source;
  readonly offset: number;
}

export function lineAndColumn({ source, offset }: Place): { line: number; column: number } {
  const { lineStarts } = source;
  let low = 0;
  let high = lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (lineStarts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - lineStarts[low]! + 1 };
}

export function sourceOf(file: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts };
}

/** Looking for the nearest name costs time, and nobody reads that many. */
const MOST_SUGGESTIONS = 200;
const MOST_PROBLEMS = 1000;
const LONGEST_NAME = 100;

/** Collects the problems of a configuration. */
export class Problems {
  readonly warnings: Problem[] = [];
  readonly #found: Problem[] = [];
  /** Values from outside, and among them those that must not be shown later either. */
  readonly #outside: Map<string, string>;
  readonly #secrets: Map<string, string>;
  #suggestions = 0;
  #leftOut = 0;

  constructor(outside = new Map<string, string>(), secrets = new Map<string, string>()) {
    this.#outside = outside;
    this.#secrets = secrets;
  }

  get count(): number {
    return this.#found.length;
  }

  add(place: Place, path: string, message: string, suggestion?: string): void {
    if (this.#found.length >= MOST_PROBLEMS) {
      this.#leftOut++;
      return;
    }
    const { line, column } = lineAndColumn(place);
    const problem = { file: place.source.file, line, column, path, message: this.#withoutSecrets(message) };
    const safe = suggestion === undefined ? undefined : this.#withoutSecrets(suggestion);
    this.#found.push(safe === undefined ? problem : { ...problem, suggestion: safe });
  }

  /** Something that is no mistake, but may become one. */
  warn(place: Place, path: string, message: string): void {
    const { line, column } = lineAndColumn(place);
    const file = place.source.file;
    this.warnings.push({ file, line, column, path, message: this.#withoutSecrets(message) });
  }

  /** Problems of an attempt: they are thrown away or taken over by `adopt`. */
  fork(): Problems {
    return new Problems(this.#outside, this.#secrets);
  }

  adopt(other: Problems): void {
    this.#found.push(...other.#found.slice(0, MOST_PROBLEMS - this.#found.length));
  }

  /** A value that came from outside of the file; messages show `name` in its place. */
  hide(value: string, name: string): void {
    if (value.length >= 4) this.#outside.set(value, name);
  }

  /** A value that must not be shown: neither in messages, nor by anything that the pipeline does. */
  hideSecret(value: string, name: string): void {
    this.hide(value, name);
    if (value !== '') this.#secrets.set(value, name);
  }

  /** Names by value. */
  get secrets(): ReadonlyMap<string, string> {
    return this.#secrets;
  }

  /** The candidate that was most likely meant. */
  nearest(name: string, candidates: Iterable<string>): string | undefined {
    if (name.length > LONGEST_NAME || this.#suggestions++ >= MOST_SUGGESTIONS) return undefined;
    return nearestName(name, candidates);
  }

  /** By file and position. */
  sorted(): Problem[] {
    const sorted = this.#found
      .map((problem, index) => ({ problem, index }))
      .sort((a, b) => compare(a.problem, b.problem) || a.index - b.index)
      .map(({ problem }) => problem);
    const last = sorted.at(-1);
    if (last && this.#leftOut > 0) {
      sorted.push({ ...last, path: '', message: `${this.#leftOut} more problems are not shown` });
    }
    return sorted;
  }

  #withoutSecrets(message: string): string {
    let safe = message;
    for (const [value, name] of this.#outside) safe = safe.replaceAll(value, () => name);
    return safe;
  }
}

/** Problems of the file itself come before those of `--set`. */
function compare(a: Problem, b: Problem): number {
  if (a.file !== b.file)
    return Number(a.file.startsWith('--')) - Number(b.file.startsWith('--')) || (a.file < b.file ? -1 : 1);
  return a.line - b.line || a.column - b.column;
}
