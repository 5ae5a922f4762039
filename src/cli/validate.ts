import type { Pipeline } from '../plan/index.js';
import { Exit, type Io } from './io.js';
import { type LoadOptions, type LoadProblem, loadPipeline, readAndPlan } from './load.js';
import { plural } from './render.js';

export interface ValidateVerbOptions extends LoadOptions {
  readonly format: 'text' | 'json' | 'github';
}

/** `millrace validate`. */
export async function validateVerb(file: string, options: ValidateVerbOptions, io: Io): Promise<number> {
  if (options.format !== 'text') return await validateForMachines(file, options, io);
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return Exit.CONFIGURATION;
  io.out.write(`ok: ${contents(loaded.pipeline)}\n`);
  return Exit.DONE;
}

/** `1 source, 2 transforms, 1 sink`. */
function contents({ stages }: Pipeline): string {
  const count = (kind: string) => stages.filter((stage) => stage.kind === kind).length;
  const kinds = ['source', 'transform', ...(count('exchange') > 0 ? ['exchange'] : []), 'sink'];
  return kinds.map((kind) => plural(count(kind), kind)).join(', ');
}

/** A line for each problem and each warning; a pipeline without any prints nothing. */
async function validateForMachines(file: string, options: ValidateVerbOptions, io: Io): Promise<number> {
  const { loaded, problems = [] } = await readAndPlan(file, options, io);
  const isForGithub = options.format === 'github';
  for (const problem of problems) {
    io.out.write(`${isForGithub ? annotation('error', problem) : JSON.stringify(problem)}\n`);
  }
  for (const warning of loaded?.pipeline.warnings ?? []) {
    const shown = isForGithub
      ? annotation('warning', warning)
      : JSON.stringify({ severity: 'warning', ...warning });
    io.out.write(`${shown}\n`);
  }
  return problems.length > 0 ? Exit.CONFIGURATION : Exit.DONE;
}

/** A workflow command with which GitHub shows a problem at its line. */
function annotation(severity: 'error' | 'warning', problem: LoadProblem): string {
  const place = 'line' in problem ? `,line=${problem.line},col=${problem.column}` : '';
  const path = 'path' in problem && problem.path !== '' ? `${problem.path}: ` : '';
  const hint =
    'suggestion' in problem && problem.suggestion !== undefined
      ? ` (did you mean "${problem.suggestion}"?)`
      : '';
  return `::${severity} file=${property(problem.file)}${place}::${escaped(`${path}${problem.message}${hint}`)}`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
