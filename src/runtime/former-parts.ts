import { isQueueId, type Plan, type SegmentPlan } from '../plan/index.js';
import type { CheckpointParts } from './checkpointer.js';

/**
 * What a segment's checkpoints go on holding of queues that it fills no more, and of those that are not in the file any more:
 * what is in them may not have been consumed.
 */
export function formerParts(
  last: CheckpointParts | undefined,
  plan: Plan,
  segment: SegmentPlan,
): CheckpointParts {
  return {
    sources: chosen(last?.sources ?? {}, (id) => !plan.queues.has(id)),
    sinks: chosen(last?.sinks ?? {}, (id) => !segment.writes.includes(id)),
  };
}

function chosen<T>(
  parts: Readonly<Record<string, T>>,
  isFormer: (queue: string) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(parts).filter(([id]) => isQueueId(id) && isFormer(id)));
}
