import { messageOf } from '../base/errors.js';
import { Claims, type Queue, type QueueDefinition, type SinkState } from '../component/index.js';
import {
  type ChainPlan,
  keptSegments,
  type Pipeline,
  type Plan,
  type QueuePlan,
  type SegmentPlan,
} from '../plan/index.js';
import type { Lanes } from '../workers/index.js';
import { BufferPool } from './buffer-pool.js';
import { Part } from './part.js';
import { type PipelineState, queueFolder } from './pipeline-state.js';
import { refuseLeftQueues } from './queues/index.js';
import type { SegmentRunOptions } from './segment-run.js';

export interface Version {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
}

/** What a run goes over to. */
export interface NextVersion extends Version {
  /** Makes lanes for chains of this version. */
  readonly lanesFor: (chains: readonly ChainPlan[]) => Promise<Lanes>;
  /** Asked when what has changed has ended: why the version before has to go on. */
  readonly obstacle: () => string | undefined;
  /**
   * What has changed has ended, and nothing stands in the way.
   * @param kept the segments that go on
   * @param isWhole whether all others came to their end, and none was given up
   */
  readonly onDrained: (kept: ReadonlySet<string>, isWhole: boolean) => void;
}

export interface PartsOptions
  extends Pick<
    SegmentRunOptions,
    'metrics' | 'storage' | 'folder' | 'log' | 'clockOf' | 'draining' | 'failing' | 'onFailure'
  > {
  readonly queueDefinitions: readonly QueueDefinition[];
}

/** How long what has changed may take to write what it has read; then the next version begins at the last checkpoint. */
const LONGEST_DRAIN_MS = 3000;

/** The segments of a run, and what they share: durable queues, memory, threads. */
export class Parts {
  readonly queues = new Map<string, Queue>();
  /** All that are not closed yet. */
  readonly lanes = new Set<Lanes>();
  readonly #options: PartsOptions;
  readonly #claims = new Claims();
  #now: readonly Part[] = [];
  #version: Version;
  #state: PipelineState | undefined;
  #isFresh = false;
  #pool: BufferPool;
  /** Queues of which one end goes on while the other is replaced. */
  #handedOver: ReadonlySet<string> = new Set();

  constructor(version: Version, lanes: Lanes, options: PartsOptions) {
    this.#version = version;
    this.#options = options;
    this.#pool = poolFor(version);
    this.lanes.add(lanes);
  }

  /** Those that run, and those that have come to their end. */
  get now(): readonly Part[] {
    return this.#now;
  }

  get version(): Version {
    return this.#version;
  }

  /** Begins all segments, at the last checkpoints or, where `isFresh`, anew. */
  async begin(state: PipelineState | undefined, lanes: Lanes, isFresh: boolean): Promise<void> {
    this.#state = state;
    this.#isFresh = isFresh;
    await this.#beginSegments(this.#optionsFor(this.#version.plan.segments, lanes));
    this.#isFresh = false;
  }

  /**
   * Goes over to another version: segments that are the same in both go on, the others drain to a checkpoint, at which those of the next
   * version begin. Gives why that cannot be, where the version before goes on. Rejects where even that cannot.
   */
  async reload(next: NextVersion): Promise<{ kept: ReadonlySet<string>; refused?: string } | undefined> {
    const { draining, failing } = this.#options;
    const former = this.#version;
    const same = keptSegments(former, next);
    const stays = (part: Part) => same.has(part.plan.id) && !part.hasEnded;
    const staying = this.#now.filter(stays);
    const leaving = this.#now.filter((part) => !staying.includes(part));
    const kept = new Set(staying.map(({ plan }) => plan.id));
    this.#handedOver = new Set(staying.flatMap(({ plan: { reads, writes } }) => [...reads, ...writes]));
    try {
      const whole = await Promise.all(leaving.map((part) => part.leave(LONGEST_DRAIN_MS)));
      failing.throwIfAborted();
      if (draining.aborted) return undefined;
      const obstacle = next.obstacle();
      if (obstacle === undefined) next.onDrained(kept, !whole.includes(false));
      const refused = obstacle ?? (await this.#goOver(next, staying, leaving));
      if (refused === undefined) return { kept };
      await this.#switchTo(former, staying, leaving);
      await this.#beginSegments(leaving.map(({ options }) => options));
      return { kept, refused };
    } finally {
      this.#handedOver = new Set();
      await this.#closeUnusedLanes();
    }
  }

  async closeAfterFailure(): Promise<void> {
    await Promise.allSettled(this.#now.map(({ segment }) => segment.closeAfterFailure()));
    await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
  }

  /** Gives why it cannot be; then nothing of the next version runs. */
  async #goOver(
    next: NextVersion,
    staying: readonly Part[],
    leaving: readonly Part[],
  ): Promise<string | undefined> {
    try {
      await this.#switchTo(next, staying, leaving);
      const segments = next.plan.segments.filter(({ id }) => !staying.some(({ plan }) => plan.id === id));
      const lanes = await next.lanesFor(segments.flatMap(({ chains }) => chains));
      this.lanes.add(lanes);
      await this.#beginSegments(this.#optionsFor(segments, lanes));
      return undefined;
    } catch (error) {
      this.#options.failing.throwIfAborted();
      return messageOf(error);
    }
  }

  /** Makes room for the segments of a version. */
  async #switchTo(version: Version, staying: readonly Part[], leaving: readonly Part[]): Promise<void> {
    const { metrics, log } = this.#options;
    const { pipeline, plan } = version;
    for (const { plan: segment } of leaving) {
      if (this.#now.some((part) => part.plan === segment)) metrics.forget(segment);
      for (const stage of segment.stages) this.#claims.forget(stage);
    }
    this.#now = staying;
    this.#version = version;
    metrics.countOnly(
      pipeline.stages.map(({ id }) => id),
      plan.queues.keys(),
    );
    if (staying.length === 0) this.#pool = poolFor(version);
    for (const [id, queue] of this.queues) {
      if (this.#handedOver.has(id)) continue;
      this.queues.delete(id);
      await queue.close();
    }
    if (!this.#state) return;
    await this.#state.addStores(plan.segments.map(({ id }) => id));
    await refuseLeftQueues(this.#state, { ...this.#options, pipeline, plan, log });
  }

  /** Begins these beside those that run. Where one cannot, none does. */
  async #beginSegments(segments: readonly SegmentRunOptions[]): Promise<void> {
    for (const queue of this.#version.plan.queues.values())
      if (!this.queues.has(queue.id)) this.queues.set(queue.id, this.#createQueue(queue));
    const parts: Part[] = [];
    try {
      for (const options of segments) parts.push(await Part.create(options));
      for (const { segment } of parts) await segment.claim();
      const beginning = { state: this.#state, isFresh: this.#isFresh };
      for (const { segment } of parts) await segment.open(beginning);
    } catch (error) {
      await Promise.allSettled(parts.map((part) => part.close()));
      for (const { plan } of parts) for (const stage of plan.stages) this.#claims.forget(stage);
      throw error;
    }
    for (const part of parts) part.start();
    this.#now = [...this.#now, ...parts];
  }

  #optionsFor(segments: readonly SegmentPlan[], lanes: Lanes): SegmentRunOptions[] {
    let firstChain = 0;
    return segments.map((segment) => {
      const options = {
        ...this.#options,
        ...this.#version,
        segment,
        firstChain,
        queues: this.queues,
        isHandedOver: (queue: string) => this.#handedOver.has(queue),
        claims: this.#claims,
        lanes,
        pool: this.#pool,
      };
      firstChain += segment.chains.length;
      return options;
    });
  }

  #createQueue({ id, stage, queue, producers }: QueuePlan): Queue {
    const { folder, storage, log } = this.#options;
    const { pipeline, plan } = this.#version;
    return queue.definition.create(queue.config, {
      pipeline: pipeline.name,
      stage: stage.id,
      folder: queueFolder(folder, stage.id),
      producers,
      former: this.#formerProducers(id, producers),
      ...(!plan.stages.has(stage.id) && { hasNoConsumer: true }),
      storage,
      log,
    });
  }

  #formerProducers(queue: string, producers: readonly string[]): ReadonlyMap<string, SinkState> {
    if (!this.#state || this.#isFresh) return new Map();
    const former = this.#state.statesOf(queue);
    for (const producer of producers) former.delete(producer);
    return former;
  }

  async #closeUnusedLanes(): Promise<void> {
    const used = new Set(this.#now.map(({ lanes }) => lanes));
    for (const lanes of this.lanes) {
      if (used.has(lanes)) continue;
      this.lanes.delete(lanes);
      await lanes.close();
    }
  }
}

function poolFor({ pipeline }: Version): BufferPool {
  return new BufferPool(pipeline.runtime.memoryBytes / 4);
}
