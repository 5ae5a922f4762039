import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '../../src/base/storage.js';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import type { QueueDefinition, SinkDefinition, SourceDefinition } from '../../src/component/index.js';
import {
  onlySegmentsOf,
  type Pipeline,
  type Plan,
  type PlanProblem,
  planPipeline,
  readPipeline,
} from '../../src/plan/index.js';
import { type Metrics, type NextVersion, Run } from '../../src/runtime/index.js';
import { InlineLanes, withResources } from '../../src/workers/index.js';

const log = { info: () => {}, warn: () => {} };

export interface RunInThreadOptions {
  /** Smaller than a file may ask for, so that a few records already make many batches. */
  readonly batchBytes?: number;
  /** What the work on one batch may take; 32 MiB. */
  readonly arenaBytes?: number;
  /** More often than a file may ask for. */
  readonly checkpointMs?: number;
  /** Components of the test's own, beside the real ones. */
  readonly sources?: readonly SourceDefinition[];
  readonly sinks?: readonly SinkDefinition[];
  readonly queues?: readonly QueueDefinition[];
  /** Only the segments that hold these stages. */
  readonly only?: readonly string[];
  readonly storage?: Storage;
}

function check(yaml: string, file: string, options: RunInThreadOptions): Pipeline {
  const { sources = [], sinks = [], queues = [] } = options;
  const catalogue = {
    ...CATALOGUE,
    sources: new Map([...CATALOGUE.sources, ...sources.map((one) => [one.name, one] as const)]),
    sinks: new Map([...CATALOGUE.sinks, ...sinks.map((one) => [one.name, one] as const)]),
    queues: new Map([...CATALOGUE.queues, ...queues.map((one) => [one.name, one] as const)]),
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
  return (await prepareParts(yaml, file, options)).run;
}

/** The same, with what of the plan is run. */
export async function prepareParts(
  yaml: string,
  file: string,
  options: RunInThreadOptions,
): Promise<{ readonly run: Run; readonly plan: Plan }> {
  const { storage } = options;
  const { pipeline, plan, lanesFor } = versionOf(yaml, file, options);
  const lanes = await lanesFor(plan.segments.flatMap((segment) => segment.chains));
  const queueDefinitions = [...CATALOGUE.queues.values()];
  return {
    run: new Run({ pipeline, plan, lanes, log, queueDefinitions, ...(storage && { storage }) }),
    plan,
  };
}

/** What of a pipeline is run, and over to which a run can go. */
export function versionOf(
  yaml: string,
  file: string,
  options: RunInThreadOptions = {},
): Pick<NextVersion, 'pipeline' | 'plan' | 'lanesFor'> {
  const { batchBytes, checkpointMs, arenaBytes = 32 * 1024 * 1024 } = options;
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
  const whole = planPipeline(pipeline);
  const { plan, problems } =
    options.only && whole.problems.length === 0 ? onlySegmentsOf(whole.plan, options.only) : whole;
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const lanesFor: NextVersion['lanesFor'] = async (chains) =>
    withResources(await InlineLanes.create({ pipeline: pipeline.name, chains, arenaBytes }), chains);
  return { pipeline, plan, lanesFor };
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
