import { availableParallelism } from 'node:os';
import { Arena, type KernelModule } from '../batch/index.js';
import type { ChainPlan } from '../plan/index.js';
import { Chain } from './chain.js';
import type { TripRequest, TripResult } from './trip.js';
import { faultOf, TripFailed } from './trip-failed.js';

/** What every thread is told once, when it starts. Plain data. */
export interface ThreadData {
  readonly pipeline: string;
  readonly chains: readonly ChainPlan[];
  /** The size of its arena; virtual, only touched pages count. */
  readonly arenaBytes: number;
  /** What must not be shown, and what is shown instead. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Compiled by the main thread for all. */
  readonly kernels?: KernelModule;
}

/** Where trips are made. Trips run in parallel and in no fixed order; whoever needs an order keeps it. */
export interface Lanes {
  /** How many trips run at the same time. */
  readonly width: number;
  /**
   * Rejects with TripFailed when this trip was not made. Its input then is as it was, its spares are lost, and other trips
   * can go on; after any other rejection none can.
   */
  run(request: TripRequest): Promise<TripResult>;
  close(): Promise<void>;
}

/** Where trips that failed are tried again. */
export interface Quarantine extends Lanes {
  /** Resolves when a trip can begin at once; rejects when none ever can. */
  ready(): Promise<void>;
}

/** Trips made at once in this thread: for tests, and for `--workers 0`. */
export class InlineLanes implements Quarantine {
  readonly width = 1;
  readonly #chains: readonly Chain[];

  private constructor(chains: readonly Chain[]) {
    this.#chains = chains;
  }

  static async create(data: ThreadData): Promise<InlineLanes> {
    const arena = new Arena(data.arenaBytes);
    return new InlineLanes(
      await Promise.all(data.chains.map((plan) => Chain.create(plan, data.pipeline, arena))),
    );
  }

  async run(request: TripRequest): Promise<TripResult> {
    try {
      return this.#chains[request.chain]!.run(request, Date.now());
    } catch (error) {
      const { fault, message } = faultOf(error);
      throw new TripFailed(fault, message, true);
    }
  }

  async ready(): Promise<void> {}

  async close(): Promise<void> {}
}

/** `auto` is one worker for each processor. */
export function workerCount(configured: number | 'auto'): number {
  return configured === 'auto' ? availableParallelism() : configured;
}
