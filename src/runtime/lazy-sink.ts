import type { Block, Prepared, Sink, SinkState } from '../component/index.js';

/** A sink that is not touched before there is something to write, so that a run without dead letters leaves no file. */
export class Lazy implements Sink {
  readonly #sink: Sink;
  #isOpen = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async claim(): Promise<void> {
    await this.#sink.claim?.();
  }

  async open(state: SinkState | undefined): Promise<SinkState> {
    return state === undefined || state === null ? null : await this.#open(state);
  }

  async write(block: Block, signal: AbortSignal): Promise<void> {
    if (block.records === 0) return;
    if (!this.#isOpen) await this.#open(undefined);
    await this.#sink.write(block, signal);
  }

  async prepare(): Promise<Prepared> {
    return this.#isOpen ? await this.#sink.prepare() : { state: null, durable: async () => {} };
  }

  async close(): Promise<void> {
    if (this.#isOpen) await this.#sink.close();
  }

  #open(state: SinkState | undefined): Promise<SinkState> {
    this.#isOpen = true;
    return this.#sink.open(state);
  }
}
