import { MillraceError } from '../../base/errors.js';
import type { QueueDefinition } from '../../component/index.js';
import { hasQueue, type Pipeline } from '../../plan/index.js';
import type { Checkpoints } from '../pipeline-state.js';
import { lagOf, openQueues, type PipelineQueue, type PipelineQueuesOptions } from './pipeline-queues.js';

export interface LeftQueuesOptions extends Omit<PipelineQueuesOptions, 'checkpoints' | 'definitions'> {
  readonly pipeline: Pipeline;
  readonly queueDefinitions: readonly QueueDefinition[];
}

/** Throws MillraceError `queue_left_behind` where the file lacks a durable queue in which records still wait: nobody would read them. */
export async function refuseLeftQueues(checkpoints: Checkpoints, options: LeftQueuesOptions): Promise<void> {
  const { pipeline, queueDefinitions } = options;
  const queues = await openQueues({ ...options, checkpoints, definitions: queueDefinitions });
  const left = queues.filter((queue) => !hasQueue(pipeline, queue.id) && waitingIn(queue) > 0);
  if (left.length === 0) return;
  const what = left.map((queue) => `${waitingIn(queue)} records in front of "${queue.stage}"`).join(', ');
  const [{ stage }] = left as [PipelineQueue, ...PipelineQueue[]];
  const message = `nobody would read what waits in durable queues that are not in the file any more: ${what}. Put them back and run until they are empty; or write the records out with "millrace queue export … ${stage} -o <file>" and give them up with "millrace queue reset … ${stage} --to latest"; or start over with --fresh`;
  throw new MillraceError('queue_left_behind', message, { blame: 'config' });
}

function waitingIn({ partitions, groups }: PipelineQueue): number {
  return partitions.reduce((sum, partition) => sum + lagOf(groups[0], partition), 0);
}
