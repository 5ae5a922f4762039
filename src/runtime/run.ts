import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { nodeStorage, type Storage } from '../base/storage.js';
import type { QueueDefinition, StageLog } from '../component/index.js';
import type { Pipeline, Plan } from '../plan/index.js';
import type { Lanes } from '../workers/index.js';
import { keepsState } from './dead-letters/index.js';
import { Metrics } from './metrics.js';
import { type Observation, observeChains, observeProcess, observeStages } from './observation.js';
import { type NextVersion, Parts } from './parts.js';
import { PipelineState } from './pipeline-state.js';
import { refuseLeftQueues } from './queues/index.js';
import type { Taps } from './taps.js';

export interface RunOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  /** For the chains of all segments, one segment after the other. */
  readonly lanes: Lanes;
  readonly log: StageLog;
  /** Whether to begin anew, whatever the last checkpoint says. */
  readonly fresh?: boolean;
  /** Who looks at records that pass, where they look on after this run. */
  readonly taps?: Taps;
  /** All kinds of durable queues, to look into one that the file has no more. */
  readonly queueDefinitions: readonly QueueDefinition[];
  /** Where everything is that outlives the run, the lock of the state folder apart; the file system of this machine otherwise. */
  readonly storage?: Storage;
  /** As a sink's retries wait, by its id; the time of this machine otherwise. */
  readonly clockOf?: (sink: string) => Clock;
}

export type Reloaded =
  /** It runs; `kept` are the segments that have gone on. */
  | { readonly outcome: 'reloaded'; readonly kept: ReadonlySet<string> }
  /** It cannot, and the version before goes on. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** The run has come, or is coming, to its end: nothing was done. */
  | { readonly outcome: 'over' };

/**
 * One run of a pipeline in this process: of all its segments, which durable queues join. It goes on at the last
 * checkpoints, and ends when the sources have ended and everything behind them has drained, or with the first failure.
 * Meanwhile it can go over to other versions of the pipeline.
 */
export class Run {
  readonly metrics: Metrics;
  /** Of everything that outlives the run. */
  readonly stateFolder: string;
  readonly #options: RunOptions;
  readonly #storage: Storage;
  readonly #draining = new AbortController();
  readonly #failing = new AbortController();
  readonly #parts: Parts;
  #beginning: Promise<void> = Promise.resolve();
  #reloading: Promise<unknown> = Promise.resolve();
  #state: PipelineState | undefined;
  #resumedFromMs: number | undefined;
  #startedMs = performance.now();
  #hasBegun = false;
  #isOver = false;

  constructor(options: RunOptions) {
    const { pipeline, plan, lanes, log, clockOf, queueDefinitions, storage = nodeStorage } = options;
    this.#options = options;
    this.#storage = storage;
    // Of all stages: those that run elsewhere are given records here.
    this.metrics = new Metrics(
      pipeline.stages.map(({ id }) => id),
      plan.queues.keys(),
      options.taps,
    );
    this.stateFolder = join(pipeline.runtime.state, pipeline.name);
    this.#parts = new Parts({ pipeline, plan }, lanes, {
      ...{ log, storage, queueDefinitions },
      ...(clockOf && { clockOf }),
      metrics: this.metrics,
      folder: this.stateFolder,
      draining: this.#draining.signal,
      failing: this.#failing.signal,
      onFailure: (error) => this.#fail(error),
    });
  }

  /** Runs to the end. Rejects with the first failure, after everything has been torn down. */
  async run(): Promise<void> {
    this.#startedMs = performance.now();
    try {
      const beginning = this.#begin();
      this.#beginning = beginning.catch(() => {});
      await beginning;
      await this.#ended();
      this.#failing.signal.throwIfAborted();
      for (const queue of this.#parts.queues.values()) await queue.close();
    } catch (error) {
      this.#fail(error);
      await this.#parts.closeAfterFailure();
      throw this.#failing.signal.reason;
    } finally {
      this.#isOver = true;
      await this.#state?.close();
    }
  }

  /**
   * Goes over to another version of the pipeline, under the same name and in the same state folder. Segments that are the same in both
   * go on; the others drain to a checkpoint, at which those of the next version begin. One at a time. Rejects where the run fails.
   */
  async reload(next: NextVersion): Promise<Reloaded> {
    await this.#beginning;
    if (!this.#hasBegun || this.#isOver || this.isDraining) return { outcome: 'over' };
    const reloading = this.#parts.reload(next);
    this.#reloading = reloading.catch((error) => this.#fail(error));
    const reloaded = await reloading;
    if (!reloaded) return { outcome: 'over' };
    const { kept, refused } = reloaded;
    return refused === undefined ? { outcome: 'reloaded', kept } : { outcome: 'refused', reason: refused };
  }

  /** To be closed when the run is over. */
  get lanes(): ReadonlySet<Lanes> {
    return this.#parts.lanes;
  }

  /** Whether everything is open, and records have begun to pass. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Sources end where they are; what they have read goes through to the sinks. */
  drain(): void {
    this.#draining.abort();
  }

  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** When the checkpoint was made at which this run went on; undefined where it began. */
  get resumedFromMs(): number | undefined {
    return this.#resumedFromMs;
  }

  /** How far the sources are, in bytes of their inputs; `total` where all of them know it. */
  progress(): { read: number; total: number | undefined } {
    let read = 0;
    let total: number | undefined = 0;
    for (const progress of this.#parts.now.map(({ segment }) => segment.progress())) {
      read += progress.read;
      total = progress.total === undefined || total === undefined ? undefined : total + progress.total;
    }
    return { read, total };
  }

  /** How many records wait in each durable queue, where that is known. */
  queueLag(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#parts.queues].flatMap(([id, { waiting }]) => (waiting === undefined ? [] : [[id, waiting]])),
    );
  }

  /** What is known of it now. */
  observe(): Observation {
    const { metrics } = this;
    const { pipeline, plan } = this.#parts.version;
    const { read, total } = this.progress();
    const lag = this.queueLag();
    return {
      pipeline: pipeline.name,
      elapsedMs: performance.now() - this.#startedMs,
      draining: this.isDraining,
      progress: { read, ...(total !== undefined && { total }) },
      stages: observeStages(plan, metrics),
      chains: observeChains(plan, metrics),
      queues: this.#parts.now.flatMap(({ segment }) => segment.queues()),
      durableQueues: [...plan.queues.values()].map(({ id, stage, queue: { type } }) => {
        const waiting = lag.get(id);
        const counts = metrics.queue(id);
        return { id, stage: stage.id, type, ...counts, ...(waiting !== undefined && { waiting }) };
      }),
      deadLetters: metrics.deadLetters,
      workers: { count: this.#options.lanes.width, tripsUnderWay: metrics.tripsUnderWay },
      process: observeProcess(),
      checkpoints: [...metrics.checkpoints].map(([segment, { count, atMs, durationMs }]) => {
        return { segment, count, ageMs: performance.now() - atMs, durationMs };
      }),
    };
  }

  async #begin(): Promise<void> {
    const { lanes, fresh = false } = this.#options;
    await this.#openState();
    await this.#parts.begin(this.#state, lanes, fresh);
    this.#hasBegun = true;
  }

  async #openState(): Promise<void> {
    const { pipeline, plan, log, fresh } = this.#options;
    if (!keepsState(pipeline)) return;
    const segments = plan.segments.map(({ id }) => id);
    const folder = this.stateFolder;
    this.#state = await PipelineState.open({ storage: this.#storage, folder, segments, log });
    if (fresh) return;
    await refuseLeftQueues(this.#state, { ...this.#options, storage: this.#storage, folder });
    this.#resumedFromMs = this.#state.lastTimeMs;
    if (this.#resumedFromMs === undefined) return;
    const { lastId } = this.#state;
    const time = new Date(this.#resumedFromMs).toISOString();
    log.info({ checkpoint: lastId }, `going on at the checkpoint of ${time}; --fresh starts over`);
  }

  /** Waits for all parts, those that come with a reload among them. */
  async #ended(): Promise<void> {
    for (;;) {
      const parts = this.#parts.now;
      const reloading = this.#reloading;
      await Promise.all([...parts.map(({ ended }) => ended), reloading]);
      if (parts === this.#parts.now && reloading === this.#reloading) break;
    }
    this.#isOver = true;
  }

  /** Tears everything down. Only the first failure counts. */
  #fail(error: unknown): void {
    if (!this.#failing.signal.aborted) this.#failing.abort(error);
  }
}
