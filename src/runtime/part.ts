import type { SegmentPlan } from '../plan/index.js';
import type { Lanes } from '../workers/index.js';
import { SegmentRun, type SegmentRunOptions } from './segment-run.js';

/** A segment as one of several that a run can end, and begin, by themselves. */
export class Part {
  /** With which it can be made again. */
  readonly options: SegmentRunOptions;
  readonly segment: SegmentRun;
  readonly #leaving: AbortController;
  readonly #givenUp: AbortController;
  #hasEnded = false;
  /** Resolves when it has ended, however that was. */
  ended: Promise<void> = Promise.resolve();

  private constructor(
    options: SegmentRunOptions,
    segment: SegmentRun,
    leaving: AbortController,
    givenUp: AbortController,
  ) {
    this.options = options;
    this.segment = segment;
    this.#leaving = leaving;
    this.#givenUp = givenUp;
  }

  static async create(options: SegmentRunOptions): Promise<Part> {
    const [leaving, givenUp] = [new AbortController(), new AbortController()];
    const segment = await SegmentRun.create({
      ...options,
      draining: AbortSignal.any([options.draining, leaving.signal]),
      failing: AbortSignal.any([options.failing, givenUp.signal]),
      onFailure: (error) => {
        if (!givenUp.signal.aborted) options.onFailure(error);
      },
    });
    return new Part(options, segment, leaving, givenUp);
  }

  get plan(): SegmentPlan {
    return this.options.segment;
  }

  get lanes(): Lanes {
    return this.options.lanes;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  start(): void {
    this.ended = this.#run();
  }

  /**
   * Lets its sources end, and what they have read go through to the sinks. Where that takes longer than `ms`, it is ended at once: whoever
   * follows begins at its last checkpoint. Resolves to whether it came to its end.
   */
  async leave(ms: number): Promise<boolean> {
    this.#leaving.abort();
    const timer = setTimeout(() => this.#givenUp.abort(new Error('given up for another version')), ms);
    await this.ended;
    clearTimeout(timer);
    return !this.#givenUp.signal.aborted;
  }

  /** Of one that was not started: nothing came of it. */
  async close(): Promise<void> {
    this.#givenUp.abort(new Error('it cannot begin'));
    await this.segment.closeAfterFailure();
  }

  async #run(): Promise<void> {
    try {
      await this.segment.run();
    } catch (error) {
      if (!this.#givenUp.signal.aborted) this.options.onFailure(error);
      else await this.segment.closeAfterFailure();
    } finally {
      this.#hasEnded = true;
    }
  }
}
