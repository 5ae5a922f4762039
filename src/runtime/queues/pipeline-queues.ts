import type {
  Positions,
  QueueDefinition,
  StageLog,
  StoredPartition,
  StoredQueue,
} from '../../component/index.js';
import { isQueueId, type Plan, type QueuePlan, stageOfQueue } from '../../plan/index.js';
import { type Checkpoints, queueFolder, type StatePlace } from '../pipeline-state.js';
import { readGroups } from './groups.js';

/** Who reads a queue, and how far each has come. */
export interface QueueGroup {
  /** Of the stage behind the queue its name, of another pipeline its name. */
  readonly name: string;
  /** The offset of the next record, by the key of the partition. */
  readonly committed: Positions;
}

/** A durable queue as the last checkpoints know it. */
export interface PipelineQueue extends Pick<StoredQueue, 'moveTo' | 'close'> {
  readonly id: string;
  /** The stage behind it. */
  readonly stage: string;
  /** Undefined where the file has the queue no more. */
  readonly plan: QueuePlan | undefined;
  readonly definition: QueueDefinition;
  /** The segments that have put records in. */
  readonly producers: readonly string[];
  readonly partitions: readonly StoredPartition[];
  /** The stage first, then the pipelines that read the queue beside it. */
  readonly groups: readonly [QueueGroup, ...QueueGroup[]];
}

export interface PipelineQueuesOptions extends StatePlace {
  readonly plan: Plan;
  readonly checkpoints: Checkpoints;
  /** All kinds of queues: a queue that the file has no more is of one that can be looked at. */
  readonly definitions: readonly QueueDefinition[];
  /** Whether those are asked that lie outside of the state folder, too. */
  readonly asksBrokers?: true;
  readonly log: StageLog;
}

/** The durable queues of a pipeline, and those that its file has no more, as far as they can be looked at. Changes nothing. Whoever gets them closes them. */
export async function openQueues(options: PipelineQueuesOptions): Promise<PipelineQueue[]> {
  const { plan, checkpoints } = options;
  const former = [...checkpoints.sinks].filter((id) => isQueueId(id) && !plan.queues.has(id)).sort();
  const queues: PipelineQueue[] = [];
  for (const id of [...plan.queues.keys(), ...former]) {
    const queue = await openQueue(id, options);
    if (queue && (queue.plan || queue.partitions.length > 0)) queues.push(queue);
  }
  return queues;
}

async function openQueue(
  id: string,
  { storage, folder, plan, checkpoints, definitions, asksBrokers, log }: PipelineQueuesOptions,
): Promise<PipelineQueue | undefined> {
  const planned = plan.queues.get(id);
  const isLocal = ({ joinsProcesses }: QueueDefinition) => !joinsProcesses;
  const definition = planned?.queue.definition ?? definitions.find((one) => one.stored && isLocal(one));
  if (!definition?.stored || !(asksBrokers || isLocal(definition))) return undefined;
  const stage = stageOfQueue(id);
  const producers = checkpoints.statesOf(id);
  const place = { pipeline: plan.name, stage, folder: queueFolder(folder, stage), storage, log };
  const { partitions, committed, ...rest } = await definition.stored(planned?.queue.config ?? {}, {
    ...place,
    producers,
  });
  const own = { name: stage, committed: committed ?? checkpoints.positionsOf(id) };
  const groups: PipelineQueue['groups'] = [own, ...(await readGroups({ storage, folder }, plan.name, stage))];
  return {
    id,
    stage,
    plan: planned,
    definition,
    producers: [...producers.keys()],
    partitions,
    groups,
    ...rest,
  };
}

/** The offset of the next record that a group reads of a partition. */
export function nextFor(
  { committed }: QueueGroup,
  { key, firstOffset, nextOffset }: StoredPartition,
): number {
  const position = committed.get(key);
  return within(typeof position === 'number' ? position : firstOffset, firstOffset, nextOffset);
}

/** How many records of a partition wait for a group. */
export function lagOf(group: QueueGroup, partition: StoredPartition): number {
  return partition.nextOffset - nextFor(group, partition);
}

export function within(offset: number, from: number, to: number): number {
  return Math.min(Math.max(offset, from), to);
}
