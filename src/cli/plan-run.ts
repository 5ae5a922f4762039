import { nearestName } from '../base/names.js';
import { onlySegmentsOf, type Pipeline, type Plan } from '../plan/index.js';
import { workerCount } from '../workers/index.js';
import type { Io } from './io.js';
import { type LoadOptions, type LoadProblem, problemOfPlan, readAndPlan } from './load.js';

export interface PlanRunOptions extends LoadOptions {
  readonly state?: string;
  readonly workers?: number;
  readonly only?: readonly string[];
}

/** What a run needs of its file, with what the command line says of it. */
export interface PlannedRun {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  readonly workers: number;
}

type Outcome =
  | { readonly planned: PlannedRun; readonly problems?: undefined }
  | { readonly planned?: undefined; readonly problems: readonly LoadProblem[] };

/** Reads, checks and plans what shall run. */
export async function planRun(file: string, options: PlanRunOptions, io: Io): Promise<Outcome> {
  const { loaded, problems } = await readAndPlan(file, options, io);
  if (problems) return { problems };
  const { state, only } = options;
  const chosen = only ? chosenPlan(loaded.plan, only, file) : { plan: loaded.plan, problems: [] };
  if (chosen.problems.length > 0) return { problems: chosen.problems };
  const { runtime, ...rest } = loaded.pipeline;
  const pipeline = { ...rest, runtime: { ...runtime, ...(state !== undefined && { state }) } };
  const workers = options.workers ?? workerCount(runtime.workers);
  return { planned: { pipeline, plan: chosen.plan, workers } };
}

/** The segments that hold these stages. */
function chosenPlan(
  plan: Plan,
  only: readonly string[],
  file: string,
): { plan: Plan; problems: readonly LoadProblem[] } {
  const unknown = only.filter((id) => !plan.stages.has(id));
  if (unknown.length > 0) {
    const problems = unknown.map((id) => {
      const nearest = nearestName(id, plan.stages.keys());
      const advice = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
      return { file: '--only', message: `the pipeline has no stage "${id}"${advice}` };
    });
    return { plan, problems };
  }
  const chosen = onlySegmentsOf(plan, only);
  return { plan: chosen.plan, problems: chosen.problems.map((problem) => problemOfPlan(problem, file)) };
}
