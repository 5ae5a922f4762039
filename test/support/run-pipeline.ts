import { CATALOGUE } from '../../src/cli/catalogue.js';
import { planPipeline, readPipeline } from '../../src/plan/index.js';
import { type Metrics, Run } from '../../src/runtime/index.js';
import { InlineLanes } from '../../src/workers/index.js';

const log = { info: () => {}, warn: () => {} };

export interface RunInThreadOptions {
  /** Smaller than a file may ask for, so that a few records already make many batches. */
  readonly batchBytes?: number;
}

/** Runs a pipeline in this thread: the whole engine, but for the pool of threads. Throws when the file has problems. */
export async function runInThread(
  yaml: string,
  file: string,
  { batchBytes }: RunInThreadOptions = {},
): Promise<Metrics> {
  const read = readPipeline(yaml, file, { env: {}, set: [], catalogue: CATALOGUE });
  if (!read.pipeline) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  const { runtime } = read.pipeline;
  const batch = { ...runtime.batch, maxBytes: batchBytes ?? runtime.batch.maxBytes };
  const pipeline = { ...read.pipeline, runtime: { ...runtime, batch } };
  const { plan, problems } = planPipeline(pipeline);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const { chains } = plan.segments[0]!;
  const lanes = await InlineLanes.create({ pipeline: pipeline.name, chains, arenaBytes: 32 * 1024 * 1024 });
  const run = new Run({ pipeline, plan, lanes, log });
  await run.run();
  return run.metrics;
}
