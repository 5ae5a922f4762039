import type { Queue, Source } from '../../component/index.js';
import {
  type Pipeline,
  type PlanProblem,
  planPipeline,
  queueId,
  type SegmentPlan,
} from '../../plan/index.js';
import type { DeadLetter, Lanes } from '../../workers/index.js';
import { ReportingSink } from '../dead-letters/index.js';
import type { Metrics } from '../metrics.js';
import { type PartialRunOptions, runPart } from '../partial-run.js';
import { type StoredRange, StoredSource } from '../queues/index.js';

export interface StoredRunOptions
  extends Omit<PartialRunOptions, 'plan' | 'segment' | 'reads' | 'lanes' | 'from' | 'pipeline'> {
  /** Made by `pipelineBehind`. */
  readonly pipeline: Pipeline;
  /** The stage that gets what the queue has stored. */
  readonly first: string;
  /** Under which its checkpoints are written; its own unless said. */
  readonly segmentId?: string;
  readonly ranges: readonly StoredRange[];
  /** Told of each record that fails, which then is kept nowhere else; without it they become dead letters. */
  readonly onLetter?: (letter: DeadLetter) => void;
  readonly createLanes: (plan: Pick<SegmentPlan, 'chains'>) => Promise<Lanes>;
}

export interface StoredRunOutcome {
  readonly metrics: Metrics;
  /** Records that the queue has given, and that it should have given but could not. */
  readonly given: number;
  readonly missing: number;
}

/** Runs what a durable queue has stored through the stages behind it. Resolves to what is wrong with these where they cannot run. */
export async function runStored(
  options: StoredRunOptions,
): Promise<StoredRunOutcome | readonly PlanProblem[]> {
  const { pipeline, first, segmentId, ranges, onLetter, createLanes, ...rest } = options;
  const { plan, problems } = planPipeline(pipeline);
  if (problems.length > 0) return problems;
  const own = plan.segments.find(({ stages }) => stages.includes(first))!;
  const source = new StoredSource(ranges);
  const begin = new Map(ranges.map(({ partition, from }) => [partition.key, from]));
  const lanes = await createLanes(own);
  try {
    const metrics = await runPart({
      ...rest,
      ...{ pipeline, plan, lanes },
      segment: { ...own, id: segmentId ?? own.id },
      reads: new Map([[queueId(first), queueWith(source)]]),
      from: new Map([[queueId(first), begin]]),
      ...(onLetter && { deadLetters: new ReportingSink(onLetter) }),
    });
    return { metrics, given: source.given, missing: source.missing };
  } finally {
    await lanes.close();
  }
}

/** A queue that has one end only. */
function queueWith(source: ReturnType<Queue['source']>): Queue {
  return {
    sink: () => {
      throw new Error('nothing is put into a queue that is read again');
    },
    source: () => source satisfies Source<unknown>,
    close: async () => {},
  };
}
