import { join } from 'node:path';
import type { SinkDefinition, StageLog } from '../../component/index.js';
import { durableQueueOf, type Pipeline } from '../../plan/index.js';
import type { Checkpoint } from '../checkpoint-store.js';
import {
  DEAD_LETTER_STAGE,
  openStore,
  PipelineState,
  type StatePlace,
  segmentFolder,
} from '../pipeline-state.js';
import { openLetterLog, trimResolved } from './letter-log.js';
import { type Ranges, within } from './ranges.js';
import { type DeadLetterState, readState, resolve, writeState } from './state.js';

export interface DeadLetterPlace extends StatePlace {
  readonly pipeline: Pipeline;
  /** Each segment keeps its own. */
  readonly segment: string;
}

/** Where the log of the dead letters lies. */
export function deadLetterFolder(folder: string, segment: string): string {
  return join(segmentFolder(folder, segment), 'dead_letters');
}

/** What the last checkpoint knows, read without the lock: a run may be writing the next one. */
export async function knownWithoutLock(place: DeadLetterPlace): Promise<DeadLetterState> {
  const log = { info: () => {}, warn: () => {} };
  return knownIn((await openStore(place, place.segment, log)).last, place.pipeline);
}

/**
 * Marks letters as replayed or discarded, for each segment by one atomic record, and removes from the disk what nobody needs
 * any more. Throws MillraceError `state_locked` while a run goes on.
 */
export async function resolveLetters(
  place: Omit<DeadLetterPlace, 'segment'> & { readonly log: StageLog },
  letters: ReadonlyMap<string, Ranges>,
): Promise<void> {
  const segments = [...letters.keys()];
  const state = await PipelineState.open({ ...place, segments });
  try {
    for (const [segment, ranges] of letters) await resolveIn(state, { ...place, segment }, ranges);
  } finally {
    await state.close();
  }
}

async function resolveIn(
  state: PipelineState,
  { storage, folder, pipeline, segment, log }: DeadLetterPlace & { readonly log: StageLog },
  letters: Ranges,
): Promise<void> {
  const store = state.store(segment);
  const known = knownIn(store.last, pipeline);
  const writer = await openLetterLog({ storage, folder: deadLetterFolder(folder, segment), log }, known.log);
  if (!writer) return;
  try {
    const before = { log: writer.state, resolved: known.resolved };
    const after = resolve(before, within(letters, 0, writer.nextOffset));
    await writer.sync();
    await store.save(withLetters(store.last, after), true);
    await trimResolved(writer, after.resolved);
  } finally {
    await writer.close();
  }
}

/** A run that goes on from no checkpoint has letters beyond what the last one knew of. */
function knownIn(checkpoint: Checkpoint | undefined, pipeline: Pipeline): DeadLetterState {
  const state = readState(checkpoint?.sinks[DEAD_LETTER_STAGE]) ?? { resolved: [] };
  return keepsState(pipeline) ? state : { resolved: state.resolved };
}

/**
 * Whether its runs write checkpoints: one that only prints has nothing to go on with, so every run of it is whole. What is rejected
 * goes back when a checkpoint is committed.
 */
export function keepsState({ stages }: Pipeline): boolean {
  return stages.some(
    (stage) =>
      durableQueueOf(stage) ||
      stage.onError.action === 'reject' ||
      (stage.kind === 'sink' && (stage.definition as SinkDefinition).keepsState),
  );
}

/** The checkpoint stays what it was for everything else. */
export function withLetters(last: Checkpoint | undefined, letters: DeadLetterState): Checkpoint {
  const before = last ?? { id: 0, timeMs: Date.now(), sources: {}, sinks: {}, ended: false };
  const sinks = { ...before.sinks, [DEAD_LETTER_STAGE]: writeState(letters) };
  return { ...before, id: before.id + 1, sinks };
}
