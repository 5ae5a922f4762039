import { Piscina } from 'piscina';
import { compileKernels } from '../batch/index.js';
import { KeptInputs } from './kept-inputs.js';
import type { Quarantine, ThreadData } from './lanes.js';
import type { ThreadTask } from './thread.js';
import { bufferOfInput, buffersOfRequest, type TripRequest, type TripResult } from './trip.js';
import { TripFailed, type TripFault } from './trip-failed.js';
import { TripWatch, type WatchedTrip, type WatchLimits } from './watch.js';

/** What threads may take. */
export interface ThreadLimits extends WatchLimits {
  /** The JavaScript heap of one thread, in MiB. Records do not lie there, only what is known about them. */
  readonly heapMb?: number;
}

export interface ThreadLanesOptions {
  /** How many trips may be at a thread; those behind the first wait, so that it is not idle while the main thread is busy. */
  readonly tripsPerThread?: number;
  /** The module that the threads run. */
  readonly threadUrl?: URL;
}

const HEAP_MB = 512;
/** What a trip leaves behind on the heap is small: more room for it would only be more memory that is touched in turn. */
const YOUNG_HEAP_MB = 6;

/** A pool of threads. The thread of a trip that goes too far is ended; the pool then starts another one. */
export class ThreadLanes implements Quarantine {
  readonly width: number;
  readonly #pool: Piscina<ThreadTask, TripResult | TripFault>;
  readonly #watch: TripWatch;
  readonly #inputs: KeptInputs;
  #isClosed = false;

  constructor(data: ThreadData, workers: number, limits: ThreadLimits, options: ThreadLanesOptions = {}) {
    const { tripsPerThread = 2, threadUrl = new URL('./thread.js', import.meta.url) } = options;
    this.width = workers;
    this.#pool = new Piscina({
      filename: threadUrl.href,
      name: 'run',
      workerData: { ...data, kernels: compileKernels() },
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: tripsPerThread,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: {
        maxOldGenerationSizeMb: limits.heapMb ?? HEAP_MB,
        maxYoungGenerationSizeMb: YOUNG_HEAP_MB,
      },
    });
    // A thread that ends between two trips has cost nothing, and another one takes its place.
    this.#pool.on('error', () => {});
    this.#watch = new TripWatch(limits, (id) => this.#endThread(id));
    this.#inputs = new KeptInputs(tripsPerThread * workers + 1);
  }

  /** Rejects with TripFailed when the trip was not made; then its input is as it was, and its spares are gone. */
  async run(request: TripRequest): Promise<TripResult> {
    const { input } = request;
    const sent = { ...request, input: this.#inputs.copy(input) };
    const trip = this.#watch.begin(request.timeoutMs);
    const result = await this.#make(sent, trip);
    const original = bufferOfInput(input);
    if (this.#inputs.add(original)) return result;
    return { ...result, returned: [...result.returned, original] };
  }

  async #make(request: TripRequest, trip: WatchedTrip): Promise<TripResult> {
    const task = { request, cell: trip.cell, suspect: trip.suspect };
    try {
      const answer = await this.#pool.run(task, { transferList: buffersOfRequest(request) });
      if (!('fault' in answer)) return answer;
      throw new TripFailed(answer.fault, answer.message, true);
    } catch (error) {
      if (this.#isClosed || error instanceof TripFailed) throw error;
      throw trip.failure ?? failureOfThread(error, trip.isBeingMade);
    } finally {
      this.#watch.end(trip);
    }
  }

  /** Resolves when a thread has made itself ready. */
  async ready(): Promise<void> {
    await this.#pool.run(undefined as never, { name: 'ready' });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.close();
    await this.#pool.destroy();
  }

  #endThread(id: number): void {
    void this.#pool.threads.find(({ threadId }) => threadId === id)?.terminate();
  }
}

/** @param isCertain the thread was at this trip when it ended; a trip that only waited there is not the reason */
function failureOfThread(error: unknown, isCertain: boolean): TripFailed {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return new TripFailed('out_of_memory', message, isCertain);
  return new TripFailed('worker_failed', `its thread ended: ${message}`, isCertain);
}
