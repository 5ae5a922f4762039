import type { JsonValue } from '../../base/json.js';
import type { Plan } from '../../plan/index.js';
import type { PipelineState } from '../pipeline-state.js';
import { nextFor, type PipelineQueue } from './pipeline-queues.js';
import { offsetAt, type QueuePoint } from './range.js';

/** Where the stage behind a queue goes on in one partition, before and after. */
export interface MovedPartition {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** What a reset would change. */
export async function movesTo(queue: PipelineQueue, point: QueuePoint): Promise<MovedPartition[]> {
  const group = queue.groups[0];
  const moves: MovedPartition[] = [];
  for (const partition of queue.partitions) {
    const from = nextFor(group, partition);
    const to = await offsetAt(point, partition, group);
    if (from !== to) moves.push({ key: partition.key, from, to });
  }
  return moves;
}

/** Lets the stage behind a queue go on elsewhere, by one atomic record: of its checkpoints, or of the queue. */
export async function moveTo(
  queue: PipelineQueue,
  moves: readonly MovedPartition[],
  plan: Plan,
  state: PipelineState,
): Promise<void> {
  const { id, stage } = queue;
  if (queue.moveTo) return await queue.moveTo(new Map(moves.map(({ key, to }) => [key, to])));
  const reader = plan.segments.find(({ reads }) => reads.includes(id))?.id;
  const store = state.store(reader ?? state.segmentOf(id) ?? stage);
  const positions: Record<string, JsonValue> = Object.fromEntries(state.positionsOf(id));
  for (const { key, to } of moves) positions[key] = to;
  const before = store.last ?? { sources: {}, sinks: {} };
  const sources = { ...before.sources, [id]: positions };
  const { sinks } = before;
  await store.save({ id: state.lastId + 1, timeMs: Date.now(), sources, sinks, ended: false }, true);
}
