import type { Clock } from '../base/clock.js';
import type { Storage } from '../base/storage.js';
import type { Claims, Positions, Queue, Sink, SinkState, StageLog } from '../component/index.js';
import { Inbox } from '../flow/index.js';
import {
  type ChainPlan,
  type InboxPlan,
  type Pipeline,
  type Plan,
  queueId,
  type SegmentPlan,
} from '../plan/index.js';
import { DEAD_LETTERS, type Lanes } from '../workers/index.js';
import type { BufferPool } from './buffer-pool.js';
import { ChainRunner, type LeafEdge } from './chain-runner.js';
import { Checkpointer, type CheckpointParts } from './checkpointer.js';
import { Ends } from './ends.js';
import { FailureShare, tooManyFailures } from './failure-share.js';
import { formerParts } from './former-parts.js';
import { bufferOf, type ChainItem, type SinkItem } from './items.js';
import { Memories } from './memory/memories.js';
import type { Metrics } from './metrics.js';
import { observeInbox, type QueueObservation } from './observation.js';
import { DEAD_LETTER_STAGE, type ForgottenState, type PipelineState } from './pipeline-state.js';
import { SinkStages } from './sink-stages.js';
import { SourceRunner } from './source-runner.js';
import { Spills } from './spills.js';

export interface SegmentRunOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  readonly segment: SegmentPlan;
  /** Where its chains begin among those of all segments. */
  readonly firstChain: number;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly isHandedOver?: (queue: string) => boolean;
  readonly claims: Claims;
  readonly lanes: Lanes;
  readonly pool: BufferPool;
  readonly metrics: Metrics;
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly log: StageLog;
  readonly clockOf?: (sink: string) => Clock;
  /** Aborts when the sources shall come to their end. */
  readonly draining: AbortSignal;
  /** Aborts when the run is torn down; `onFailure` does that. */
  readonly failing: AbortSignal;
  readonly onFailure: (error: unknown) => void;
  /** In the place of the dead letters that the pipeline keeps. */
  readonly deadLetters?: Sink;
}

/** What a segment goes on from. */
export interface Beginning {
  /** Undefined where the pipeline keeps none. */
  readonly state: PipelineState | ForgottenState | undefined;
  /** Everything begins anew, but for dead letters. */
  readonly isFresh: boolean;
  /**
   * Makes of what this run knows what its checkpoints hold; without it they also hold what former stages have left in queues. Such
   * a run goes over records again, or takes another way: its stages remember nothing of others.
   */
  readonly amend?: (own: CheckpointParts) => CheckpointParts;
  /** Where sources begin, in place of where they were. */
  readonly from?: ReadonlyMap<string, Positions>;
}

/** The dead letters' own queue: small, since they are rare. */
const DEAD_LETTER_QUEUE_BYTES = 1024 * 1024;

/**
 * One run of a segment. The layers are wired here, from the sinks up to the sources:
 *
 *     source → inbox → chain (trips through the lanes) → inbox → sink
 *                                                      → inbox → chain → …
 *                                                      → dead letters
 *
 * The ends of durable queues are sources and sinks like others.
 */
export class SegmentRun {
  readonly #options: SegmentRunOptions;
  readonly #ends: Ends;
  readonly #memories: Memories;
  readonly #inboxes: ReadonlyMap<string, Inbox<ChainItem> | Inbox<SinkItem>>;
  readonly #deadLetters: Inbox<SinkItem>;
  #sourceRunners: ReadonlyMap<string, SourceRunner> = new Map();
  readonly #spills: Spills;
  #checkpointer: Checkpointer | undefined;
  /** What the sinks can be taken back to, and what the stages remember. */
  #states: ReadonlyMap<string, SinkState> = new Map();

  private constructor(options: SegmentRunOptions, ends: Ends) {
    const { segment, failing } = options;
    this.#options = options;
    this.#ends = ends;
    this.#memories = new Memories(options);
    this.#spills = new Spills(options);
    this.#inboxes = new Map(segment.inboxes.map((inbox) => [inbox.id, this.#createInbox(inbox)]));
    this.#deadLetters = new Inbox<SinkItem>({
      name: 'dead_letters',
      maxBytes: DEAD_LETTER_QUEUE_BYTES,
      whenFull: 'block',
      inputs: [
        ...segment.chains.map(({ id }) => `chain ${id}`),
        ...[...ends.sources.keys()].map((id) => `source ${id}`),
        ...[...ends.sinks.keys()].filter((id) => id !== DEAD_LETTER_STAGE).map((id) => `sink ${id}`),
      ],
      onDrop: () => {},
    });
    failing.addEventListener('abort', () => this.#tearDown(failing.reason));
  }

  static async create(options: SegmentRunOptions): Promise<SegmentRun> {
    const request = { checkpoint: () => {} };
    const ends = await Ends.create({ ...options, requestCheckpoint: () => request.checkpoint() });
    const run = new SegmentRun(options, ends);
    request.checkpoint = () => run.#checkpointer?.request();
    return run;
  }

  /** Says what is read and written; nothing is touched before all segments have. */
  claim(): Promise<void> {
    return this.#ends.claim();
  }

  /** Takes the sinks back to the last checkpoint. Until it runs, that stays the last. */
  async open(beginning: Beginning): Promise<void> {
    const { sinks, sources } = this.#ends;
    const states = new Map<string, SinkState>();
    for (const [id, sink] of sinks) states.set(id, await sink.open(this.#stateOf(id, beginning)));
    this.#sourceRunners = new Map(
      [...sources.keys()].map((id) => [id, this.#createSourceRunner(id, beginning)]),
    );
    const { state, amend } = beginning;
    const isKept = state !== undefined && amend === undefined;
    const memories = await this.#memories.open(isKept ? (id) => this.#stateOf(id, beginning) : undefined);
    if (!state) return;
    const { pipeline, segment, metrics, log, failing, onFailure } = this.#options;
    this.#checkpointer = new Checkpointer({
      store: state.store(segment.id),
      lastId: state.lastId,
      intervalMs: pipeline.runtime.checkpointMs,
      sources: this.#sourceRunners,
      sinks: new Map([...sinks, ...[...memories.keys()].map((id) => [id, {}] as const)]),
      amend: this.#amendment(beginning, state),
      writtenBytes: () => metrics.writtenBytes,
      onWritten: (ms) => metrics.countCheckpoint(segment.id, ms),
      log,
      signal: failing,
      onFailure,
    });
    this.#states = new Map([...states, ...memories]);
  }

  /** Writes down to what the sinks can be taken back from now on, runs to the end, and writes the last checkpoint. */
  async run(): Promise<void> {
    const { draining, failing, onFailure } = this.#options;
    const begun = this.#checkpointer?.begin(this.#states) ?? Promise.resolve();
    await Promise.allSettled(this.#parts(begun).map((part) => part.catch(onFailure)));
    failing.throwIfAborted();
    await this.#checkpointer?.finish(!draining.aborted);
    await this.#memories.close();
    await this.#spills.close();
    await this.#ends.close();
  }

  async closeAfterFailure(): Promise<void> {
    await this.#checkpointer?.stopped();
    await this.#memories.close();
    await this.#spills.close();
    await this.#ends.closeAfterFailure();
  }

  /** How far the sources are, in bytes of their inputs; `total` where all of them know it. */
  progress(): { read: number; total: number | undefined } {
    let read = 0;
    let total: number | undefined = 0;
    for (const [id, source] of this.#ends.sources) {
      if (!this.#options.plan.stages.has(id)) continue;
      const progress = source.progress?.();
      read += progress?.read ?? 0;
      total = progress?.total === undefined || total === undefined ? undefined : total + progress.total;
    }
    return { read, total };
  }

  /** Its queues in memory, in the direction of the records. */
  queues(): QueueObservation[] {
    const { id: segment } = this.#options.segment;
    return [...this.#inboxes].map(([id, inbox]) => observeInbox(id, segment, inbox));
  }

  #createInbox({ id, inputs, queue }: InboxPlan): Inbox<ChainItem> | Inbox<SinkItem> {
    const { metrics, pool } = this.#options;
    const onDrop = (item: ChainItem | SinkItem) => {
      metrics.stage(id).droppedByQueue += item.kind === 'chunk' ? 0 : item.records;
      pool.give(bufferOf(item));
    };
    // What spills does so before it comes here.
    const whenFull = queue.whenFull === 'spill' ? 'block' : queue.whenFull;
    const options = { name: id, maxBytes: queue.maxBytes, whenFull, inputs, onDrop };
    return this.#ends.sinks.has(id) ? new Inbox<SinkItem>(options) : new Inbox<ChainItem>(options);
  }

  #stateOf(sink: string, { state, isFresh }: Beginning): SinkState | undefined {
    const { segment } = this.#options;
    if (sink === DEAD_LETTER_STAGE) return state?.stateIn(segment.id, sink);
    if (isFresh) return undefined;
    return segment.writes.includes(sink) ? state?.stateIn(segment.id, sink) : state?.stateOf(sink);
  }

  #amendment(
    { isFresh, amend }: Beginning,
    state: PipelineState | ForgottenState,
  ): (own: CheckpointParts) => CheckpointParts {
    if (amend) return amend;
    const { pipeline, segment } = this.#options;
    const former = formerParts(isFresh ? undefined : state.store(segment.id).last, pipeline, segment);
    return ({ sources, sinks }) => ({
      sources: { ...former.sources, ...sources },
      sinks: { ...former.sinks, ...sinks },
    });
  }

  #parts(begun: Promise<void>): Promise<void>[] {
    const { pipeline, plan, segment, pool, metrics, log, clockOf, failing } = this.#options;
    const sinkStages = new SinkStages({
      ...{ plan, pool, metrics, log, ...(clockOf && { clockOf }) },
      segment: segment.id,
      pipeline: pipeline.name,
      sinks: this.#ends.sinks,
      inboxOf: (id) => this.#inboxes.get(id) as Inbox<SinkItem>,
      deadLetters: this.#deadLetters,
      signal: failing,
      checkpointer: this.#checkpointer,
      ready: begun,
    });
    return [
      ...sinkStages.runs(),
      ...segment.chains.map((chain, index) => this.#runChain(chain, index)),
      ...[...this.#sourceRunners.values()].map((runner) => runner.run()),
    ];
  }

  #createSourceRunner(id: string, { state, isFresh, from }: Beginning): SourceRunner {
    const { pipeline, pool, metrics, draining, failing } = this.#options;
    const { maxBytes, lingerMs } = pipeline.runtime.batch;
    return new SourceRunner({
      stage: id,
      pipeline: pipeline.name,
      source: this.#ends.sources.get(id)!,
      from: from?.get(id) ?? (state && !isFresh ? state.positionsOf(id) : new Map()),
      edge: (this.#inboxes.get(id) as Inbox<ChainItem>).edge(id),
      deadLetters: this.#deadLetters.edge(`source ${id}`),
      pool,
      metrics,
      batchBytes: maxBytes,
      lingerMs,
      signal: AbortSignal.any([draining, failing]),
    });
  }

  async #runChain(plan: ChainPlan, index: number): Promise<void> {
    const { pipeline, segment, firstChain, lanes, pool, metrics } = this.#options;
    const leaves = new Map<number, LeafEdge>([[DEAD_LETTERS, this.#deadLetters.edge(`chain ${plan.id}`)]]);
    for (const [node, { kind, stage, partitioning }] of plan.nodes.entries()) {
      if (kind !== 'encode' && kind !== 'send') continue;
      const id = partitioning ? queueId(stage) : stage;
      const edge = this.#inboxes.get(id)!.edge(plan.id) as LeafEdge;
      leaves.set(node, this.#spills.before(edge, segment.inboxes.find((inbox) => inbox.id === id)!));
    }
    const { maxShare } = pipeline.deadLetter;
    const share = maxShare === undefined ? undefined : new FailureShare(maxShare);
    const onTrip = (records: number, failed: number) => {
      const tooHigh = share?.add(records, failed);
      if (tooHigh !== undefined) throw tooManyFailures(tooHigh, maxShare!, plan.id);
    };
    const inbox = this.#inboxes.get(plan.id) as Inbox<ChainItem>;
    await new ChainRunner({
      ...{ plan, inbox, lanes, leaves, pool, metrics },
      index: firstChain + index,
      memory: this.#memories.ofChain(plan.remembers, this.#checkpointer),
      onTrip,
    }).run();
  }

  /** Whoever waits for room or for input is told. */
  #tearDown(error: unknown): void {
    for (const inbox of [...this.#inboxes.values(), this.#deadLetters] as Inbox<unknown>[]) inbox.fail(error);
  }
}
