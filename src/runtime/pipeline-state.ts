import { join } from 'node:path';
import type { Storage } from '../base/storage.js';
import type { Positions, SinkState, StageLog } from '../component/index.js';
import { bootId } from './boot-id.js';
import { CheckpointStore } from './checkpoint-store.js';
import { StateLock } from './state-lock.js';

export interface PipelineStateOptions {
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly log: StageLog;
}

/** The sink in which dead letters end; its name has a space, which no stage's has. */
export const DEAD_LETTER_STAGE = 'dead letters';

/** What outlives a run, and the right to change it. */
export class PipelineState {
  readonly store: CheckpointStore;
  readonly #lock: StateLock;

  private constructor(store: CheckpointStore, lock: StateLock) {
    this.store = store;
    this.#lock = lock;
  }

  /** Throws MillraceError `state_locked` when another process has it. */
  static async open({ storage, folder, log }: PipelineStateOptions): Promise<PipelineState> {
    const lock = await StateLock.take(folder);
    try {
      const store = await CheckpointStore.open({
        storage,
        folder: checkpointFolder(folder),
        bootId: await bootId(),
        log,
      });
      return new PipelineState(store, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Where a source goes on; nowhere when it begins. */
  positionsOf(stage: string): Positions {
    return new Map(Object.entries(this.store.last?.sources[stage] ?? {}));
  }

  stateOf(stage: string): SinkState | undefined {
    return this.store.last?.sinks[stage];
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.#lock.release();
  }
}

export function checkpointFolder(folder: string): string {
  return join(folder, 'checkpoints');
}
