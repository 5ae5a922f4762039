import { InlineLanes, type Lanes, type ThreadData } from './lanes.js';
import type { ThreadLimits } from './thread-lanes.js';
import type { TripRequest, TripResult } from './trip.js';

/** A run of fewer trips is over before threads could help: starting them takes about as long as a hundred trips. */
const TRIPS_BEFORE_THREADS = 4;

/**
 * Makes the first trips in this thread, and starts the pool when more follow. Until the pool is ready the trips go on
 * here, so that neither a short run nor a long one waits for threads to start. Chunks that are only copied stay here
 * for good: counting their lines takes less than sending them to a thread and back. Chains that may run away wait for the
 * pool: nothing could end them here.
 */
export class GrowingLanes implements Lanes {
  readonly width: number;
  readonly #data: ThreadData;
  readonly #limits: ThreadLimits;
  readonly #inline: InlineLanes;
  #trips = 0;
  #starting: Promise<Lanes> | undefined;
  #pool: Lanes | undefined;
  #failure: { readonly reason: unknown } | undefined;

  private constructor(data: ThreadData, workers: number, limits: ThreadLimits, inline: InlineLanes) {
    this.width = workers;
    this.#data = data;
    this.#limits = limits;
    this.#inline = inline;
  }

  static async create(data: ThreadData, workers: number, limits: ThreadLimits): Promise<GrowingLanes> {
    return new GrowingLanes(data, workers, limits, await InlineLanes.create(data));
  }

  run(request: TripRequest): Promise<TripResult> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    const { copiesLines, mayRunAway } = this.#data.chains[request.chain]!;
    if (copiesLines) return this.#inline.run(request);
    if (this.#pool) return this.#pool.run(request);
    if (mayRunAway) return this.#start().then((pool) => pool.run(request));
    if (++this.#trips === TRIPS_BEFORE_THREADS) this.#start();
    return this.#inline.run(request);
  }

  async close(): Promise<void> {
    const pool = await this.#starting?.catch(() => undefined);
    await pool?.close();
  }

  #start(): Promise<Lanes> {
    if (this.#starting) return this.#starting;
    this.#starting = startPool(this.#data, this.width, this.#limits);
    this.#starting.then(
      (pool) => {
        this.#pool = pool;
      },
      (reason) => {
        this.#failure = { reason };
      },
    );
    return this.#starting;
  }
}

/** The pool's library is loaded only here: loading it takes as long as a short run. */
async function startPool(data: ThreadData, workers: number, limits: ThreadLimits): Promise<Lanes> {
  const { ThreadLanes } = await import('./thread-lanes.js');
  const pool = new ThreadLanes(data, workers, limits);
  try {
    await pool.ready();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}
