import { Piscina } from 'piscina';
import { compileKernels } from '../batch/index.js';
import type { Lanes, ThreadData } from './lanes.js';
import { buffersOfRequest, type TripRequest, type TripResult } from './trip.js';

/** A pool of threads. A second trip waits at each thread, so that none is idle while the main thread is busy. */
export class ThreadLanes implements Lanes {
  readonly width: number;
  readonly #pool: Piscina<TripRequest, TripResult>;

  constructor(data: ThreadData, workers: number, threadUrl = new URL('./thread.js', import.meta.url)) {
    this.width = workers;
    this.#pool = new Piscina({
      filename: threadUrl.href,
      name: 'run',
      workerData: { ...data, kernels: compileKernels() },
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 2,
      idleTimeout: Number.POSITIVE_INFINITY,
    });
  }

  run(request: TripRequest): Promise<TripResult> {
    return this.#pool.run(request, { transferList: buffersOfRequest(request) });
  }

  /** Resolves when a thread has made itself ready. */
  async ready(): Promise<void> {
    await this.#pool.run(undefined as never, { name: 'ready' });
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
