import { messageOf } from '../base/errors.js';
import type { Config, Described } from '../component/index.js';
import { durableQueueOf, type Pipeline, type Stage } from '../plan/index.js';
import { Exit, type Io } from './io.js';
import {
  type LoadOptions,
  type LoadProblem,
  loadPipeline,
  printProblems,
  problemOfPlan,
  readAndPlan,
} from './load.js';
import { plural } from './render.js';

export interface ValidateVerbOptions extends LoadOptions {
  readonly format: 'text' | 'json' | 'github';
  /** Systems outside are asked whether they have what the pipeline needs. */
  readonly connect?: boolean;
}

/** `millrace validate`. */
export async function validateVerb(file: string, options: ValidateVerbOptions, io: Io): Promise<number> {
  if (options.format !== 'text') return await validateForMachines(file, options, io);
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return Exit.CONFIGURATION;
  const differences = options.connect ? await compareOutside(loaded.pipeline, file) : [];
  if (differences.length > 0) {
    printProblems(differences, file, io);
    return Exit.CONFIGURATION;
  }
  io.out.write(`ok: ${contents(loaded.pipeline)}\n`);
  return Exit.DONE;
}

/** In what systems outside differ from what the stages need there, or that they cannot be asked. */
async function compareOutside({ name, stages }: Pipeline, file: string): Promise<LoadProblem[]> {
  const found = await Promise.all(
    stages.flatMap((stage) =>
      askedOf(stage).map(async ({ definition, config }) => {
        try {
          const context = { pipeline: name, stage: stage.id };
          const differences = (await definition.compare?.(config, context)) ?? [];
          return differences.map(({ field, message }) =>
            problemOfPlan({ stage, message: `${field}: ${message}` }, file),
          );
        } catch (error) {
          return [problemOfPlan({ stage, message: messageOf(error) }, file)];
        }
      }),
    ),
  );
  return found.flat();
}

/** What of a stage is in systems outside: itself, and the queue in front of it. */
function askedOf(stage: Stage): { readonly definition: Described; readonly config: Config }[] {
  const queue = durableQueueOf(stage);
  return [stage, ...(queue ? [queue] : [])];
}

/** `1 source, 2 transforms, 1 sink`. */
function contents({ stages }: Pipeline): string {
  const count = (kind: string) => stages.filter((stage) => stage.kind === kind).length;
  const kinds = ['source', 'transform', ...(count('exchange') > 0 ? ['exchange'] : []), 'sink'];
  return kinds.map((kind) => plural(count(kind), kind)).join(', ');
}

/** A line for each problem and each warning; a pipeline without any prints nothing. */
async function validateForMachines(file: string, options: ValidateVerbOptions, io: Io): Promise<number> {
  const { loaded, problems: mistakes = [] } = await readAndPlan(file, options, io);
  const differences = options.connect && loaded ? await compareOutside(loaded.pipeline, file) : [];
  const problems = [...mistakes, ...differences];
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
