import { join } from 'node:path';
import type { Storage } from '../../base/storage.js';
import type { SinkDefinition, StageLog } from '../../component/index.js';
import type { Pipeline } from '../../plan/index.js';
import { bootId } from '../boot-id.js';
import { type Checkpoint, CheckpointStore } from '../checkpoint-store.js';
import { checkpointFolder, DEAD_LETTER_STAGE, PipelineState } from '../pipeline-state.js';
import { openLetterLog, trimResolved } from './letter-log.js';
import { type Ranges, within } from './ranges.js';
import { type DeadLetterState, readState, resolve, writeState } from './state.js';

export interface DeadLetterPlace {
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly pipeline: Pipeline;
}

/** Where the log of the dead letters lies. */
export function deadLetterFolder(folder: string): string {
  return join(folder, 'dead_letters');
}

/** What the last checkpoint knows, read without the lock: a run may be writing the next one. */
export async function knownWithoutLock({
  storage,
  folder,
  pipeline,
}: DeadLetterPlace): Promise<DeadLetterState> {
  const log = { info: () => {}, warn: () => {} };
  const options = { storage, folder: checkpointFolder(folder), bootId: await bootId(), log };
  return knownIn((await CheckpointStore.open(options)).last, pipeline);
}

/**
 * Marks letters as replayed or discarded, by one atomic record, and removes from the disk what nobody needs any more.
 * Throws MillraceError `state_locked` while a run goes on.
 */
export async function resolveLetters(
  { storage, folder, pipeline, log }: DeadLetterPlace & { readonly log: StageLog },
  letters: Ranges,
): Promise<void> {
  const state = await PipelineState.open({ storage, folder, log });
  try {
    const { last } = state.store;
    const known = knownIn(last, pipeline);
    const writer = await openLetterLog({ storage, folder: deadLetterFolder(folder), log }, known.log);
    if (!writer) return;
    try {
      const before = { log: writer.state, resolved: known.resolved };
      const after = resolve(before, within(letters, 0, writer.nextOffset));
      await writer.sync();
      await state.store.save(withLetters(last, after), true);
      await trimResolved(writer, after.resolved, log);
    } finally {
      await writer.close();
    }
  } finally {
    await state.close();
  }
}

/** A run that goes on from no checkpoint has letters beyond what the last one knew of. */
function knownIn(checkpoint: Checkpoint | undefined, pipeline: Pipeline): DeadLetterState {
  const state = readState(checkpoint?.sinks[DEAD_LETTER_STAGE]) ?? { resolved: [] };
  return keepsState(pipeline) ? state : { resolved: state.resolved };
}

/** Whether its runs write checkpoints: one that only prints has nothing to go on with, so every run of it is whole. */
export function keepsState({ stages }: Pipeline): boolean {
  return stages.some(({ kind, definition }) => kind === 'sink' && (definition as SinkDefinition).keepsState);
}

/** The checkpoint stays what it was for everything else. */
export function withLetters(last: Checkpoint | undefined, letters: DeadLetterState): Checkpoint {
  const before = last ?? { id: 0, timeMs: Date.now(), sources: {}, sinks: {}, ended: false };
  const sinks = { ...before.sinks, [DEAD_LETTER_STAGE]: writeState(letters) };
  return { ...before, id: before.id + 1, sinks };
}
