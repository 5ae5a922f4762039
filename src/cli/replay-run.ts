import { resolve } from 'node:path';
import { MillraceError } from '../base/errors.js';
import { nodeStorage } from '../base/storage.js';
import type { StoredPartition } from '../component/index.js';
import type { Stage } from '../plan/index.js';
import {
  type PipelineQueue,
  type PipelineState,
  type QueueGroup,
  type QueuePoint,
  rangesBetween,
  recordsIn,
  registerGroup,
  replayId,
  replayQueue,
  type StoredRange,
  type StoredRunOutcome,
} from '../runtime/index.js';
import { workerCount } from '../workers/index.js';
import { Exit, type Io } from './io.js';
import { lanesFor } from './lanes.js';
import { partitionsOf, unitOf, warningsOf } from './queue.js';
import { plural } from './render.js';
import { stopOnSignal } from './signals.js';
import type { StateOptions, WithState } from './state-folder.js';
import { checkedRun, firstLetters, reportRead } from './stored-run.js';

export interface ReplayOptions extends StateOptions {
  readonly from?: QueuePoint;
  readonly to: QueuePoint;
  readonly partition?: readonly string[];
  readonly into?: string;
  readonly config?: string;
  readonly workers?: number;
  readonly yes?: boolean;
}

export interface Replay {
  readonly queue: PipelineQueue;
  /** Whose queue it is. */
  readonly owner: WithState;
  /** Whose stages run: the same, or another. */
  readonly target: WithState;
  readonly isOther: boolean;
  readonly into?: Stage;
  /** With which the replay is part of the target's checkpoints. */
  readonly state?: PipelineState;
}

/** Replays what was chosen, and says what came of it. */
export async function runReplay(replay: Replay, options: ReplayOptions, io: Io): Promise<number> {
  const { queue, owner, target, isOther, into, state } = replay;
  const id = replayId(owner.pipeline.name, queue.stage);
  const group = state ? { name: target.pipeline.name, committed: state.positionsOf(id) } : queue.groups[0];
  const from = options.from ?? beginningOf(replay, group);
  const partitions = partitionsOf(queue, options.partition);
  const ranges = await rangesBetween(partitions, from, options.to, group);
  const removed = from === 'committed' ? removedBefore(partitions, group) : [];
  if (recordsIn(ranges) === 0 && removed.length === 0) {
    io.out.write('there is nothing to replay\n');
    return Exit.DONE;
  }
  if (!isOther && !into && !(await isWanted(queue, ranges, options, io))) return Exit.FAILED;
  if (isOther && state) {
    const reader = { name: target.pipeline.name, folder: resolve(target.folder) };
    await registerGroup({ storage: nodeStorage, folder: owner.folder }, queue.stage, reader);
  }
  const stopping = new AbortController();
  const removeHandlers = stopOnSignal(io, stopping);
  try {
    reportRemoved(removed, group, io);
    const outcome = await send(replay, { ranges, removed }, id, options, stopping.signal, io);
    const code = report(outcome, replay, stopping.signal.aborted, io);
    return removed.length > 0 ? Exit.FAILED : code;
  } finally {
    removeHandlers();
  }
}

async function send(
  { queue, target, into, state }: Replay,
  { ranges, removed }: { readonly ranges: readonly StoredRange[]; readonly removed: readonly StoredRange[] },
  id: string,
  options: ReplayOptions,
  signal: AbortSignal,
  io: Io,
): Promise<StoredRunOutcome> {
  const { pipeline, plan, folder } = target;
  const log = warningsOf(io);
  const workers = options.workers ?? workerCount(pipeline.runtime.workers);
  const outcome = await replayQueue({
    ...{ queue, ranges, pipeline, plan, folder, log, signal },
    ...(into && { into }),
    ...(state && { kept: { state, id, removed } }),
    createLanes: ({ chains }) => lanesFor(pipeline, chains, workers, log),
    onLetter: firstLetters(log),
  });
  return checkedRun(outcome);
}

/** A group goes on where it is, and begins with the oldest record; a pipeline's own history is replayed from where the user says. */
function beginningOf({ isOther, into, state }: Replay, { committed }: QueueGroup): QueuePoint {
  if (state && committed.size > 0) return 'committed';
  if (isOther || into) return 'earliest';
  const message = 'say with --from where the replay begins: earliest, an offset, a time, or so long ago';
  throw new MillraceError('replay_from_missing', message, { blame: 'config' });
}

/** Records that a group had not read when they were removed, as `retain` allows. */
function removedBefore(partitions: readonly StoredPartition[], { committed }: QueueGroup): StoredRange[] {
  return partitions.flatMap((partition) => {
    const from = committed.get(partition.key);
    const to = partition.firstOffset;
    return typeof from === 'number' && from < to ? [{ partition, from, to }] : [];
  });
}

function reportRemoved(removed: readonly StoredRange[], { name }: QueueGroup, io: Io): void {
  for (const { partition, from, to } of removed) {
    const what = `${plural(to - from, 'record')} of ${partition.key}, offsets ${from} to ${to - 1}`;
    io.err.write(`warning: "${name}" comes too late for ${what}: removed, as "retain" allows\n`);
  }
}

/** Outputs are written again, which nobody can take back. */
async function isWanted(
  queue: PipelineQueue,
  ranges: readonly StoredRange[],
  { yes }: ReplayOptions,
  io: Io,
): Promise<boolean> {
  if (yes) return true;
  const what = `"${queue.stage}" gets ${plural(recordsIn(ranges), unitOf(queue))} again, and its outputs are written again`;
  if (!io.confirm) {
    io.err.write(`error: ${what}: with --yes they are; --into another sink leaves them alone\n`);
    return false;
  }
  const isSure = await io.confirm(`${what}. Go on?`);
  if (!isSure) io.err.write('nothing was replayed\n');
  return isSure;
}

function report(outcome: StoredRunOutcome, { queue, state }: Replay, wasStopped: boolean, io: Io): number {
  io.err.write(`replayed ${plural(outcome.given, 'record')} of "${queue.stage}"\n`);
  const code = reportRead(outcome, io);
  if (!wasStopped) return code;
  io.err.write(`warning: it was stopped before the end${state ? ': without --from it goes on there' : ''}\n`);
  return Exit.FAILED;
}
