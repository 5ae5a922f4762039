import { MillraceError } from '../base/errors.js';
import { createLog, type LogLevel } from '../base/log.js';
import { nearestName } from '../base/names.js';
import type { SocketAddress } from '../base/socket-address.js';
import { onlySegmentsOf, type Pipeline, type Plan } from '../plan/index.js';
import { Run, Taps } from '../runtime/index.js';
import { workerCount } from '../workers/index.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';
import { lanesFor } from './lanes.js';
import { type LoadOptions, loadPipeline, printProblems, problemOfPlan, shown } from './load.js';
import { LogReporter } from './log-reporter.js';
import { address, DEFAULT_ADDRESS } from './options.js';
import type { Beginning, Reporter } from './reporter.js';
import { Sampler } from './sampler.js';
import { summarize } from './summary.js';
import { TerminalReporter } from './terminal-reporter.js';

export interface RunVerbOptions extends LoadOptions {
  readonly state?: string;
  readonly workers?: number;
  readonly only?: readonly string[];
  readonly fresh?: boolean;
  readonly quiet?: boolean;
  /** False with `--no-progress`. */
  readonly progress: boolean;
  readonly logLevel: LogLevel;
  readonly listen?: SocketAddress;
  /** Listens at the usual address, where `listen` names none. */
  readonly ui?: boolean;
}

/** `millrace run`. */
export async function runVerb(file: string, options: RunVerbOptions, io: Io): Promise<number> {
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return Exit.CONFIGURATION;
  const plan = options.only ? chosenPlan(loaded.plan, options.only, file, io) : loaded.plan;
  if (!plan) return Exit.CONFIGURATION;
  const pipeline = withOptions(loaded.pipeline, options);
  const reporter = await createReporter(pipeline, options, io);
  const workers = options.workers ?? workerCount(pipeline.runtime.workers);
  const beginning = { pipeline: pipeline.name, file: shown(file), stages: plan.stages.size, workers };
  try {
    return await runPipeline(pipeline, plan, beginning, options, reporter, io);
  } finally {
    reporter.close();
  }
}

/** The segments that hold these stages; where that cannot be, prints why and gives undefined. */
function chosenPlan(plan: Plan, only: readonly string[], file: string, io: Io): Plan | undefined {
  const unknown = only.filter((id) => !plan.stages.has(id));
  for (const id of unknown) {
    const nearest = nearestName(id, plan.stages.keys());
    const advice = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
    io.err.write(`error: --only: the pipeline has no stage "${id}"${advice}\n`);
  }
  if (unknown.length > 0) return undefined;
  const { plan: chosen, problems } = onlySegmentsOf(plan, only);
  if (problems.length === 0) return chosen;
  printProblems(
    problems.map((problem) => problemOfPlan(problem, file)),
    file,
    io,
  );
  return undefined;
}

function withOptions(pipeline: Pipeline, { state }: RunVerbOptions): Pipeline {
  return state === undefined ? pipeline : { ...pipeline, runtime: { ...pipeline.runtime, state } };
}

async function createReporter(pipeline: Pipeline, options: RunVerbOptions, io: Io): Promise<Reporter> {
  const quiet = options.quiet ?? false;
  const level = quiet && ['trace', 'debug', 'info'].includes(options.logLevel) ? 'warn' : options.logLevel;
  if (!io.err.isTerminal) {
    return new LogReporter(await createLog(level, { pipeline: pipeline.name }), options.progress && !quiet);
  }
  // Records that go to the same terminal would be drawn over.
  const free = !(
    io.out.isTerminal && pipeline.stages.some(({ kind, type }) => kind === 'sink' && type === 'stdout')
  );
  return new TerminalReporter(io, {
    level,
    showsProgress: options.progress && !quiet && free,
    showsSummary: !quiet,
  });
}

/** Runs to the end, with the first signal draining and the second ending the process. */
async function runPipeline(
  pipeline: Pipeline,
  plan: Plan,
  beginning: Beginning,
  options: RunVerbOptions,
  reporter: Reporter,
  io: Io,
): Promise<number> {
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  const chains = plan.segments.flatMap((segment) => segment.chains);
  const lanes = await lanesFor(pipeline, chains, beginning.workers, reporter.stageLog);
  const queueDefinitions = [...CATALOGUE.queues.values()];
  const { fresh = false, listen: at = options.ui ? address(DEFAULT_ADDRESS) : undefined } = options;
  const taps = new Taps();
  const run = new Run({ pipeline, plan, lanes, log: reporter.stageLog, fresh, queueDefinitions, taps });
  const server =
    at && (await (await import('./listen.js')).listen(at, () => ({ run, pipeline, plan }), taps, io));
  const removeHandlers = handleSignals(run, reporter, io);
  reporter.started(beginning);
  if (server)
    reporter.stageLog.info({ url: server.url }, options.ui ? 'listening: open it in a browser' : 'listening');
  const stopProgress = showProgress(new Sampler(() => run.observe()), reporter);
  try {
    await run.run();
    stopProgress();
    const summary = summarize(run, plan, run.isDraining ? 'drained' : 'done', elapsedMs());
    reporter.finished(summary);
    return summary.sums?.addUp ? Exit.DONE : Exit.FAILED;
  } catch (error) {
    stopProgress();
    if (error instanceof MillraceError && error.code === 'output_closed') return Exit.DONE;
    reporter.finished(summarize(run, plan, 'failed', elapsedMs()));
    reporter.failed(error);
    return run.isDraining ? Exit.INTERRUPTED : Exit.FAILED;
  } finally {
    await server?.close();
    await lanes.close();
    removeHandlers();
  }
}

function handleSignals(run: Run, reporter: Reporter, io: Io): () => void {
  return io.onSignal(() => {
    if (run.isDraining) {
      reporter.close();
      io.exit(Exit.INTERRUPTED);
    }
    run.drain();
    reporter.draining();
  });
}

function showProgress(sampler: Sampler, reporter: Reporter): () => void {
  if (reporter.progressEveryMs === undefined) return () => {};
  const show = () => reporter.progress(sampler.sample());
  const timer = setInterval(show, reporter.progressEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
