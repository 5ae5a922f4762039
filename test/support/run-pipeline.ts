import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '../../src/base/storage.js';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import type { SinkDefinition, SourceDefinition } from '../../src/component/index.js';
import { type Pipeline, type PlanProblem, planPipeline, readPipeline } from '../../src/plan/index.js';
import { type Metrics, Run } from '../../src/runtime/index.js';
import { InlineLanes, withResources } from '../../src/workers/index.js';

const log = { info: () => {}, warn: () => {} };

export interface RunInThreadOptions {
  /** Smaller than a file may ask for, so that a few records already make many batches. */
  readonly batchBytes?: number;
  /** More often than a file may ask for. */
  readonly checkpointMs?: number;
  /** Components of the test's own, beside the real ones. */
  readonly sources?: readonly SourceDefinition[];
  readonly sinks?: readonly SinkDefinition[];
  readonly storage?: Storage;
}

function check(yaml: string, file: string, { sources = [], sinks = [] }: RunInThreadOptions): Pipeline {
  const catalogue = {
    ...CATALOGUE,
    sources: new Map([...CATALOGUE.sources, ...sources.map((one) => [one.name, one] as const)]),
    sinks: new Map([...CATALOGUE.sinks, ...sinks.map((one) => [one.name, one] as const)]),
  };
  const read = readPipeline(yaml, file, { env: {}, set: [], catalogue });
  if (!read.pipeline) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.pipeline;
}

/** What the plan has against a pipeline that is right by itself. */
export function planProblems(yaml: string, options: RunInThreadOptions = {}): readonly PlanProblem[] {
  return planPipeline(check(yaml, 'pipeline.yaml', options)).problems;
}

/** Plans a pipeline to be run in this thread: the whole engine, but for the pool. Throws when the file has problems. */
export async function prepareRun(yaml: string, file: string, options: RunInThreadOptions = {}): Promise<Run> {
  const { batchBytes, checkpointMs, storage } = options;
  const checked = check(yaml, file, options);
  const { runtime } = checked;
  const batch = { ...runtime.batch, maxBytes: batchBytes ?? runtime.batch.maxBytes };
  // Every test begins, unless it says where its state is.
  const state =
    runtime.state === '.millrace' ? mkdtempSync(join(tmpdir(), 'millrace-state-')) : runtime.state;
  const pipeline = {
    ...checked,
    runtime: { ...runtime, checkpointMs: checkpointMs ?? runtime.checkpointMs, state, batch },
  };
  const { plan, problems } = planPipeline(pipeline);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const chains = plan.segments.flatMap((segment) => segment.chains);
  const data = { pipeline: pipeline.name, chains, arenaBytes: 32 * 1024 * 1024 };
  const lanes = withResources(await InlineLanes.create(data), chains);
  return new Run({ pipeline, plan, lanes, log, ...(storage && { storage }) });
}

/** Runs a pipeline in this thread to its end. */
export async function runInThread(
  yaml: string,
  file: string,
  options: RunInThreadOptions = {},
): Promise<Metrics> {
  const run = await prepareRun(yaml, file, options);
  await run.run();
  return run.metrics;
}
