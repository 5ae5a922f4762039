import { join } from 'node:path';
import { nodeStorage } from '../base/storage.js';
import type { SinkState, StageLog } from '../component/index.js';
import { Inbox } from '../flow/index.js';
import type { InboxPlan, Pipeline, Plan, SegmentPlan, StageKind } from '../plan/index.js';
import { DEAD_LETTERS, type Lanes } from '../workers/index.js';
import { BufferPool } from './buffer-pool.js';
import { ChainRunner, type LeafEdge } from './chain-runner.js';
import type { Checkpoint } from './checkpoint-store.js';
import { Checkpointer } from './checkpointer.js';
import { deadLetterFolder, keepsState } from './dead-letters/index.js';
import { Ends } from './ends.js';
import { FailureShare, tooManyFailures } from './failure-share.js';
import { bufferOf, type ChainItem, type SinkItem } from './items.js';
import { Metrics } from './metrics.js';
import { DEAD_LETTER_STAGE, PipelineState } from './pipeline-state.js';
import { SinkStages } from './sink-stages.js';
import { SourceRunner } from './source-runner.js';

export interface RunOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  readonly lanes: Lanes;
  readonly log: StageLog;
  /** Whether to begin anew, whatever the last checkpoint says. */
  readonly fresh?: boolean;
}

/** The dead letters' own queue: small, since they are rare. */
const DEAD_LETTER_QUEUE_BYTES = 1024 * 1024;

/**
 * One run of a pipeline in this process. The layers are wired here, from the sinks up to the sources:
 *
 *     source → inbox → chain (trips through the lanes) → inbox → sink
 *                                                      → inbox → chain → …
 *                                                      → dead letters
 *
 * It goes on at the last checkpoint, and ends when the sources have ended and everything behind them has drained, or with
 * the first failure.
 */
export class Run {
  readonly metrics: Metrics;
  readonly deadLetterPath: string;
  readonly #options: RunOptions;
  readonly #segment: SegmentPlan;
  readonly #pool: BufferPool;
  readonly #inboxes = new Map<string, Inbox<ChainItem> | Inbox<SinkItem>>();
  readonly #deadLetters: Inbox<SinkItem>;
  readonly #draining = new AbortController();
  readonly #failing = new AbortController();
  #ends: Ends | undefined;
  #sourceRunners: ReadonlyMap<string, SourceRunner> = new Map();
  #state: PipelineState | undefined;
  #resumedFrom: Checkpoint | undefined;
  #checkpointer: Checkpointer | undefined;
  /** Resolves when it is written down to what the sinks can be taken back. */
  #begun: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(options: RunOptions) {
    const { pipeline, plan } = options;
    this.#options = options;
    this.#segment = plan.segments[0]!;
    this.metrics = new Metrics(plan.stages.keys());
    this.#pool = new BufferPool(pipeline.runtime.memoryBytes / 4);
    this.deadLetterPath = deadLetterFolder(this.#folder);
    for (const inbox of this.#segment.inboxes) this.#inboxes.set(inbox.stage, this.#createInbox(inbox));
    this.#deadLetters = new Inbox<SinkItem>({
      name: 'dead_letters',
      maxBytes: DEAD_LETTER_QUEUE_BYTES,
      whenFull: 'block',
      inputs: [
        ...this.#segment.chains.map(({ id }) => `chain ${id}`),
        ...this.#sourceIds().map((id) => `source ${id}`),
        ...this.#sinkIds().map((id) => `sink ${id}`),
      ],
      onDrop: () => {},
    });
  }

  /** Runs to the end. Rejects with the first failure, after everything has been torn down. */
  async run(): Promise<void> {
    const { pipeline, plan, log } = this.#options;
    this.#ends = await Ends.create({
      pipeline,
      plan,
      segment: this.#segment,
      storage: nodeStorage,
      folder: this.#folder,
      log,
    });
    try {
      await this.#open(this.#ends);
      await this.#runParts();
      if (this.#failure !== undefined) throw this.#failure;
      await this.#checkpointer?.finish(!this.isDraining);
      await this.#ends.close();
    } catch (error) {
      this.#fail(error);
      await this.#checkpointer?.stopped();
      await this.#ends.closeAfterFailure();
      throw this.#failure;
    } finally {
      await this.#state?.close();
    }
  }

  /** Sources end where they are; what they have read goes through to the sinks. */
  drain(): void {
    this.#draining.abort();
  }

  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** The checkpoint at which this run went on; undefined where it began. */
  get resumedFrom(): Checkpoint | undefined {
    return this.#resumedFrom;
  }

  /** How far the sources are, in bytes of their inputs; `total` where all of them know it. */
  progress(): { read: number; total: number | undefined } {
    let read = 0;
    let total: number | undefined = 0;
    for (const source of this.#ends?.sources.values() ?? []) {
      const progress = source.progress?.();
      read += progress?.read ?? 0;
      total = progress?.total === undefined || total === undefined ? undefined : total + progress.total;
    }
    return { read, total };
  }

  /** The share of its room that each queue has in use, by the stage behind it. */
  queueFill(): ReadonlyMap<string, number> {
    const fill = new Map<string, number>();
    for (const [stage, inbox] of this.#inboxes) {
      const limit = inbox.edges.reduce((sum, edge) => sum + edge.credit.limit, 0);
      const used = inbox.edges.reduce((sum, edge) => sum + edge.credit.used, 0);
      fill.set(stage, used / limit);
    }
    return fill;
  }

  get #folder(): string {
    const { runtime, name } = this.#options.pipeline;
    return join(runtime.state, name);
  }

  #sourceIds(): string[] {
    return this.#idsOf('source');
  }

  #sinkIds(): string[] {
    return this.#idsOf('sink');
  }

  #idsOf(wanted: StageKind): string[] {
    return this.#segment.stages.filter((id) => this.#options.plan.stages.get(id)!.kind === wanted);
  }

  #createInbox({ stage, inputs, queue }: InboxPlan): Inbox<ChainItem> | Inbox<SinkItem> {
    const onDrop = (item: ChainItem | SinkItem) => {
      this.metrics.stage(stage).droppedByQueue += item.kind === 'chunk' ? 0 : item.records;
      this.#pool.give(bufferOf(item));
    };
    const options = { name: stage, maxBytes: queue.maxBytes, whenFull: queue.whenFull, inputs, onDrop };
    const { kind } = this.#options.plan.stages.get(stage)!;
    return kind === 'sink' ? new Inbox<SinkItem>(options) : new Inbox<ChainItem>(options);
  }

  /** Takes the sinks back to the last checkpoint, and writes down to what they can be taken back from now on. */
  async #open({ sinks }: Ends): Promise<void> {
    const { pipeline, log, fresh } = this.#options;
    if (keepsState(pipeline)) {
      this.#state = await PipelineState.open({ storage: nodeStorage, folder: this.#folder, log });
      if (!fresh) this.#resumedFrom = this.#state.store.last;
    }
    if (this.#resumedFrom) {
      const { id, timeMs } = this.#resumedFrom;
      const time = new Date(timeMs).toISOString();
      log.info({ checkpoint: id }, `going on at the checkpoint of ${time}; --fresh starts over`);
    }
    const isKept = (stage: string) => this.#resumedFrom !== undefined || stage === DEAD_LETTER_STAGE;
    const states = new Map<string, SinkState>();
    for (const [stage, sink] of sinks) {
      states.set(stage, await sink.open(isKept(stage) ? this.#state?.stateOf(stage) : undefined));
    }
    this.#sourceRunners = new Map(this.#sourceIds().map((id) => [id, this.#createSourceRunner(id)]));
    if (!this.#state) return;
    this.#checkpointer = new Checkpointer({
      store: this.#state.store,
      intervalMs: this.#options.pipeline.runtime.checkpointMs,
      sources: this.#sourceRunners,
      sinks,
      writtenBytes: () => this.metrics.writtenBytes,
      log,
      signal: this.#failing.signal,
      onFailure: (error) => this.#fail(error),
    });
    this.#begun = this.#checkpointer.begin(states);
  }

  async #runParts(): Promise<void> {
    const { plan, log } = this.#options;
    const sinkStages = new SinkStages({
      plan,
      sinks: this.#ends!.sinks,
      inboxOf: (stage) => this.#inboxes.get(stage) as Inbox<SinkItem>,
      deadLetters: this.#deadLetters,
      pool: this.#pool,
      metrics: this.metrics,
      log,
      signal: this.#failing.signal,
      checkpointer: this.#checkpointer,
      ready: this.#begun,
    });
    const parts = [
      ...sinkStages.runs(),
      ...this.#segment.chains.map((_, index) => this.#runChain(index)),
      ...[...this.#sourceRunners.values()].map((runner) => runner.run()),
    ];
    await Promise.allSettled(parts.map((part) => part.catch((error) => this.#fail(error))));
  }

  #createSourceRunner(id: string): SourceRunner {
    const { maxBytes, lingerMs } = this.#options.pipeline.runtime.batch;
    return new SourceRunner({
      stage: id,
      pipeline: this.#options.pipeline.name,
      source: this.#ends!.sources.get(id)!,
      from: this.#resumedFrom && this.#state ? this.#state.positionsOf(id) : new Map(),
      edge: (this.#inboxes.get(id) as Inbox<ChainItem>).edge(id),
      deadLetters: this.#deadLetters.edge(`source ${id}`),
      pool: this.#pool,
      metrics: this.metrics,
      batchBytes: maxBytes,
      lingerMs,
      signal: AbortSignal.any([this.#draining.signal, this.#failing.signal]),
    });
  }

  async #runChain(index: number): Promise<void> {
    const { pipeline, lanes } = this.#options;
    const plan = this.#segment.chains[index]!;
    const leaves = new Map<number, LeafEdge>([[DEAD_LETTERS, this.#deadLetters.edge(`chain ${plan.id}`)]]);
    for (const [node, { kind, stage }] of plan.nodes.entries()) {
      if (kind === 'encode' || kind === 'send')
        leaves.set(node, this.#inboxes.get(stage)!.edge(plan.id) as LeafEdge);
    }
    const { maxShare } = pipeline.deadLetter;
    const share = maxShare === undefined ? undefined : new FailureShare(maxShare);
    const onTrip = (records: number, failed: number) => {
      const tooHigh = share?.add(records, failed);
      if (tooHigh !== undefined) throw tooManyFailures(tooHigh, maxShare!, plan.id);
    };
    const inbox = this.#inboxes.get(plan.id) as Inbox<ChainItem>;
    await new ChainRunner({
      plan,
      index,
      inbox,
      lanes,
      leaves,
      pool: this.#pool,
      metrics: this.metrics,
      onTrip,
    }).run();
  }

  /** Tears everything down: whoever waits for room or for input is told. Only the first failure counts. */
  #fail(error: unknown): void {
    if (this.#failing.signal.aborted) return;
    this.#failure = error;
    this.#failing.abort(error);
    for (const inbox of [...this.#inboxes.values(), this.#deadLetters] as Inbox<unknown>[]) inbox.fail(error);
  }
}
