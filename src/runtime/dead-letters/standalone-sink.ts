import type { Block, Prepared, Sink, SinkState, StageLog } from '../../component/index.js';
import { DEAD_LETTER_STAGE, PipelineState } from '../pipeline-state.js';
import type { DeadLetterSink } from './sink.js';
import { readState, writeState } from './state.js';
import { type DeadLetterPlace, withLetters } from './store.js';

/**
 * The dead letters of a run that writes no checkpoints. It takes the state folder with the first letter, keeps all that
 * is there, and writes down at its end how many there are, should the next run go on from a checkpoint.
 */
export class StandaloneDeadLetterSink implements Sink {
  readonly #place: DeadLetterPlace & { readonly log: StageLog };
  readonly #sink: DeadLetterSink;
  #state: PipelineState | undefined;

  constructor(place: DeadLetterPlace & { readonly log: StageLog }, sink: DeadLetterSink) {
    this.#place = place;
    this.#sink = sink;
  }

  async open(): Promise<SinkState> {
    return null;
  }

  async write(block: Block, signal: AbortSignal): Promise<void> {
    if (block.records === 0) return;
    if (!this.#state) {
      this.#state = await PipelineState.open({ ...this.#place, segments: [this.#place.segment] });
      const known = readState(this.#state.stateIn(this.#place.segment, DEAD_LETTER_STAGE));
      await this.#sink.open(writeState({ resolved: known?.resolved ?? [] }));
    }
    await this.#sink.write(block, signal);
  }

  async prepare(): Promise<Prepared> {
    return { state: null, durable: async () => {} };
  }

  async close(): Promise<void> {
    if (!this.#state) return;
    const state = this.#state;
    this.#state = undefined;
    try {
      const prepared = await this.#sink.prepare();
      await prepared.durable();
      const store = state.store(this.#place.segment);
      await store.save(withLetters(store.last, readState(prepared.state)!), true);
    } finally {
      await this.#sink.close();
      await state.close();
    }
  }
}
