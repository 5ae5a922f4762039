import { execFileSync, type StdioOptions } from 'node:child_process';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { messageOf } from '../base/errors.js';
import { hideSecrets } from '../base/secrets.js';
import { formatProblem, MAX_CONFIG_BYTES, type Problem, parseEnvFile } from '../config/index.js';
import { type Pipeline, type Plan, type PlanProblem, planPipeline, readPipeline } from '../plan/index.js';
import { CATALOGUE } from './catalogue.js';
import type { Io } from './io.js';
import { plural } from './render.js';

export interface LoadOptions {
  readonly set?: readonly string[];
  readonly envFile?: string;
  /** Whether programs may be run for values. */
  readonly allowExec?: boolean;
}

export interface Loaded {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
}

/** A mistake, or a file that cannot be read: that has no place. */
export type LoadProblem = Problem | { readonly file: string; readonly message: string };

/** Reads, checks and plans a pipeline, and prints what to beware of. Where it has problems, prints all of them and gives undefined. */
export async function loadPipeline(file: string, options: LoadOptions, io: Io): Promise<Loaded | undefined> {
  const { loaded, problems } = await readAndPlan(file, options, io);
  for (const warning of loaded?.pipeline.warnings ?? []) io.err.write(`warning: ${formatProblem(warning)}\n`);
  if (loaded) return loaded;
  printProblems(problems, file, io);
  return undefined;
}

export function printProblems(problems: readonly LoadProblem[], file: string, io: Io): void {
  for (const problem of problems) io.err.write(`${problemLine(problem)}\n`);
  io.err.write(`error: ${plural(problems.length, 'problem')} in ${shown(file)}; nothing was run\n`);
}

/** What a stage cannot do, at its place in the file. */
export function problemOfPlan({ stage, message }: PlanProblem, file: string): Problem {
  return { file: shown(file), ...stage.position, path: `${stage.kind}s.${stage.id}`, message };
}

/** `file:line:column: path: what is wrong`. */
export function problemLine(problem: LoadProblem): string {
  return 'line' in problem ? formatProblem(problem) : `${problem.file}: ${problem.message}`;
}

type Outcome =
  | { loaded: Loaded; problems?: undefined }
  | { loaded?: undefined; problems: readonly LoadProblem[] };

/** Reads, checks and plans a pipeline, and finds every mistake in it. */
export async function readAndPlan(file: string, options: LoadOptions, io: Io): Promise<Outcome> {
  const environment = await readEnvironment(options.envFile, io);
  const text = await readText(file);
  const unread = [environment, text].flatMap((read) => ('problems' in read ? read.problems : []));
  if ('problems' in environment || 'problems' in text) return { problems: unread };
  const read = readPipeline(text.text, file, {
    env: environment.values,
    set: options.set ?? [],
    catalogue: CATALOGUE,
    ...(options.allowExec && { runProgram }),
  });
  const { pipeline } = read;
  if (!pipeline) return { problems: read.problems };
  hideSecrets(pipeline.secrets);
  const { plan, problems } = planPipeline(pipeline);
  const all = problems.map((problem) => problemOfPlan(problem, file));
  if (file === '-') all.push(...stdinConflicts(pipeline));
  return all.length > 0 ? { problems: all } : { loaded: { pipeline, plan } };
}

const PROGRAM_TIMEOUT_MS = 10_000;

/** What a program prints. There is no shell between, and what it says on standard error is not ours to print. */
function runProgram([program, ...args]: readonly string[]): string {
  const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
  return execFileSync(program!, args, { encoding: 'utf8', timeout: PROGRAM_TIMEOUT_MS, stdio });
}

function stdinConflicts(pipeline: Pipeline): Problem[] {
  const message =
    'the pipeline itself comes from standard input, so nothing is left for this source: put it into a file';
  return pipeline.stages
    .filter((stage) => stage.kind === 'source' && stage.type === 'stdin')
    .map((stage) => ({ file: shown('-'), ...stage.position, path: `sources.${stage.id}`, message }));
}

/** As messages name it. */
export function shown(file: string): string {
  return file === '-' ? '<stdin>' : file;
}

export async function readEnvironment(
  envFile: string | undefined,
  io: Io,
): Promise<{ values: Readonly<Record<string, string | undefined>> } | { problems: LoadProblem[] }> {
  if (envFile === undefined) return { values: io.env };
  let text: string;
  try {
    text = await readFile(envFile, 'utf8');
  } catch (error) {
    return { problems: [cannotRead(envFile, error)] };
  }
  const { values, problems } = parseEnvFile(text, envFile);
  return problems.length > 0 ? { problems } : { values: { ...values, ...io.env } };
}

async function readText(file: string): Promise<{ text: string } | { problems: LoadProblem[] }> {
  try {
    const bytes = file === '-' ? await readStdin() : await readStart(file);
    return { text: bytes.toString('utf8') };
  } catch (error) {
    return { problems: [cannotRead(shown(file), error)] };
  }
}

/** One byte more than a configuration may have is enough to refuse it. */
const ENOUGH_BYTES = MAX_CONFIG_BYTES + 1;

async function readStdin(): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= ENOUGH_BYTES) break;
  }
  return Buffer.concat(parts);
}

async function readStart(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    return await readUpTo(handle, ENOUGH_BYTES);
  } finally {
    await handle.close();
  }
}

async function readUpTo(handle: FileHandle, limit: number): Promise<Buffer> {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    const { bytesRead } = await handle.read(buffer, length, limit - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

export function cannotRead(file: string, error: unknown): LoadProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { file, message: `cannot be read: ${REASONS[code] ?? messageOf(error)}` };
}
