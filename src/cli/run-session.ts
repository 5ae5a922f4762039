import { MillraceError } from '../base/errors.js';
import type { StageLog } from '../component/index.js';
import type { ChainPlan } from '../plan/index.js';
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
import { Sampler, type Snapshot } from './sampler.js';
import { Standstill } from './standstill.js';
import { type Summary, summarize } from './summary.js';
import { checkSums } from './sums.js';
import { version } from './version.js';

export interface RunSessionOptions {
  readonly file: string;
  readonly options: RunVerbOptions;
  readonly reporter: Reporter;
  readonly io: Io;
}

/**
 * A pipeline in this process, from its start to its end: one run, which goes over to the next
 * version of its file where that is reloaded, or several, one after the other, where something is done at a standstill.
 */
export class RunSession {
  readonly #options: RunSessionOptions;
  /** Who looks at records looks on after a reload. */
  readonly #taps = new Taps();
  #current: (Current & PlannedRun) | undefined;
  /** To what the current run shall go over. */
  #next: PlannedRun | undefined;
  readonly #standstill = new Standstill(() => this.#current?.run.drain());
  readonly #stopping = new AbortController();
  #sampler: Sampler | undefined;
  #isReloading = false;

  constructor(options: RunSessionOptions) {
    this.#options = options;
  }

  /** Runs to the end, with the first signal draining and the second ending the process. Gives the exit code. */
  async run(first: PlannedRun): Promise<number> {
    const { options, io, file } = this.#options;
    const watchers = await this.#watchers();
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
      for (const watcher of watchers) await watcher.close();
    }
  }

  async #runAll(first: PlannedRun): Promise<number> {
    let planned = first;
    for (let fresh = this.#options.options.fresh ?? false; ; fresh = false) {
      const outcome = await this.#runOne(planned, fresh);
      if (outcome !== Exit.DONE || !this.#goesOn) return outcome;
      await this.#standstill.serve(this.#current!, this.#stopping.signal);
      planned = this.#next ?? this.#current!;
      this.#next = undefined;
    }
  }

  async #runOne(planned: PlannedRun, fresh: boolean): Promise<number> {
    const { reporter } = this.#options;
    const { pipeline, plan } = planned;
    const log = reporter.stageLog;
    const startedMs = performance.now();
    const lanes = await lanesOf(planned, log)(plan.segments.flatMap(({ chains }) => chains));
    const queueDefinitions = [...CATALOGUE.queues.values()];
    const run = new Run({ pipeline, plan, lanes, log, fresh, queueDefinitions, taps: this.#taps });
    this.#isNow({ ...planned, run });
    const stopProgress = showProgress(() => this.#sampler!.sample(), reporter);
    const summary = (outcome: Summary['outcome']) =>
      summarize(run, this.#current!.plan, outcome, performance.now() - startedMs);
    try {
      // A signal or another reload may have come while nothing ran.
      if (this.#isStopping || this.#goesOn) run.drain();
      await run.run();
      stopProgress();
      const done = summary(run.isDraining ? 'drained' : 'done');
      if (this.#goesOn) log.info({ sums: done.sums?.sentence }, 'standing still for dead letters');
      if (!this.#goesOn || !done.sums?.addUp) reporter.finished(done);
      return done.sums?.addUp ? Exit.DONE : Exit.FAILED;
    } catch (error) {
      stopProgress();
      if (error instanceof MillraceError && error.code === 'output_closed') return Exit.DONE;
      reporter.finished(summary('failed'));
      reporter.failed(error);
      return run.isDraining && !this.#goesOn ? Exit.INTERRUPTED : Exit.FAILED;
    } finally {
      for (const used of run.lanes) await used.close();
    }
  }

  #isNow(current: Current & PlannedRun): void {
    const { reporter, file } = this.#options;
    const { pipeline, plan, workers, run } = current;
    this.#current = current;
    this.#sampler = new Sampler(() => run.observe());
    reporter.started({ pipeline: pipeline.name, file: shown(file), stages: plan.stages.size, workers });
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
    if (this.#isReloading) return;
    this.#isReloading = true;
    while (
      this.#current &&
      this.#next &&
      !this.#isStopping &&
      (await this.#goOver(this.#current, this.#next))
    );
    this.#isReloading = false;
  }

  /** Gives false where the run is over: then there is nothing to go over from. */
  async #goOver(current: Current & PlannedRun, next: PlannedRun): Promise<boolean> {
    const { pipeline, plan } = next;
    const { run } = current;
    const log = this.#options.reporter.stageLog;
    let left: string | undefined;
    const reloaded = run.reload({
      pipeline,
      plan,
      lanesFor: lanesOf(next, log),
      obstacle: () => {
        left = leftBehind(run, current, next);
        return left;
      },
      onDrained: (kept, isWhole) => {
        const isChecked = kept.size === 0 && isWhole;
        const sums = isChecked
          ? { sums: checkSums(current.plan, run.metrics).sentence }
          : { kept: [...kept] };
        log.info(sums, 'reloading: going on with the new file');
      },
    });
    // Why a run fails is told where it ends.
    const { outcome, ...what } = await reloaded.catch(() => ({ outcome: 'over' as const }));
    if (outcome === 'over') return false;
    if (this.#next === next) this.#next = undefined;
    if (outcome === 'reloaded') this.#isNow({ ...next, run });
    else log.warn(what, left === undefined ? CANNOT_RUN : NOT_RELOADED);
    return true;
  }

  /** Those who are told of the run, or ask. All of it is loaded only where it is wanted. */
  async #watchers(): Promise<{ close(): Promise<void> }[]> {
    const { options, reporter, io } = this.#options;
    const log = reporter.stageLog;
    const current = () => this.#current;
    const at = options.listen ?? (options.ui ? address(DEFAULT_ADDRESS) : undefined);
    const watchers: { close(): Promise<void> }[] = [];
    if (at) {
      const { listen } = await import('./listen.js');
      const server = await listen(at, { current, taps: this.#taps, standstill: this.#standstill, log }, io);
      log.info({ url: server.url }, options.ui ? 'listening: open it in a browser' : 'listening');
      watchers.push(server);
    }
    if (options.otlp) {
      const [{ OtlpExport }, { observer }] = await Promise.all([
        import('./otlp.js'),
        import('./admin-views.js'),
      ]);
      const { otlp: url } = options;
      watchers.push(
        new OtlpExport({ url, log, version: version(), observe: observer(current), env: io.env }),
      );
    }
    return watchers;
  }
}

const NOT_RELOADED = 'not reloaded: the pipeline goes on as it was';
const CANNOT_RUN = 'the new file cannot run: going on with the one before';

function lanesOf({ pipeline, workers }: PlannedRun, log: StageLog) {
  return (chains: readonly ChainPlan[]) => lanesFor(pipeline, chains, workers, log);
}

function showProgress(sample: () => Snapshot, reporter: Reporter): () => void {
  if (reporter.progressEveryMs === undefined) return () => {};
  const show = () => reporter.progress(sample());
  const timer = setInterval(show, reporter.progressEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
