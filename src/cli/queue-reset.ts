import { nodeStorage } from '../base/storage.js';
import type { Plan } from '../plan/index.js';
import {
  type MovedPartition,
  movesTo,
  moveTo,
  openQueues,
  type PipelineQueue,
  PipelineState,
  type QueuePoint,
} from '../runtime/index.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';
import { queueOf, unitOf, warningsOf } from './queue.js';
import { formatCount, plural, table } from './render.js';
import { type StateOptions, type WithState, withStateFolder } from './state-folder.js';

export interface ResetOptions extends StateOptions {
  readonly to: QueuePoint;
  readonly yes?: boolean;
}

/** `millrace queue reset`. */
export function resetQueue(file: string, stage: string, options: ResetOptions, io: Io): Promise<number> {
  return withStateFolder(file, options, io, 'durable queues', async (loaded) => {
    const { folder, plan } = loaded;
    const segments = [...plan.segments.map(({ id }) => id), stage];
    const log = warningsOf(io);
    const state = await PipelineState.open({ storage: nodeStorage, folder, segments, log });
    try {
      return await reset(loaded, stage, options, state, io);
    } finally {
      await state.close();
    }
  });
}

async function reset(
  { folder, plan }: WithState,
  stage: string,
  options: ResetOptions,
  state: PipelineState,
  io: Io,
): Promise<number> {
  const definitions = [...CATALOGUE.queues.values()];
  const place = { storage: nodeStorage, folder, log: warningsOf(io) };
  const queues = await openQueues({ ...place, plan, checkpoints: state, definitions, asksBrokers: true });
  try {
    return await resetOne(queueOf(queues, stage, plan), plan, options, state, io);
  } finally {
    for (const one of queues) await one.close();
  }
}

async function resetOne(
  queue: PipelineQueue,
  plan: Plan,
  options: ResetOptions,
  state: PipelineState,
  io: Io,
): Promise<number> {
  const moves = await movesTo(queue, options.to);
  if (moves.length === 0) {
    io.out.write(`the stage "${queue.stage}" goes on there anyway\n`);
    return Exit.DONE;
  }
  io.err.write(`${lines(queue, moves).join('\n')}\n`);
  if (!(await isWanted(options, io))) return Exit.FAILED;
  await moveTo(queue, moves, plan, state);
  io.out.write(`the next run goes on there\n`);
  return Exit.DONE;
}

function lines(queue: PipelineQueue, moves: readonly MovedPartition[]): string[] {
  const { stage } = queue;
  const unit = unitOf(queue);
  const rows = moves.map(({ key, from, to }) => [key, formatCount(from), '→', formatCount(to)]);
  const sum = (of: (move: MovedPartition) => number) =>
    moves.reduce((total, move) => total + Math.max(0, of(move)), 0);
  const again = sum(({ from, to }) => from - to);
  const passed = sum(({ from, to }) => to - from);
  return [
    ...table(rows, new Set([1, 3])),
    ...(again > 0 ? [`"${stage}" gets ${plural(again, unit)} again: they are written again`] : []),
    ...(passed > 0 ? [`"${stage}" never gets ${plural(passed, unit)} that it has not read`] : []),
  ];
}

async function isWanted({ yes }: ResetOptions, io: Io): Promise<boolean> {
  if (yes) return true;
  if (!io.confirm) io.err.write('error: nothing was changed; with --yes it is\n');
  const isSure = (await io.confirm?.('Go on there?')) ?? false;
  if (io.confirm && !isSure) io.err.write('nothing was changed\n');
  return isSure;
}
