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

/** The last checkpoints of all segments. */
export class Checkpoints {
  readonly #stores: ReadonlyMap<string, CheckpointStore>;

  protected constructor(stores: ReadonlyMap<string, CheckpointStore>) {
    this.#stores = stores;
  }

  /** To look at them: a run may be writing the next ones. */
  static async read(place: StatePlace): Promise<Checkpoints> {
    const log = { info: () => {}, warn: () => {} };
    return new Checkpoints(await openStores(place, [], log));
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
    const segment = this.segmentOf(source);
    return new Map(Object.entries(this.#stores.get(segment ?? '')?.last?.sources[source] ?? {}));
  }

  /** The segment whose checkpoint is the newest that knows a source. */
  segmentOf(source: string): string | undefined {
    const known = [...this.#stores].filter(([, { last }]) => last && source in last.sources);
    return known.sort(([, a], [, b]) => b.last!.id - a.last!.id)[0]?.[0];
  }

  stateOf(sink: string): SinkState | undefined {
    const known = this.#checkpoints().filter(({ sinks }) => sink in sinks);
    return known.sort((a, b) => b.id - a.id)[0]?.sinks[sink];
  }

  /** The state of a sink of which each segment has one. */
  stateIn(segment: string, sink: string): SinkState | undefined {
    return this.#stores.get(segment)?.last?.sinks[sink];
  }

  /** What each segment says of a sink of which each has one; those that say nothing are left out. */
  statesOf(sink: string): Map<string, SinkState> {
    const known = this.segments.map((segment) => [segment, this.stateIn(segment, sink)] as const);
    return new Map(known.flatMap(([segment, state]) => (state === undefined ? [] : [[segment, state]])));
  }

  /** The ids of all sinks that any checkpoint knows. */
  get sinks(): Set<string> {
    return new Set(this.#checkpoints().flatMap(({ sinks }) => Object.keys(sinks)));
  }

  #checkpoints(): Checkpoint[] {
    return [...this.#stores.values()].flatMap(({ last }) => last ?? []);
  }
}

/** What outlives a run, and the right to change it. */
export class PipelineState extends Checkpoints {
  readonly #stores: Map<string, CheckpointStore>;
  readonly #options: PipelineStateOptions;
  readonly #lock: StateLock;

  private constructor(stores: Map<string, CheckpointStore>, options: PipelineStateOptions, lock: StateLock) {
    super(stores);
    this.#stores = stores;
    this.#options = options;
    this.#lock = lock;
  }

  /** Throws MillraceError `state_locked` when another process has it. */
  static async open(options: PipelineStateOptions): Promise<PipelineState> {
    const lock = await StateLock.take(options.folder);
    try {
      return new PipelineState(await openStores(options, options.segments, options.log), options, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Of segments that come later. */
  async addStores(segments: readonly string[]): Promise<void> {
    for (const id of segments)
      if (!this.#stores.has(id)) this.#stores.set(id, await openStore(this.#options, id, this.#options.log));
  }

  /** Of a segment, where its checkpoints are written. */
  store(segment: string): CheckpointStore {
    return this.#stores.get(segment)!;
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) await store.close();
    await this.#lock.release();
  }
}

/** Of a run that is forgotten: it begins with nothing, and its checkpoints are gone with it. */
export class ForgottenState extends Checkpoints {
  constructor() {
    super(new Map());
  }

  store(): Pick<CheckpointStore, 'last' | 'save' | 'keepDurable'> {
    return { last: undefined, save: async () => {}, keepDurable: async () => {} };
  }
}

async function openStores(
  place: StatePlace,
  segments: readonly string[],
  log: StageLog,
): Promise<Map<string, CheckpointStore>> {
  const ids = new Set([...segments, ...(await segmentsIn(place))]);
  const stores = new Map<string, CheckpointStore>();
  for (const id of ids) stores.set(id, await openStore(place, id, log));
  return stores;
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
