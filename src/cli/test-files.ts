import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readSmallFile } from '../config/index.js';
import { type PipelineTest, readTestFile } from '../plan/index.js';
import type { Io } from './io.js';
import {
  cannotRead,
  type Loaded,
  type LoadOptions,
  type LoadProblem,
  loadPipeline,
  problemLine,
  readEnvironment,
} from './load.js';

/** A pipeline with its tests: those in its file, and those in the files beside it. */
export interface TestedPipeline extends Loaded {
  readonly file: string;
  readonly tests: readonly PipelineTest[];
}

const TEST_FILE = /\.test\.ya?ml$/;
const YAML_FILE = /\.ya?ml$/;

/**
 * The pipelines that a path stands for: itself, that of a file with tests, or in a folder all that have tests. Rejects
 * where it cannot be read.
 */
export async function pipelinesAt(path: string): Promise<string[]> {
  if (path !== '-' && (await stat(path)).isDirectory()) return await pipelinesUnder(path);
  return [TEST_FILE.test(path) ? await pipelineOf(path) : path];
}

async function pipelinesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter(
      (entry) => entry.isFile() && YAML_FILE.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => join(entry.parentPath, entry.name));
  const found = new Set<string>();
  for (const file of files.sort()) {
    if (TEST_FILE.test(file)) found.add(await pipelineOf(file));
    else if (/^tests:/m.test(await readFile(file, 'utf8'))) found.add(file);
  }
  return [...found];
}

/** `a.test.yaml` and `a.more.test.yaml` hold tests of `a.yaml`. */
async function pipelineOf(testFile: string): Promise<string> {
  const folder = dirname(testFile);
  const names = (await readdir(folder)).filter((name) => YAML_FILE.test(name) && !TEST_FILE.test(name));
  const stem = basename(testFile).replace(TEST_FILE, '');
  const fitting = names.filter((name) => isTestOf(stem, name)).sort((a, b) => b.length - a.length);
  return join(folder, fitting[0] ?? `${stem}.yaml`);
}

function isTestOf(stem: string, pipelineName: string): boolean {
  const name = pipelineName.replace(YAML_FILE, '');
  return stem === name || stem.startsWith(`${name}.`);
}

async function testFilesOf(file: string): Promise<string[]> {
  const folder = dirname(file);
  const names = (await readdir(folder)).filter((name) => TEST_FILE.test(name)).sort();
  const own: string[] = [];
  for (const name of names)
    if ((await pipelineOf(join(folder, name))) === join(folder, basename(file))) own.push(name);
  return own.map((name) => join(folder, name));
}

/** Reads a pipeline and all of its tests. Where they have problems, prints all of them and gives undefined. */
export async function loadTested(
  file: string,
  options: LoadOptions,
  io: Io,
): Promise<TestedPipeline | undefined> {
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return undefined;
  const environment = await readEnvironment(options.envFile, io);
  if ('problems' in environment) return undefined;
  const stages = new Map(loaded.pipeline.stages.map(({ id, kind }) => [id, kind]));
  const tests = [...loaded.pipeline.tests];
  const problems: LoadProblem[] = [];
  for (const path of file === '-' ? [] : await testFilesOf(file)) {
    try {
      const outside = { env: environment.values, readFile: readSmallFile };
      const read = readTestFile(await readFile(path, 'utf8'), path, stages, outside);
      tests.push(...read.tests);
      problems.push(...read.problems);
    } catch (error) {
      problems.push(cannotRead(path, error));
    }
  }
  for (const problem of problems) io.err.write(`${problemLine(problem)}\n`);
  return problems.length > 0 ? undefined : { ...loaded, file, tests };
}
