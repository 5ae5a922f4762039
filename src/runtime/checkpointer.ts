import { systemClock } from '../base/clock.js';
import type { JsonValue } from '../base/json.js';
import type { Positions, Prepared, Sink, StageLog } from '../component/index.js';
import type { Barrier } from '../flow/index.js';
import type { Checkpoint, CheckpointStore } from './checkpoint-store.js';
import type { AnySource } from './items.js';
import { SyncPace } from './sync-pace.js';
import { waitForRoom } from './wait-for-room.js';

/** What a checkpoint holds of sources and sinks. */
export type CheckpointParts = Pick<Checkpoint, 'sources' | 'sinks'>;

/** The side of a running source that takes part in checkpoints. */
export interface Positioned {
  readonly source: AnySource;
  /** Counts the chunks passed on. */
  readonly passed: number;
  /** The positions after the last chunk that was passed on. */
  positions(): Positions;
  /** Puts a barrier behind the chunks passed on so far. Resolves to the positions there. */
  barrier(barrier: Barrier): Promise<Positions>;
  /** Forgets those of the `asked` positions that are not in `needed`, unless they have changed since. */
  forget(asked: Positions, needed: Positions): void;
}

export interface CheckpointerOptions {
  readonly store: Pick<CheckpointStore, 'save' | 'keepDurable'>;
  /** The highest id of any checkpoint so far. */
  readonly lastId: number;
  readonly intervalMs: number;
  readonly sources: ReadonlyMap<string, Positioned>;
  /** With the memories of stages: what is prepared at a barrier. */
  readonly sinks: ReadonlyMap<string, Pick<Sink, 'isDue' | 'commit'>>;
  /** Makes of what this run knows what a checkpoint holds. */
  readonly amend: (own: CheckpointParts) => CheckpointParts;
  /** Bytes handed to the sinks so far. */
  readonly writtenBytes: () => number;
  /** A checkpoint was written; it took so long from its barrier on. */
  readonly onWritten?: (durationMs: number) => void;
  readonly log: StageLog;
  /** Aborts when the run is torn down. */
  readonly signal: AbortSignal;
  /** Called with what made a checkpoint impossible: the run cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** So many checkpoints later, sources are asked which positions they need no more. */
const PRUNE_EVERY = 64;

/** One checkpoint in the making. */
interface Round {
  readonly id: number;
  readonly positions: Map<string, Positions>;
  readonly prepared: Map<string, Prepared>;
  readonly settle: (isComplete: boolean) => void;
}

/**
 * Makes checkpoints: sends a barrier out from all sources at once, waits until it has come to every sink and (where the
 * checkpoint is to be durable) each has synced what came before it, writes the one record, and only then lets sinks and
 * sources commit. One checkpoint at a time, and none where nothing was read since the last
 * and no sink asks for one.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  /** Sinks whose inputs have all ended: they meet no barrier any more. */
  readonly #ended = new Map<string, Prepared>();
  readonly #pace: SyncPace;
  #lastId: number;
  #passedBefore = 0;
  #round: Round | undefined;
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Someone wants the next checkpoint soon. */
  #isRequested = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#lastId = options.lastId;
    const { writtenBytes, sources } = options;
    const readsOnce = [...sources.values()].some(({ source }) => source.readsOnce);
    this.#pace = new SyncPace({ always: readsOnce || this.#isAwaited(), writtenBytes, clock: systemClock });
    options.signal.addEventListener('abort', () => this.#stop());
  }

  /** Writes the first record, before anything else is written: to what the sinks can be taken back. */
  async begin(states: ReadonlyMap<string, JsonValue>): Promise<void> {
    const { store } = this.#options;
    await store.save(this.#record(this.#positions(), states, false), true);
    this.#schedule();
  }

  /** Asks for a checkpoint as soon as the one under way, if any, is done. */
  request(): void {
    if (this.#isRequested || this.#stopped) return;
    this.#isRequested = true;
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#schedule();
  }

  /** A barrier has come to a sink. */
  prepared(stage: string, barrier: Barrier, prepared: Prepared): void {
    if (this.#round?.id !== barrier.id) return;
    this.#round.prepared.set(stage, prepared);
    this.#settleIfComplete();
  }

  /** Nothing will come to a sink any more. */
  ended(stage: string, prepared: Prepared): void {
    this.#ended.set(stage, prepared);
    this.#settleIfComplete();
  }

  /**
   * Writes the last record, when all sinks have ended. It waits for the disk where another one would.
   * @param ended the sources have come to the end of their input
   */
  async finish(ended: boolean): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.#prune();
    await this.#write(this.#positions(), this.#ended, { ended, durable: this.#pace.isDue() });
  }

  /** Resolves when nothing is written any more. For a run that was torn down: the one under way is given up or done. */
  stopped(): Promise<void> {
    return this.#running;
  }

  #stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#round?.settle(false);
  }

  #schedule(): void {
    if (this.#stopped) return;
    const waitMs = this.#isRequested ? 0 : this.#options.intervalMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#isRequested = false;
      this.#running = this.#checkpoint()
        .catch((error) => this.#options.onFailure(error))
        .finally(() => this.#schedule());
    }, waitMs);
  }

  async #checkpoint(): Promise<void> {
    const sources = [...this.#options.sources];
    const passed = sources.reduce((sum, [, source]) => sum + source.passed, 0);
    const isDue = [...this.#options.sinks.values()].some((sink) => sink.isDue?.());
    if (passed === this.#passedBefore && !isDue) return;
    const startedMs = performance.now();
    const round = this.#begin();
    for (const [stage, source] of sources) {
      source.barrier({ kind: 'barrier', id: round.id }).then((positions) => {
        round.positions.set(stage, positions);
        this.#settleIfComplete();
      }, this.#options.onFailure);
    }
    const isComplete = await round.complete;
    this.#round = undefined;
    if (!isComplete) return;
    // What a sink prepared at the barrier counts, even if it has ended since.
    const prepared = new Map([...this.#ended, ...round.prepared]);
    const durable = this.#pace.isDue();
    await this.#write(round.positions, prepared, { ended: false, durable });
    if (durable) this.#pace.synced();
    this.#options.onWritten?.(performance.now() - startedMs);
    this.#passedBefore = passed;
    if (round.id % PRUNE_EVERY === 0) await this.#prune();
  }

  /** Whether a source or a sink commits, which it may only after a durable checkpoint. */
  #isAwaited(): boolean {
    const { sources, sinks } = this.#options;
    const ends = [...sinks.values(), ...[...sources.values()].map(({ source }) => source)];
    return ends.some(({ commit }) => commit !== undefined);
  }

  #begin(): Round & { readonly complete: Promise<boolean> } {
    let settle: (isComplete: boolean) => void = () => {};
    const complete = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const round = { id: this.#lastId + 1, positions: new Map(), prepared: new Map(), settle, complete };
    this.#round = round;
    return round;
  }

  #settleIfComplete(): void {
    const round = this.#round;
    if (!round || round.positions.size < this.#options.sources.size) return;
    const isPrepared = (stage: string) => round.prepared.has(stage) || this.#ended.has(stage);
    if ([...this.#options.sinks.keys()].every(isPrepared)) round.settle(true);
  }

  async #write(
    positions: ReadonlyMap<string, Positions>,
    prepared: ReadonlyMap<string, Prepared>,
    { ended, durable }: { ended: boolean; durable: boolean },
  ): Promise<void> {
    const { sinks, sources, signal } = this.#options;
    if (durable) await this.#sync([...prepared.values()]);
    signal.throwIfAborted();
    const states = new Map([...prepared].map(([stage, { state }]) => [stage, state]));
    const record = this.#record(positions, states, ended);
    await waitForRoom('the checkpoint', () => this.#options.store.save(record, durable), this.#options);
    for (const [stage, sink] of sinks) await sink.commit?.(states.get(stage)!);
    for (const [stage, { source }] of sources) await source.commit?.(positions.get(stage)!);
  }

  async #sync(prepared: readonly Prepared[]): Promise<void> {
    try {
      await Promise.all(prepared.map((one) => one.durable()));
    } catch (error) {
      await this.#options.store.keepDurable();
      throw error;
    }
  }

  #record(
    positions: ReadonlyMap<string, Positions>,
    states: ReadonlyMap<string, JsonValue>,
    ended: boolean,
  ): Checkpoint {
    const sources = [...positions].map(([stage, keys]) => [stage, Object.fromEntries(keys)] as const);
    const own = { sources: Object.fromEntries(sources), sinks: Object.fromEntries(states) };
    return { id: ++this.#lastId, timeMs: Date.now(), ...this.#options.amend(own), ended };
  }

  #positions(): ReadonlyMap<string, Positions> {
    return new Map([...this.#options.sources].map(([stage, source]) => [stage, source.positions()]));
  }

  async #prune(): Promise<void> {
    for (const positioned of this.#options.sources.values()) {
      const asked = positioned.positions();
      const needed = await positioned.source.prune?.(asked);
      if (needed) positioned.forget(asked, needed);
    }
  }
}
