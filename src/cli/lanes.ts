import type { StageLog } from '../component/index.js';
import type { ChainPlan, Pipeline } from '../plan/index.js';
import { createLanes, type Lanes } from '../workers/index.js';

const LEAST_ARENA_BYTES = 32 * 2 ** 20;
const MOST_ARENA_BYTES = 2 ** 30;
/** A trip holds a batch, its views (16 bytes a value) and its output. */
const ARENA_PER_BATCH = 24;
/** How far beyond the memory that it was given the process may grow before the trips under way are taken for the reason. */
const MEMORY_SLACK_BYTES = 2 ** 30;

/** Lanes for these chains, as large as the pipeline's batches ask for. */
export function lanesFor(
  pipeline: Pipeline,
  chains: readonly ChainPlan[],
  workers: number,
  log: StageLog,
): Promise<Lanes> {
  const { batch, memoryBytes, tripTimeoutMs } = pipeline.runtime;
  const wanted = ARENA_PER_BATCH * batch.maxBytes;
  const arenaBytes = Math.min(MOST_ARENA_BYTES, Math.max(LEAST_ARENA_BYTES, wanted));
  const data = { pipeline: pipeline.name, chains, arenaBytes, secrets: pipeline.secrets };
  const memoryLimit = memoryBytes + (workers + 1) * arenaBytes + MEMORY_SLACK_BYTES;
  const limits = { timeoutMs: tripTimeoutMs, memoryBytes: memoryLimit };
  return createLanes(data, workers, limits, log);
}
