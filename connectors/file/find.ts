import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, parse, relative, resolve } from 'node:path';
import { escapePath, glob } from 'tinyglobby';
import { MillraceError } from '#component';
import { fileError } from './errors.js';

export interface FoundFile {
  /** As a person calls it: relative to the working directory where its pattern was. */
  readonly name: string;
  readonly path: string;
  readonly stats: Stats;
}

export interface Patterns {
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  readonly workingDirectory: string;
}

/** The files that the patterns match, in the order of their names, and the patterns that match none. */
export async function findFiles(patterns: Patterns): Promise<{ files: FoundFile[]; unmatched: string[] }> {
  const found = new Map<string, FoundFile>();
  const unmatched: string[] = [];
  for (const pattern of patterns.paths) {
    const paths = await matchesOf(pattern, patterns);
    if (paths.length === 0) unmatched.push(pattern);
    for (const path of paths) {
      const stats = await statOrNothing(path);
      const name = isAbsolute(pattern) ? path : relative(patterns.workingDirectory, path);
      if (stats && !found.has(path)) found.set(path, { name, path, stats });
    }
  }
  const files = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { files, unmatched };
}

async function matchesOf(pattern: string, { exclude, workingDirectory }: Patterns): Promise<string[]> {
  const path = resolve(workingDirectory, pattern);
  const stats = await statOrNothing(path);
  if (stats?.isDirectory()) {
    const message = `cannot read ${pattern}: this is a folder; to read the files in it, write ${pattern.replace(/\/*$/, '/*')}`;
    throw new MillraceError('is_a_folder', message, { blame: 'config' });
  }
  // A pipe or a device that is named as it is can be read, but no glob finds it.
  if (stats && !stats.isFile()) return [path];
  const globs = escapePath(workingDirectory);
  const isAnywhere = (glob: string) => glob.startsWith('**/');
  return glob(stats ? escapePath(path) : resolve(globs, pattern), {
    // The globs that exclude match no path that leads out of this folder, so it is the topmost.
    cwd: parse(path).root,
    absolute: true,
    expandDirectories: false,
    ignore: exclude.map((one) => (isAnywhere(one) ? one : resolve(globs, one))),
    ...(stats && { dot: true }),
  });
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(error, 'read', path);
  }
}
