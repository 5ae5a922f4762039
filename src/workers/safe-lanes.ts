import { Arena } from '../batch/index.js';
import { Bisection, mergeResults } from './bisection.js';
import { InputParts } from './input-parts.js';
import { copyInput } from './kept-inputs.js';
import type { Lanes, Quarantine, ThreadData } from './lanes.js';
import { bufferOfInput, COUNTERS, type TripRequest, type TripResult } from './trip.js';
import { TripFailed } from './trip-failed.js';

/** While the record is being looked for, trips may take this share of what the whole may take. */
const SEARCH_SHARE = 1 / 4;

export interface SafeLanesOptions {
  readonly data: ThreadData;
  readonly lanes: Lanes;
  /** Makes the lanes in which trips that failed are tried again, one at a time. Called when the first one fails. */
  readonly createQuarantine: () => Promise<Quarantine>;
  /** How long a trip may take. */
  readonly timeoutMs: number;
}

/**
 * Lanes in which every trip is made. One that fails (its thread threw, ended, took too long or too much memory) is made
 * again away from all others, and then in parts, until the records with which it cannot be made are left: they follow
 * the `on_error` of the chain's root. See docs/decisions/0005-poison.md.
 */
export class SafeLanes implements Lanes {
  readonly width: number;
  readonly #options: SafeLanesOptions;
  #arena: Arena | undefined;
  #quarantine: Promise<Quarantine> | undefined;
  /** Resolves when nothing is in quarantine. */
  #lastCase: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: SafeLanesOptions) {
    this.#options = options;
    this.width = options.lanes.width;
  }

  async run(request: TripRequest): Promise<TripResult> {
    try {
      return await this.#options.lanes.run(request);
    } catch (error) {
      if (!(error instanceof TripFailed)) throw error;
      const result = this.#lastCase.then(() => this.#recover(request, error));
      this.#lastCase = result.catch(() => {});
      return await result;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#options.lanes.close();
    const quarantine = await this.#quarantine?.catch(() => undefined);
    await quarantine?.close();
  }

  async #recover(request: TripRequest, first: TripFailed): Promise<TripResult> {
    const { data, timeoutMs } = this.#options;
    let tries = 1;
    let failure = first;
    if (!failure.isCertain) {
      try {
        return await this.#tryAlone({ ...request, spares: [], timeoutMs });
      } catch (error) {
        if (!(error instanceof TripFailed)) throw error;
        failure = error;
        tries++;
      }
    }
    const plan = data.chains[request.chain]!;
    this.#arena ??= new Arena(data.arenaBytes, data.kernels);
    const parts = new InputParts(this.#arena, plan, data.pipeline, request.input);
    const bisection = new Bisection(parts, (input, isLast) => {
      const limitMs = isLast ? timeoutMs : timeoutMs * SEARCH_SHARE;
      // A trip takes its input's buffer for its outputs, and the other parts still lie in this one.
      const part = copyInput(input);
      return this.#tryAlone({ ...request, input: part, spares: [], timeoutMs: limitMs });
    });
    const merged = mergeResults(await bisection.run(tries, failure), plan.nodes.length * COUNTERS);
    return { ...merged, returned: [...merged.returned, bufferOfInput(request.input)] };
  }

  /** A thread that cannot even be started is nothing that a record should pay for: then the run fails. */
  async #tryAlone(request: TripRequest): Promise<TripResult> {
    if (this.#isClosed) throw new Error('the lanes are closed');
    this.#quarantine ??= this.#options.createQuarantine();
    const quarantine = await this.#quarantine;
    await quarantine.ready();
    return await quarantine.run(request);
  }
}
