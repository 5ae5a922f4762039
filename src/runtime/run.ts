import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { nodeStorage, type Storage } from '../base/storage.js';
import {
  Claims,
  type Queue,
  type QueueDefinition,
  type SinkState,
  type StageLog,
} from '../component/index.js';
import type { Pipeline, Plan, QueuePlan } from '../plan/index.js';
import type { Lanes } from '../workers/index.js';
import { BufferPool } from './buffer-pool.js';
import { keepsState } from './dead-letters/index.js';
import { Metrics } from './metrics.js';
import { type Observation, observeChains, observeProcess, observeStages } from './observation.js';
import { PipelineState, queueFolder } from './pipeline-state.js';
import { refuseLeftQueues } from './queues/index.js';
import { SegmentRun } from './segment-run.js';
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

/**
 * One run of a pipeline in this process: of all its segments, which durable queues join. It goes on at the last
 * checkpoints, and ends when the sources have ended and everything behind them has drained, or with the first failure.
 */
export class Run {
  readonly metrics: Metrics;
  /** Of everything that outlives the run. */
  readonly stateFolder: string;
  readonly #options: RunOptions;
  readonly #storage: Storage;
  readonly #draining = new AbortController();
  readonly #failing = new AbortController();
  readonly #queues = new Map<string, Queue>();
  #segments: readonly SegmentRun[] = [];
  #state: PipelineState | undefined;
  #resumedFromMs: number | undefined;
  #startedMs = performance.now();
  #hasBegun = false;

  constructor(options: RunOptions) {
    const { pipeline, plan } = options;
    this.#options = options;
    this.#storage = options.storage ?? nodeStorage;
    // Of all stages: those that run elsewhere are given records here.
    this.metrics = new Metrics(
      pipeline.stages.map(({ id }) => id),
      plan.queues.keys(),
      options.taps,
    );
    this.stateFolder = join(pipeline.runtime.state, pipeline.name);
  }

  /** Runs to the end. Rejects with the first failure, after everything has been torn down. */
  async run(): Promise<void> {
    this.#startedMs = performance.now();
    try {
      await this.#openState();
      await this.#createSegments();
      for (const segment of this.#segments) await segment.claim();
      const { fresh = false } = this.#options;
      const beginning = { state: this.#state, isFresh: fresh };
      for (const segment of this.#segments) await segment.open(beginning);
      this.#hasBegun = true;
      await Promise.allSettled(
        this.#segments.map((segment) => segment.run().catch((error) => this.#fail(error))),
      );
      this.#failing.signal.throwIfAborted();
      for (const queue of this.#queues.values()) await queue.close();
    } catch (error) {
      this.#fail(error);
      await Promise.allSettled(this.#segments.map((segment) => segment.closeAfterFailure()));
      await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
      throw this.#failing.signal.reason;
    } finally {
      await this.#state?.close();
    }
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
    for (const progress of this.#segments.map((segment) => segment.progress())) {
      read += progress.read;
      total = progress.total === undefined || total === undefined ? undefined : total + progress.total;
    }
    return { read, total };
  }

  /** How many records wait in each durable queue, where that is known. */
  queueLag(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#queues].flatMap(([id, { waiting }]) => (waiting === undefined ? [] : [[id, waiting]])),
    );
  }

  /** What is known of it now. */
  observe(): Observation {
    const { pipeline, plan, lanes } = this.#options;
    const { metrics } = this;
    const { read, total } = this.progress();
    const lag = this.queueLag();
    return {
      pipeline: pipeline.name,
      elapsedMs: performance.now() - this.#startedMs,
      draining: this.isDraining,
      progress: { read, ...(total !== undefined && { total }) },
      stages: observeStages(plan, metrics),
      chains: observeChains(plan, metrics),
      queues: this.#segments.flatMap((segment) => segment.queues()),
      durableQueues: [...plan.queues.values()].map(({ id, stage, queue: { type } }) => {
        const waiting = lag.get(id);
        const counts = metrics.queue(id);
        return { id, stage: stage.id, type, ...counts, ...(waiting !== undefined && { waiting }) };
      }),
      deadLetters: metrics.deadLetters,
      workers: { count: lanes.width, tripsUnderWay: metrics.tripsUnderWay },
      process: observeProcess(),
      checkpoints: [...metrics.checkpoints].map(([segment, { count, atMs, durationMs }]) => {
        return { segment, count, ageMs: performance.now() - atMs, durationMs };
      }),
    };
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

  async #createSegments(): Promise<void> {
    const { pipeline, plan, lanes, log, clockOf } = this.#options;
    for (const queue of plan.queues.values()) this.#queues.set(queue.id, this.#createQueue(queue));
    const shared = {
      pipeline,
      plan,
      queues: this.#queues,
      claims: new Claims(),
      lanes,
      pool: new BufferPool(pipeline.runtime.memoryBytes / 4),
      metrics: this.metrics,
      storage: this.#storage,
      folder: this.stateFolder,
      log,
      ...(clockOf && { clockOf }),
      draining: this.#draining.signal,
      failing: this.#failing.signal,
      onFailure: (error: unknown) => this.#fail(error),
    };
    const segments: SegmentRun[] = [];
    this.#segments = segments;
    let firstChain = 0;
    for (const segment of plan.segments) {
      segments.push(await SegmentRun.create({ ...shared, segment, firstChain }));
      firstChain += segment.chains.length;
    }
  }

  #createQueue({ id, stage, queue, producers }: QueuePlan): Queue {
    const { pipeline, log } = this.#options;
    return queue.definition.create(queue.config, {
      pipeline: pipeline.name,
      stage: stage.id,
      folder: queueFolder(this.stateFolder, stage.id),
      producers,
      former: this.#formerProducers(id, producers),
      ...(!this.#options.plan.stages.has(stage.id) && { hasNoConsumer: true }),
      storage: this.#storage,
      log,
    });
  }

  #formerProducers(queue: string, producers: readonly string[]): ReadonlyMap<string, SinkState> {
    const state = this.#state;
    if (!state || this.#options.fresh) return new Map();
    const former = state.statesOf(queue);
    for (const producer of producers) former.delete(producer);
    return former;
  }

  /** Tears everything down. Only the first failure counts. */
  #fail(error: unknown): void {
    if (!this.#failing.signal.aborted) this.#failing.abort(error);
  }
}
