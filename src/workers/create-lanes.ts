import type { StageLog } from '../component/index.js';
import { GrowingLanes } from './growing-lanes.js';
import { InlineLanes, type Lanes, type Quarantine, type ThreadData } from './lanes.js';
import { withResources } from './resources.js';
import { SafeLanes } from './safe-lanes.js';
import type { ThreadLimits } from './thread-lanes.js';

/** One thread tries a part while another one starts in the place of the last that was ended. */
const QUARANTINE_THREADS = 2;

/** The lanes of a run, for so many worker threads; with 0, everything is done in this thread and nothing can be ended. */
export async function createLanes(
  data: ThreadData,
  workers: number,
  limits: ThreadLimits,
  log?: StageLog,
): Promise<Lanes> {
  return withResources(await safeLanes(data, workers, limits), data.chains, { log });
}

async function safeLanes(data: ThreadData, workers: number, limits: ThreadLimits): Promise<Lanes> {
  const { timeoutMs } = limits;
  if (workers === 0) {
    const lanes = await InlineLanes.create(data);
    return new SafeLanes({ data, lanes, createQuarantine: async () => lanes, timeoutMs });
  }
  const lanes = await GrowingLanes.create(data, workers, limits);
  const createQuarantine = async (): Promise<Quarantine> => {
    const { ThreadLanes } = await import('./thread-lanes.js');
    return new ThreadLanes(data, QUARANTINE_THREADS, limits, { tripsPerThread: 1 });
  };
  return new SafeLanes({ data, lanes, createQuarantine, timeoutMs });
}
