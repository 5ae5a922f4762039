import { InlineLanes, type Lanes, type ThreadData } from './lanes.js';
import type { TripRequest, TripResult } from './trip.js';

/** A run of fewer trips is over before threads could help: starting them takes about as long as a hundred trips. */
const TRIPS_BEFORE_THREADS = 4;

/**
 * Makes the first trips in this thread, and starts the pool when more follow. Until the pool is ready the trips go on
 * here, so that neither a short run nor a long one waits for threads to start. Chunks that are only copied stay here
 * for good: counting their lines takes less than sending them to a thread and back.
 */
export class GrowingLanes implements Lanes {
  readonly width: number;
  readonly #data: ThreadData;
  readonly #inline: InlineLanes;
  #trips = 0;
  #starting: Promise<Lanes> | undefined;
  #pool: Lanes | undefined;
  #failure: { readonly reason: unknown } | undefined;

  private constructor(data: ThreadData, workers: number, inline: InlineLanes) {
    this.width = workers;
    this.#data = data;
    this.#inline = inline;
  }

  static async create(data: ThreadData, workers: number): Promise<GrowingLanes> {
    return new GrowingLanes(data, workers, await InlineLanes.create(data));
  }

  run(request: TripRequest): Promise<TripResult> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    if (this.#data.chains[request.chain]!.copiesLines) return this.#inline.run(request);
    if (this.#pool) return this.#pool.run(request);
    if (++this.#trips === TRIPS_BEFORE_THREADS) this.#start();
    return this.#inline.run(request);
  }

  async close(): Promise<void> {
    const pool = await this.#starting?.catch(() => undefined);
    await pool?.close();
  }

  #start(): void {
    this.#starting = startPool(this.#data, this.width);
    this.#starting.then(
      (pool) => {
        this.#pool = pool;
      },
      (reason) => {
        this.#failure = { reason };
      },
    );
  }
}

/** The pool's library is loaded only here: loading it takes as long as a short run. */
async function startPool(data: ThreadData, workers: number): Promise<Lanes> {
  const { ThreadLanes } = await import('./thread-lanes.js');
  const pool = new ThreadLanes(data, workers);
  try {
    await pool.ready();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}
