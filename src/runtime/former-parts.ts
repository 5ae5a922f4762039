import { hasQueue, isQueueId, type Pipeline, type SegmentPlan } from '../plan/index.js';
import type { CheckpointParts } from './checkpointer.js';
import { isReplayOf } from './replay/replay-id.js';

/**
 * What a segment's checkpoints go on holding: of queues that it fills no more, and of those that are not in the file any more,
 * because what is in them may not have been consumed; and how far replays of its stages are.
 */
export function formerParts(
  last: CheckpointParts | undefined,
  pipeline: Pipeline,
  segment: SegmentPlan,
): CheckpointParts {
  const isFormerSource = (id: string) =>
    (isQueueId(id) && !hasQueue(pipeline, id)) || isReplayOf(id, segment.stages);
  const isFormerSink = (id: string) => isQueueId(id) && !segment.writes.includes(id);
  return { sources: chosen(last?.sources, isFormerSource), sinks: chosen(last?.sinks, isFormerSink) };
}

function chosen<T>(
  parts: Readonly<Record<string, T>> = {},
  isFormer: (id: string) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(parts).filter(([id]) => isFormer(id)));
}
