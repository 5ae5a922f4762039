import type { JsonValue } from '../../base/json.js';
import type { Positions, StageLog } from '../../component/index.js';
import {
  type Pipeline,
  type Plan,
  type PlanProblem,
  queueId,
  replayedPipeline,
  type SegmentPlan,
  type Stage,
} from '../../plan/index.js';
import type { DeadLetter, Lanes } from '../../workers/index.js';
import { ForgottenState, type PipelineState } from '../pipeline-state.js';
import type { PipelineQueue, StoredRange } from '../queues/index.js';
import { runStored, type StoredRunOutcome } from './run-stored.js';

export interface ReplayQueueOptions {
  readonly queue: PipelineQueue;
  readonly ranges: readonly StoredRange[];
  /** Whose stages run. */
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  /** In the place of all sinks that the records would come to. */
  readonly into?: Stage;
  readonly createLanes: (plan: Pick<SegmentPlan, 'chains'>) => Promise<Lanes>;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly log: StageLog;
  /** Ends it after what is on its way. */
  readonly signal: AbortSignal;
  /** With what the replay is part of the pipeline's checkpoints; without it, nothing is kept but the output. */
  readonly kept?: KeptReplay;
  /** Told of each record that fails, where nothing is kept. */
  readonly onLetter: (letter: DeadLetter) => void;
}

export interface KeptReplay {
  readonly state: PipelineState;
  /** Under which the checkpoints hold how far it is: `replayId`. */
  readonly id: string;
  /** What was removed before it could be read: it goes on behind that, though there may be nothing to read. */
  readonly removed: readonly StoredRange[];
}

/**
 * Runs records that a durable queue has stored through the stages behind it again. Where it is kept, a checkpoint holds at once what was
 * written and how far the replay is. Resolves to what is wrong where the stages cannot run.
 */
export function replayQueue(options: ReplayQueueOptions): Promise<StoredRunOutcome | readonly PlanProblem[]> {
  const { queue, ranges, pipeline, plan, into, kept, onLetter, ...rest } = options;
  const { stage, definition } = queue;
  const replayed = replayedPipeline(pipeline, stage, definition, into);
  const common = { ...rest, ...replayed, ranges };
  if (!kept) return runStored({ ...common, state: new ForgottenState(), onLetter });
  const segment = plan.segments.find(({ stages }) => stages.includes(stage))!.id;
  const { state, id, removed } = kept;
  const passed = removed.map(({ partition, to }) => [partition.key, to] as const);
  const before = new Map([...state.positionsOf(id), ...passed]);
  return runStored({
    ...common,
    state,
    segmentId: segment,
    amend: ({ sources, sinks }) => {
      const last = state.store(segment).last;
      const positions = merged(before, sources[queueId(replayed.first)] ?? {});
      return { sources: { ...last?.sources, [id]: positions }, sinks: { ...last?.sinks, ...sinks } };
    },
  });
}

function merged(before: Positions, own: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
  return { ...Object.fromEntries(before), ...own };
}
