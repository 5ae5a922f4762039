import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MillraceError, messageOf } from '../base/errors.js';
import { nodeStorage } from '../base/storage.js';
import type { Shape } from '../batch/index.js';
import {
  inputShape,
  type Pipeline,
  type PipelineTest,
  type Plan,
  type PlanProblem,
  planPipeline,
  type Stage,
  type TestRecord,
} from '../plan/index.js';
import { PipelineLetters, Run } from '../runtime/index.js';
import { createLanes, type DeadLetter } from '../workers/index.js';
import { checkTest, type TestFailure } from './check-test.js';
import { Faults, impatientClock } from './faults.js';
import type { Observed } from './observed.js';
import { type GivenInput, pipelineOfTest, stageOf } from './test-pipeline.js';

export interface TestResult {
  readonly test: PipelineTest;
  /** In the order of the file; none when it has passed. */
  readonly failures: readonly TestFailure[];
  readonly elapsedMs: number;
}

const ARENA_BYTES = 64 * 2 ** 20;
const MEMORY_BYTES = 2 ** 30;
/** Where there is a crash to come, so that it meets one batch and not all. */
const OFTEN_MS = 1;
const quiet = { info: () => {}, warn: () => {} };

/**
 * Runs one test: the pipeline's own stages and the engine that `run` uses, in this thread, with sources and sinks in
 * memory. Never rejects for what the pipeline or the test says.
 */
export async function runTest(pipeline: Pipeline, plan: Plan, test: PipelineTest): Promise<TestResult> {
  const startedMs = performance.now();
  const failures = await failuresOf(pipeline, plan, test);
  return { test, failures, elapsedMs: performance.now() - startedMs };
}

async function failuresOf(pipeline: Pipeline, plan: Plan, test: PipelineTest): Promise<TestFailure[]> {
  const inputs = new Map<string, GivenInput>();
  for (const { stage, position, content, from } of test.given) {
    const fail = (message: string) => [{ position, path: `given.${stage}`, message, details: [] }];
    if (content.kind === 'records') {
      const unknown = unknownField(plan.stages.get(stage)!, plan, content.records);
      if (unknown !== undefined) return fail(`records there have no field "${unknown}"`);
    }
    if (content.kind === 'messages' && !readsMessages(plan.stages.get(stage)!))
      return fail('it reads no messages: give it text, or lines');
    try {
      const name = from ?? (content.kind === 'file' ? content.path : 'given');
      inputs.set(stage, { from: name, ...(await inputOf(content, position.file)) });
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      return fail(`cannot be read: ${isMissing ? 'there is no such file' : messageOf(error)}`);
    }
  }
  return checkTest(test, await observe(pipeline, plan, test, inputs));
}

function readsMessages({ definition }: Stage): boolean {
  return definition.kind === 'source' && definition.readsMessages === true;
}

/** A field that the records at a stage cannot have, as far as that is known. */
function unknownField(stage: Stage, { shapes }: Plan, records: readonly TestRecord[]): string | undefined {
  const { open, fields } = shapeAt(stage, shapes);
  return open
    ? undefined
    : records.flatMap((record) => Object.keys(record)).find((name) => !fields.has(name));
}

/** What a source puts out, or what arrives at another stage. */
function shapeAt(stage: Stage, shapes: Plan['shapes']): Shape {
  return stage.kind === 'source' ? shapes.get(stage.id)! : inputShape(stage, shapes);
}

async function inputOf(
  content: PipelineTest['given'][number]['content'],
  file: string,
): Promise<Omit<GivenInput, 'from'>> {
  if (content.kind === 'file') return { bytes: await readFile(resolve(dirname(file), content.path)) };
  if (content.kind === 'text') return { bytes: Buffer.from(content.text) };
  if (content.kind === 'messages') return { bytes: new Uint8Array(0), messages: content.messages };
  const { records } = content;
  return { bytes: Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join('')), records };
}

async function observe(
  pipeline: Pipeline,
  original: Plan,
  test: PipelineTest,
  inputs: ReadonlyMap<string, GivenInput>,
): Promise<Observed> {
  const state = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  try {
    const faults = new Faults(test.faults);
    const replaced = pipelineOfTest(pipeline, original.shapes, test, inputs, faults);
    const checkpointMs = faults.crashes ? OFTEN_MS : pipeline.runtime.checkpointMs;
    const tested = { ...replaced.pipeline, runtime: { ...pipeline.runtime, state, checkpointMs } };
    const { plan, problems } = planPipeline(tested);
    const run = problems[0] ? unplanned(problems[0]) : await runToEnd(tested, plan, faults);
    return {
      records: replaced.records,
      written: replaced.written,
      deadLetters: await lettersOf(tested, plan),
      dropped: (stage) => run.dropped(stage),
      ...(run.failure !== undefined && { failure: run.failure }),
      missed: faults.missed(),
      kinds: (id) => {
        const stage = original.stages.get(id)!;
        return (original.shapes.get(id) ?? inputShape(stage, original.shapes)).fields;
      },
      isOrdered: (stage) => waysTo(stage, original, inputs) <= 1,
    };
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

interface Ended {
  readonly failure?: { readonly code: string; readonly message: string };
  dropped(stage: string): number;
}

/** What is given makes records of which a stage knows less than it needs. */
function unplanned({ stage, message }: PlanProblem): Ended {
  const failure = { code: 'not_testable', message: `stage "${stageOf(stage.id)}": ${message}` };
  return { failure, dropped: () => 0 };
}

/** After a crash, a run of its own goes on in the same folder. */
async function runToEnd(pipeline: Pipeline, plan: Plan, faults: Faults): Promise<Ended> {
  for (;;) {
    const ended = await runOnce(pipeline, plan);
    if (!faults.hasCrashed(ended.error)) return ended;
  }
}

async function runOnce(pipeline: Pipeline, plan: Plan): Promise<Ended & { readonly error?: unknown }> {
  const chains = plan.segments.flatMap((segment) => segment.chains);
  const limits = { timeoutMs: pipeline.runtime.tripTimeoutMs, memoryBytes: MEMORY_BYTES };
  const lanes = await createLanes({ pipeline: pipeline.name, chains, arenaBytes: ARENA_BYTES }, 0, limits);
  const run = new Run({
    ...{ pipeline, plan, lanes, log: quiet },
    queueDefinitions: [],
    clockOf: impatientClock,
  });
  const dropped = (stage: string) => run.metrics.stage(stage).dropped;
  try {
    await run.run();
    return { dropped };
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : 'internal_error';
    return { dropped, error, failure: { code, message: messageOf(error) } };
  } finally {
    await lanes.close();
  }
}

async function lettersOf(pipeline: Pipeline, plan: Plan): Promise<DeadLetter[]> {
  const folder = join(pipeline.runtime.state, pipeline.name);
  const letters = await PipelineLetters.open({ storage: nodeStorage, folder, pipeline }, plan);
  const found: DeadLetter[] = [];
  for await (const { letter } of letters.select({}))
    found.push({ ...letter, stage: stageOf(letter.stage), source: stageOf(letter.source) });
  return found;
}

/** In how many ways what was given reaches a stage: with more than one, nobody promises an order. */
function waysTo(id: string, plan: Plan, inputs: ReadonlyMap<string, GivenInput>): number {
  const known = new Map<string, number>();
  const ways = (stage: string): number => {
    const before = known.get(stage);
    if (before !== undefined) return before;
    const own = inputs.has(stage) ? 1 : 0;
    const sum = plan.stages.get(stage)!.inputs.reduce((total, input) => total + ways(input), own);
    known.set(stage, sum);
    return sum;
  };
  return ways(id);
}
