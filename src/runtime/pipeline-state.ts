import { join } from 'node:path';
import type { Storage } from '../base/storage.js';
import type { Positions, SinkState, StageLog } from '../component/index.js';
import { type Checkpoint, CheckpointStore } from './checkpoint-store.js';
import { StateLock } from './state-lock.js';

export interface StatePlace {
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
}

export interface PipelineStateOptions extends StatePlace {
  readonly log: StageLog;
  /** Those that will write checkpoints. */
  readonly segments: readonly string[];
}

/** The sink in which dead letters end; its name has a space, which no stage's has. */
export const DEAD_LETTER_STAGE = 'dead letters';

/** What outlives a run, and the right to change it. */
export class PipelineState {
  readonly #stores: ReadonlyMap<string, CheckpointStore>;
  readonly #lock: StateLock;

  private constructor(stores: ReadonlyMap<string, CheckpointStore>, lock: StateLock) {
    this.#stores = stores;
    this.#lock = lock;
  }

  /** Throws MillraceError `state_locked` when another process has it. */
  static async open(options: PipelineStateOptions): Promise<PipelineState> {
    const lock = await StateLock.take(options.folder);
    try {
      const ids = new Set([...options.segments, ...(await segmentsIn(options))]);
      const stores = new Map<string, CheckpointStore>();
      for (const id of ids) stores.set(id, await openStore(options, id, options.log));
      return new PipelineState(stores, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Of a segment, where its checkpoints are written. */
  store(segment: string): CheckpointStore {
    return this.#stores.get(segment)!;
  }

  /** The segments that have a state, those that the pipeline has no more among them. */
  get segments(): string[] {
    return [...this.#stores.keys()];
  }

  /** The highest id of any checkpoint. */
  get lastId(): number {
    return Math.max(0, ...this.#checkpoints().map(({ id }) => id));
  }

  /** When the newest checkpoint was made; undefined where there is none. */
  get lastTimeMs(): number | undefined {
    const times = this.#checkpoints().map(({ timeMs }) => timeMs);
    return times.length > 0 ? Math.max(...times) : undefined;
  }

  /** Where a source goes on; nowhere when it begins. Stages keep their state when they come into another segment. */
  positionsOf(source: string): Positions {
    return new Map(Object.entries(this.#newest(({ sources }) => source in sources)?.sources[source] ?? {}));
  }

  stateOf(sink: string): SinkState | undefined {
    return this.#newest(({ sinks }) => sink in sinks)?.sinks[sink];
  }

  /** The state of a sink of which each segment has one. */
  stateIn(segment: string, sink: string): SinkState | undefined {
    return this.#stores.get(segment)?.last?.sinks[sink];
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) await store.close();
    await this.#lock.release();
  }

  #checkpoints(): Checkpoint[] {
    return [...this.#stores.values()].flatMap(({ last }) => last ?? []);
  }

  #newest(knows: (checkpoint: Checkpoint) => boolean): Checkpoint | undefined {
    const known = this.#checkpoints().filter(knows);
    return known.sort((a, b) => b.id - a.id)[0];
  }
}

/** The segments that have a state. */
export async function segmentsIn({ storage, folder }: StatePlace): Promise<string[]> {
  return (await storage.list(join(folder, SEGMENTS))).sort();
}

/** The checkpoints of a segment. The lock is needed to write some, and not to read. */
export async function openStore(
  { storage, folder }: StatePlace,
  segment: string,
  log: StageLog,
): Promise<CheckpointStore> {
  const checkpoints = join(segmentFolder(folder, segment), 'checkpoints');
  return await CheckpointStore.open({ storage, folder: checkpoints, bootId: await storage.bootId(), log });
}

const SEGMENTS = 'segments';

/** What a segment keeps. */
export function segmentFolder(folder: string, segment: string): string {
  return join(folder, SEGMENTS, segment);
}

/** What the queue in front of a stage keeps. */
export function queueFolder(folder: string, stage: string): string {
  return join(folder, 'queues', stage);
}
