import { MillraceError } from '../base/errors.js';
import { nearestName } from '../base/names.js';
import { nodeStorage } from '../base/storage.js';
import type { StageLog, StoredPartition } from '../component/index.js';
import { type Plan, queueId } from '../plan/index.js';
import { Checkpoints, lagOf, openQueues, type PipelineQueue, type QueueGroup } from '../runtime/index.js';
import { CATALOGUE } from './catalogue.js';
import type { Io } from './io.js';
import { type StateOptions, type WithState, withStateFolder } from './state-folder.js';

export interface OpenQueues extends WithState {
  readonly queues: readonly PipelineQueue[];
}

/** Does something with the durable queues of a pipeline, or says what is wrong with the pipeline. */
export function withQueues(
  file: string,
  options: StateOptions,
  io: Io,
  action: (open: OpenQueues) => Promise<number>,
): Promise<number> {
  return withStateFolder(file, options, io, 'durable queues', async (loaded) => {
    const { folder, plan } = loaded;
    const place = { storage: nodeStorage, folder };
    const checkpoints = await Checkpoints.read(place);
    const definitions = [...CATALOGUE.queues.values()];
    const log = warningsOf(io);
    const queues = await openQueues({ ...place, plan, checkpoints, definitions, asksBrokers: true, log });
    try {
      return await action({ ...loaded, queues });
    } finally {
      for (const queue of queues) await queue.close();
    }
  });
}

/** The queue in front of a stage. Throws MillraceError `unknown_queue` where there is none, or none that can be looked into. */
export function queueOf(queues: readonly PipelineQueue[], stage: string, plan: Plan): PipelineQueue {
  const queue = queues.find((one) => one.stage === stage);
  if (queue) return queue;
  const planned = plan.queues.get(queueId(stage));
  if (planned) {
    const { type } = planned.queue;
    const what = `the queue in front of "${stage}" is one of type ${type}, which gives each record to one reader and then forgets it: the broker's own tools show how much waits`;
    throw new MillraceError('unknown_queue', what, { blame: 'config' });
  }
  const names = queues.map((one) => one.stage);
  const nearest = nearestName(stage, names);
  const hint =
    nearest !== undefined
      ? ` (did you mean "${nearest}"?)`
      : names.length === 0
        ? ': the pipeline has none; "queue: disk" gives a stage one'
        : `: expected one of ${names.join(', ')}`;
  const message = `there is no durable queue in front of "${stage}"${hint}`;
  throw new MillraceError('unknown_queue', message, { blame: 'config' });
}

/**
 * The partitions that were chosen, all without a choice: by their names (`in/0`), or by their numbers alone.
 * Throws MillraceError `unknown_partition`.
 */
export function partitionsOf(
  { stage, partitions }: PipelineQueue,
  chosen: readonly string[] | undefined,
): readonly StoredPartition[] {
  if (!chosen) return partitions;
  const matches = (name: string, key: string) => key === name || key.endsWith(`/${name}`);
  const unknown = chosen.find((name) => !partitions.some(({ key }) => matches(name, key)));
  if (unknown === undefined) return partitions.filter(({ key }) => chosen.some((name) => matches(name, key)));
  const names = partitions.map(({ key }) => key).join(', ') || 'none yet';
  const message = `the queue of "${stage}" has no partition "${unknown}": it has ${names}`;
  throw new MillraceError('unknown_partition', message, { blame: 'config' });
}

/** What the offsets of a queue count, as a word. */
export function unitOf({ partitions }: Pick<PipelineQueue, 'partitions'>): 'record' | 'batch' {
  return partitions.some(({ countsBatches }) => countsBatches) ? 'batch' : 'record';
}

/** What goes wrong beside the work. */
export function warningsOf(io: Io): StageLog {
  return { info: () => {}, warn: (_, message) => io.err.write(`warning: ${message}\n`) };
}

/** Of a moment, to the second; nothing where there is none. */
export function brief(timeMs: number | undefined): string {
  return timeMs === undefined ? '' : new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** What goes out as JSON of a queue. */
export function queueAsJson(
  { stage, plan, producers, partitions, groups }: PipelineQueue,
  lags: readonly number[],
) {
  const isInBatches = unitOf({ partitions }) === 'batch';
  return {
    stage,
    ...(!plan && { removed: true }),
    producers,
    partitions: partitions.map(({ key, firstOffset, nextOffset, bytes, oldestMs }) => ({
      partition: key,
      firstOffset,
      nextOffset,
      [isInBatches ? 'batches' : 'records']: nextOffset - firstOffset,
      bytes,
      ...(oldestMs !== undefined && { oldest: new Date(oldestMs).toISOString() }),
    })),
    groups: groups.map(({ name, committed }, i) => {
      return { name, committed: Object.fromEntries(committed), lag: lags[i] };
    }),
  };
}

/** How many records a group has before it, in all partitions together. */
export function lagIn({ partitions }: PipelineQueue, group: QueueGroup): number {
  return partitions.reduce((sum, partition) => sum + lagOf(group, partition), 0);
}
