import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

export interface Import {
  /** As it is written: `node:fs`, `#component`, `../base/units.js`. */
  readonly specifier: string;
  /** The file that a relative import means, from the repository's root. */
  readonly file: string | undefined;
  /** Whether nothing of it is left when the types are gone. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the repository's root: `src/base/units.ts`. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
}

/** A file's text, by its path from the repository's root. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Paths from the repository's root of all files under `folder` whose names end in one of `endings`. */
export function filesUnder(folder: string, ...endings: readonly string[]): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

/** The TypeScript of a folder. What the AssemblyScript compiler reads is another language, and left out. */
export function sourceFiles(folder: string): SourceFile[] {
  return filesUnder(folder, '.ts')
    .filter((path) => !path.includes('/assembly/') && !path.endsWith('.generated.ts'))
    .map((path) => {
      const text = readText(path);
      return { path, lines: text.trimEnd().split('\n'), imports: importsOf(path, text) };
    });
}

const STATIC = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g;

/** The imports and re-exports of a file. The code is formatted, so statements begin at the first column. */
export function importsOf(path: string, text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = [...code.matchAll(STATIC)].map(([, type, specifier]) => ({
    specifier: specifier!,
    typeOnly: !!type,
  }));
  const dynamic = [...code.matchAll(DYNAMIC)].map(([, specifier]) => ({
    specifier: specifier!,
    typeOnly: false,
  }));
  return [...found, ...dynamic].map(({ specifier, typeOnly }) => ({
    specifier,
    typeOnly,
    file: specifier.startsWith('.')
      ? join(dirname(path), specifier).replaceAll('\\', '/').replace(/\.js$/, '.ts')
      : undefined,
  }));
}

/** The package that a specifier names: `yaml` of `yaml/util`, `@a/b` of `@a/b/c`; undefined of anything else. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:\.|#|node:)/.test(specifier)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}

export interface LongFunction {
  readonly name: string;
  readonly lines: number;
}

const NAMED_FUNCTION = /^(\s*)(?:export )?(?:async )?function\*? (\w+)/;
const ARROW = /^(\s*)(?:export )?(?:const |let )?([\w.]+)(?:: [^=]+)?(?: =|:) (?:async )?(?:\(|\w+ =>)/;
const METHOD = /^(\s+)(?:static |private |protected |async |override |get |set |\*)*(#?\w+)(?:<.*>)?\(/;
const STATEMENTS = new Set(['if', 'for', 'while', 'switch', 'catch', 'return', 'super', 'function']);

/**
 * Functions and methods with more lines than `limit`. Goes by the formatter's indentation: a body ends at the first
 * line that closes at the column where its head began.
 */
export function longFunctions(lines: readonly string[], limit: number): LongFunction[] {
  return lines.flatMap((line, start) => {
    const match = NAMED_FUNCTION.exec(line) ?? ARROW.exec(line) ?? METHOD.exec(line);
    if (match === null || STATEMENTS.has(match[2]!)) return [];
    const indent = match[1]!;
    const bodyStart = line.endsWith('{') ? start : closingLine(lines, start, `${indent})`, /\{$/);
    if (bodyStart === undefined) return [];
    const end = closingLine(lines, bodyStart, `${indent}}`, /\}[;,)]*$/);
    const length = end === undefined ? 0 : end - start + 1;
    return length > limit ? [{ name: match[2]!, lines: length }] : [];
  });
}

/** The first line after `start` that is not indented further, when it looks as expected. */
function closingLine(
  lines: readonly string[],
  start: number,
  prefix: string,
  ending: RegExp,
): number | undefined {
  const column = prefix.length - 1;
  for (let i = start + 1; i < lines.length; i++) {
    const line = lines[i]!;
    const isDeeper = line.trim() === '' || line.slice(0, column + 1).trim() === '';
    if (isDeeper) continue;
    return line.startsWith(prefix) && ending.test(line) ? i : undefined;
  }
  return undefined;
}
