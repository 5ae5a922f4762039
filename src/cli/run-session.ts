import type { AdminServer } from '../admin/index.js';
import { MillraceError, messageOf } from '../base/errors.js';
import { Run, Taps } from '../runtime/index.js';
import type { Current } from './admin-views.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';
import { lanesFor } from './lanes.js';
import { problemLine, shown } from './load.js';
import { address, DEFAULT_ADDRESS } from './options.js';
import { type PlannedRun, planRun } from './plan-run.js';
import { leftBehind, obstacleTo, watchFile } from './reload.js';
import type { Reporter } from './reporter.js';
import type { RunVerbOptions } from './run.js';
import { Sampler } from './sampler.js';
import { Standstill } from './standstill.js';
import { summarize } from './summary.js';

export interface RunSessionOptions {
  readonly file: string;
  readonly options: RunVerbOptions;
  readonly reporter: Reporter;
  readonly io: Io;
}

/**
 * A pipeline in this process, from its start to its end: one run, or several, one after the other, where its file is
 * reloaded, or something is done at a standstill. The run drains to a checkpoint, at which the next one goes on.
 */
export class RunSession {
  readonly #options: RunSessionOptions;
  /** Who looks at records looks on after a reload. */
  readonly #taps = new Taps();
  #current: (Current & PlannedRun) | undefined;
  /** What runs when the current run has drained. */
  #next: PlannedRun | undefined;
  readonly #standstill = new Standstill(() => this.#current?.run.drain());
  readonly #stopping = new AbortController();

  constructor(options: RunSessionOptions) {
    this.#options = options;
  }

  /** Runs to the end, with the first signal draining and the second ending the process. Gives the exit code. */
  async run(first: PlannedRun): Promise<number> {
    const { options, io, file } = this.#options;
    const server = await this.#listen();
    const reload = () => void this.#reload();
    const ends = [
      io.onSignal(() => this.#stop()),
      ...(io.onReload ? [io.onReload(reload)] : []),
      ...(options.watch && file !== '-' ? [watchFile(file, reload)] : []),
    ];
    try {
      return await this.#runAll(first);
    } finally {
      for (const end of ends) end();
      this.#standstill.end();
      await server?.close();
    }
  }

  async #runAll(first: PlannedRun): Promise<number> {
    let planned = first;
    /** To go back to where a new version does not even begin. */
    let former: PlannedRun | undefined;
    for (let fresh = this.#options.options.fresh ?? false; ; fresh = false) {
      const outcome = await this.#runOne(planned, fresh, former !== undefined);
      if (outcome === 'never began') {
        planned = former!;
        former = undefined;
        continue;
      }
      if (outcome !== Exit.DONE || !this.#goesOn) return outcome;
      await this.#standstill.serve(this.#current!, this.#stopping.signal);
      former = this.#next && planned;
      planned = this.#next ?? planned;
      this.#next = undefined;
    }
  }

  /** @param mayReturn whether a run that does not begin is no failure, since the former version can go on */
  async #runOne(planned: PlannedRun, fresh: boolean, mayReturn: boolean): Promise<number | 'never began'> {
    const { reporter, file } = this.#options;
    const { pipeline, plan, workers } = planned;
    const log = reporter.stageLog;
    const startedMs = performance.now();
    const chains = plan.segments.flatMap((segment) => segment.chains);
    const lanes = await lanesFor(pipeline, chains, workers, log);
    const queueDefinitions = [...CATALOGUE.queues.values()];
    const run = new Run({ pipeline, plan, lanes, log, fresh, queueDefinitions, taps: this.#taps });
    this.#current = { ...planned, run };
    reporter.started({ pipeline: pipeline.name, file: shown(file), stages: plan.stages.size, workers });
    const stopProgress = showProgress(new Sampler(() => run.observe()), reporter);
    try {
      // A signal or another reload may have come while nothing ran.
      if (this.#isStopping || this.#goesOn) run.drain();
      await run.run();
      stopProgress();
      const summary = summarize(
        run,
        plan,
        run.isDraining ? 'drained' : 'done',
        performance.now() - startedMs,
      );
      this.#keepWhatIsLeft(run, planned);
      if (this.#next) log.info({ sums: summary.sums?.sentence }, 'reloading: going on with the new file');
      else if (this.#goesOn) log.info({ sums: summary.sums?.sentence }, 'standing still for dead letters');
      if (!this.#goesOn || !summary.sums?.addUp) reporter.finished(summary);
      return summary.sums?.addUp ? Exit.DONE : Exit.FAILED;
    } catch (error) {
      stopProgress();
      if (error instanceof MillraceError && error.code === 'output_closed') return Exit.DONE;
      if (mayReturn && !run.hasBegun) {
        log.warn({ reason: messageOf(error) }, 'the new file cannot run: going on with the one before');
        return 'never began';
      }
      reporter.finished(summarize(run, plan, 'failed', performance.now() - startedMs));
      reporter.failed(error);
      return run.isDraining && !this.#goesOn ? Exit.INTERRUPTED : Exit.FAILED;
    } finally {
      await lanes.close();
    }
  }

  /** Where the next version would leave records in a queue, the current one goes on. */
  #keepWhatIsLeft(run: Run, planned: PlannedRun): void {
    const left = this.#next && leftBehind(run, planned, this.#next);
    if (left === undefined) return;
    this.#options.reporter.stageLog.warn({ reason: left }, NOT_RELOADED);
    this.#next = planned;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Whether what runs only drains for what comes then. */
  get #goesOn(): boolean {
    return !this.#isStopping && (this.#next !== undefined || this.#standstill.isWanted);
  }

  #stop(): void {
    const { reporter, io } = this.#options;
    if (this.#isStopping) {
      reporter.close();
      io.exit(Exit.INTERRUPTED);
    }
    this.#stopping.abort();
    this.#current?.run.drain();
    reporter.draining();
  }

  /** A file with mistakes changes nothing. */
  async #reload(): Promise<void> {
    const { reporter, file, options, io } = this.#options;
    const log = reporter.stageLog;
    const { planned, problems } = await planRun(file, options, io);
    const current = this.#current;
    if (!current || this.#isStopping) return;
    if (problems) {
      for (const problem of problems) log.warn({ problem: problemLine(problem) }, NOT_RELOADED);
      return;
    }
    const obstacle = obstacleTo(current, planned);
    if (obstacle !== undefined) {
      log.warn({ reason: obstacle }, NOT_RELOADED);
      return;
    }
    this.#next = planned;
    current.run.drain();
  }

  async #listen(): Promise<AdminServer | undefined> {
    const { options, reporter, io } = this.#options;
    const at = options.listen ?? (options.ui ? address(DEFAULT_ADDRESS) : undefined);
    if (!at) return undefined;
    const { listen } = await import('./listen.js');
    const shown = { taps: this.#taps, standstill: this.#standstill, log: reporter.stageLog };
    const server = await listen(at, { current: () => this.#current, ...shown }, io);
    const message = options.ui ? 'listening: open it in a browser' : 'listening';
    reporter.stageLog.info({ url: server.url }, message);
    return server;
  }
}

const NOT_RELOADED = 'not reloaded: the pipeline goes on as it was';

function showProgress(sampler: Sampler, reporter: Reporter): () => void {
  if (reporter.progressEveryMs === undefined) return () => {};
  const show = () => reporter.progress(sampler.sample());
  const timer = setInterval(show, reporter.progressEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
