import type { DurableQueueConfig, Pipeline, Stage } from './pipeline.js';

/** The queue of a stage, where it outlives the run. */
export function durableQueueOf({ queue }: Stage): DurableQueueConfig | undefined {
  return queue && 'definition' in queue ? queue : undefined;
}

export function withoutQueue({ queue: _, ...stage }: Stage): Stage {
  return stage;
}

const SUFFIX = ' queue';

/** The id of the durable queue in front of a stage; it has a space, which no stage's has. */
export function queueId(stage: string): string {
  return stage + SUFFIX;
}

export function isQueueId(id: string): boolean {
  return id.endsWith(SUFFIX);
}

/** The stage behind the queue. */
export function stageOfQueue(id: string): string {
  return id.slice(0, -SUFFIX.length);
}

/** Whether the file has the queue, be it in a segment that runs or in another. */
export function hasQueue({ stages }: Pipeline, id: string): boolean {
  return stages.some((stage) => durableQueueOf(stage) && queueId(stage.id) === id);
}
