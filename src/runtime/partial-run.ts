import { nodeStorage } from '../base/storage.js';
import { Claims, type Positions, type Queue, type Sink, type StageLog } from '../component/index.js';
import type { Pipeline, Plan, SegmentPlan } from '../plan/index.js';
import type { Lanes } from '../workers/index.js';
import { BufferPool } from './buffer-pool.js';
import type { CheckpointParts } from './checkpointer.js';
import { Metrics } from './metrics.js';
import { type ForgottenState, type PipelineState, queueFolder } from './pipeline-state.js';
import { SegmentRun } from './segment-run.js';

export interface PartialRunOptions {
  readonly pipeline: Pipeline;
  /** Of the stages that take part. */
  readonly plan: Plan;
  /** That of the plan which is run, under the id of the segment whose checkpoints it writes. */
  readonly segment: SegmentPlan;
  /** Queues from which it reads, by id; those into which it writes are made here. */
  readonly reads: ReadonlyMap<string, Queue>;
  /** For the segment's chains. */
  readonly lanes: Lanes;
  /** The right to write into the state folder; undefined where no checkpoints are written. */
  readonly state: PipelineState | ForgottenState | undefined;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly log: StageLog;
  readonly amend?: (own: CheckpointParts) => CheckpointParts;
  /** Where its sources begin. */
  readonly from?: ReadonlyMap<string, Positions>;
  /** In the place of the dead letters that the pipeline keeps. */
  readonly deadLetters?: Sink;
  /** Aborts when it shall come to its end. */
  readonly signal: AbortSignal;
}

/**
 * Runs a part of a pipeline with other input than usual. With `state` the pipeline stands still meanwhile: its sinks go on where they
 * are, and what is written is part of the pipeline's own checkpoints. Resolves to what was counted.
 */
export async function runPart(options: PartialRunOptions): Promise<Metrics> {
  const { pipeline, plan, segment, state, folder, log, signal, amend, from, deadLetters } = options;
  const failing = new AbortController();
  const metrics = new Metrics(plan.stages.keys(), plan.queues.keys());
  const queues = new Map<string, Queue>(options.reads);
  for (const id of segment.writes) queues.set(id, writtenQueue(id, options));
  const run = await SegmentRun.create({
    ...{ pipeline, plan, segment, queues, metrics, folder, log },
    firstChain: 0,
    claims: new Claims(),
    lanes: options.lanes,
    pool: new BufferPool(pipeline.runtime.memoryBytes / 4),
    storage: nodeStorage,
    draining: signal,
    failing: failing.signal,
    onFailure: (error) => failing.abort(error),
    ...(deadLetters && { deadLetters }),
  });
  try {
    await run.claim();
    await run.open({ state, isFresh: false, ...(amend && { amend }), ...(from && { from }) });
    await run.run();
    return metrics;
  } catch (error) {
    failing.abort(error);
    await run.closeAfterFailure();
    throw failing.signal.reason;
  } finally {
    await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
  }
}

function writtenQueue(id: string, { pipeline, plan, segment, folder, log }: PartialRunOptions): Queue {
  const { stage, queue } = plan.queues.get(id)!;
  return queue.definition.create(queue.config, {
    pipeline: pipeline.name,
    stage: stage.id,
    folder: queueFolder(folder, stage.id),
    producers: [segment.id],
    former: new Map(),
    hasNoConsumer: true,
    storage: nodeStorage,
    log,
  });
}
