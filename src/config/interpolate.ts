import { readFileSync, statSync } from 'node:fs';
import { secretIn } from '../base/secrets.js';
import { quote, type ScalarNode } from './node.js';
import type { Problems } from './problem.js';

/** What `${…}` is filled from. */
export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the file of `${file:/path}`; may throw. */
  readonly readFile: (path: string) => string;
  /** What the program of `${exec:…}` prints; may throw. Without it, programs are refused. */
  readonly runProgram?: ((command: readonly string[]) => string) | undefined;
}

const LARGEST_FILE_BYTES = 1024 * 1024;

/** Reads a small text file, such as a secret that was mounted. */
export function readSmallFile(path: string): string {
  if (statSync(path).size > LARGEST_FILE_BYTES) throw new Error('it is larger than 1 MiB');
  return readFileSync(path, 'utf8');
}

/** A part of a scalar: text as it stands, or something to fill in. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly operator: '' | ':-' | ':?';
      readonly word: string;
    }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'exec'; readonly command: string };

/** Something wrong with an interpolation, at an offset in the scalar's text. */
export class InterpolationError extends Error {
  readonly offset: number;
  readonly suggestion: string | undefined;

  constructor(message: string, offset: number, suggestion?: string) {
    super(message);
    this.offset = offset;
    this.suggestion = suggestion;
  }
}

/**
 * Fills `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${file:/path}` and `${exec:program argument}` in a text; `$${` stands for `${`.
 * @returns the filled text, and whether the whole of it was one interpolation
 * @throws InterpolationError
 */
export function interpolate(
  text: string,
  outside: Outside,
  problems: Problems,
): { text: string; whole: boolean } {
  const parts = partsOf(text);
  const filled = parts.map(({ part, offset }) => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'file') return fileText(part.path, offset, outside, problems);
    if (part.kind === 'exec') return programText(part.command, offset, outside, problems);
    return variable(part, offset, outside, problems);
  });
  return { text: filled.join(''), whole: parts.length === 1 && parts[0]!.part.kind !== 'text' };
}

function variable(
  part: Extract<Part, { kind: 'variable' }>,
  offset: number,
  { env }: Outside,
  problems: Problems,
): string {
  const { name, operator, word } = part;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && (value !== '' || operator === '')) {
    problems.hide(value, `\${${name}}`);
    const secret = secretIn(name, value);
    if (secret !== undefined) problems.hideSecret(secret, `\${${name}}`);
    return value;
  }
  if (operator === ':-') return word;
  if (operator === ':?')
    throw new InterpolationError(`environment variable ${name} is not set: ${word}`, offset);
  throw new InterpolationError(
    `environment variable ${name} is not set (\${${name}:-default} gives it a default)`,
    offset,
    problems.nearest(name, Object.keys(env)),
  );
}

function fileText(path: string, offset: number, outside: Outside, problems: Problems): string {
  try {
    const text = outside.readFile(path).replace(/\r?\n$/, '');
    problems.hideSecret(text, `\${file:${path}}`);
    return text;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : (code ?? message);
    throw new InterpolationError(`cannot read ${path}: ${reason}`, offset);
  }
}

/** Messages never hold what the program has printed. */
function programText(command: string, offset: number, outside: Outside, problems: Problems): string {
  const { runProgram } = outside;
  if (!runProgram) {
    const message = `running a program for a value has to be allowed: --allow-exec (it would be: ${command})`;
    throw new InterpolationError(message, offset);
  }
  const words = command.trim().split(/\s+/);
  try {
    const text = runProgram(words).replace(/\r?\n$/, '');
    problems.hideSecret(text, `\${exec:${command}}`);
    return text;
  } catch (error) {
    const { code, status, signal } = error as NodeJS.ErrnoException & { status?: number; signal?: string };
    const ended =
      status === undefined || status === null ? (signal ?? 'it failed') : `it ended with ${status}`;
    const reason =
      code === 'ENOENT' ? 'there is no such program' : code === 'ETIMEDOUT' ? 'it took too long' : ended;
    throw new InterpolationError(`cannot run ${words[0]}: ${reason}`, offset);
  }
}

function partsOf(text: string): { part: Part; offset: number }[] {
  const parts: { part: Part; offset: number }[] = [];
  let from = 0;
  const addText = (to: number): void => {
    if (to > from) parts.push({ part: { kind: 'text', text: text.slice(from, to) }, offset: from });
  };
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', from)) {
    if (text[at - 1] === '$' && at > from) {
      addText(at - 1);
      parts.push({ part: { kind: 'text', text: '${' }, offset: at });
      from = at + 2;
      continue;
    }
    addText(at);
    const end = closingBrace(text, at);
    parts.push({ part: partOf(text.slice(at + 2, end), at), offset: at });
    from = end + 1;
  }
  addText(text.length);
  return parts;
}

/** The brace that closes the interpolation at `at`; braces in a default, as of a template, count in pairs. */
function closingBrace(text: string, at: number): number {
  let depth = 0;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  throw new InterpolationError('this ${ has no closing } ($${ stands for a literal ${)', at);
}

function partOf(inside: string, at: number): Part {
  if (inside.startsWith('file:')) return { kind: 'file', path: inside.slice('file:'.length) };
  if (inside.startsWith('exec:')) return { kind: 'exec', command: inside.slice('exec:'.length) };
  const match = /^([A-Za-z_]\w*)(?:(:[-?])(.*))?$/s.exec(inside);
  if (!match) {
    const found = quote(`\${${inside}}`);
    throw new InterpolationError(
      `expected \${NAME}, \${NAME:-default}, \${NAME:?message}, \${file:/path} or \${exec:program}, found ${found} ($\${ stands for a literal \${)`,
      at,
    );
  }
  const [, name, operator = '', word = ''] = match;
  if (word.includes('${')) throw new InterpolationError('a default cannot hold another ${…}', at);
  return { kind: 'variable', name: name!, operator: operator as '' | ':-' | ':?', word };
}

/** The value of a plain scalar (YAML 1.2.2, section 10.3.2: the core schema). */
export function typedScalar(text: string): ScalarNode['value'] {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === 'true';
  if (/^[-+]?\d+$|^0o[0-7]+$|^0x[\da-fA-F]+$/.test(text)) return Number(text);
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? Number.NaN : text;
}
