import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type RandomPipeline, type RandomQueue, randomPipeline } from '../reference/arbitraries.js';
import { interpret, type ReferenceStage, type ReferenceTransform, TABLE } from '../reference/interpreter.js';
import { deadLettersIn } from '../support/letters-in.js';
import { planProblems, runInThread } from '../support/run-pipeline.js';

const CASES = Number(process.env.CASES ?? 600);
const folder = mkdtempSync(join(tmpdir(), 'millrace-random-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function yamlOf({ inputs, stages, batchRecords, queueBytes }: RandomPipeline, dir: string): string {
  const sources: Record<string, unknown> = {};
  for (const { id, lines } of inputs) {
    writeFileSync(join(dir, `${id}.ndjson`), lines.map(({ text }) => `${text}\n`).join(''));
    sources[id] = { type: 'file', paths: [join(dir, `${id}.ndjson`)], format: 'json', max_line_bytes: 8192 };
  }
  const transforms: Record<string, unknown> = {};
  const sinks: Record<string, unknown> = {};
  const exchanges: Record<string, unknown> = {};
  for (const stage of stages) {
    const { id, transform, onError, queue } = stage;
    const inputs = inputsOf(stage, stages);
    const inbox = queue === undefined ? {} : { queue: queueOptions(queue, queueBytes) };
    if (transform) {
      const section = 'unrouted' in transform ? exchanges : transforms;
      section[id] = {
        type: transform.type,
        inputs,
        ...inbox,
        on_error: onError,
        ...optionsOf(transform, dir),
      };
    } else {
      sinks[id] = {
        type: 'file',
        inputs,
        ...inbox,
        path: join(dir, `${id}.out`),
        format: 'json',
        mode: 'overwrite',
      };
    }
  }
  const runtime = { state: join(dir, 'state'), batch: { max_records: batchRecords } };
  return stringify(
    { name: 'random', sources, transforms, exchanges, sinks, runtime },
    { aliasDuplicateObjects: false },
  );
}

function texts(of: Readonly<Record<string, { readonly text: string }>>): object {
  return Object.fromEntries(Object.entries(of).map(([name, { text }]) => [name, text]));
}

/** The inputs as they stand in the file. */
function inputsOf({ inputs, asks }: ReferenceStage, stages: readonly ReferenceStage[]): unknown[] {
  return inputs.flatMap((id): unknown[] => {
    const type = stages.find((stage) => stage.id === id)?.transform?.type;
    if (!asks[id] || type === 'fanout') return [id];
    if (type === 'route') return asks[id].map((output) => `${id}.${output}`);
    return asks[id].map((asked) => ({
      from: id,
      ...(typeof asked === 'string' ? { binding: asked } : asked),
    }));
  });
}

function queueOptions(queue: NonNullable<RandomQueue>, maxBytes: number): object {
  if (typeof queue === 'object') return { type: 'disk', ...queue };
  return { type: 'memory', max_bytes: maxBytes, when_full: queue === 'spill' ? 'spill' : 'block' };
}

/** The pipeline, with memory in place of the disk queues that would bring records back to where they come from. */
function runnable(pipeline: RandomPipeline, dir: string): RandomPipeline {
  const yaml = yamlOf(pipeline, dir);
  const refused = new Set(planProblems(yaml).map(({ stage }) => stage.id));
  if (refused.size === 0) return pipeline;
  const stages = pipeline.stages.map((stage) =>
    refused.has(stage.id) ? { ...stage, queue: undefined } : stage,
  );
  return runnable({ ...pipeline, stages }, dir);
}

/** A transform's options as they stand in the file. */
function optionsOf(transform: ReferenceTransform, dir: string): object {
  switch (transform.type) {
    case 'filter':
      return { where: transform.where.text };
    case 'map': {
      const { set, add, rename, keep, drop } = transform;
      return { set: texts(set), add: texts(add), rename, drop, ...(keep ? { keep } : {}) };
    }
    case 'explode': {
      const { field, into, index, whenEmpty } = transform;
      return { field, into, index, when_empty: whenEmpty };
    }
    case 'enrich': {
      const { key, prefix, whenUnknown } = transform;
      const file = join(dir, 'table.ndjson');
      writeFileSync(file, TABLE.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const fields = ['title', 'b'];
      return { file, format: 'json', key, table_key: 'code', fields, prefix, when_unknown: whenUnknown };
    }
    case 'redact':
      return transform.fields ? { fields: transform.fields } : {};
    case 'route':
      return { routes: texts(transform.routes), match: transform.match };
    default: {
      const { key, headers, unrouted } = transform;
      const templates = Object.entries(headers ?? {}).map(([name, field]) => [name, `{${field}}`]);
      const read = key ? { routing_key: key.text } : headers && { headers: Object.fromEntries(templates) };
      return { unrouted, ...read };
    }
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Members in a fixed order, so that records can be compared as texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Whether there is only one way from a source to the stage; then the order of records is kept. */
function isLinear({ stages }: RandomPipeline, id: string): boolean {
  const stage = stages.find((candidate) => candidate.id === id);
  if (stage === undefined) return true;
  if (typeof stage.queue === 'object' && stage.queue.key !== undefined) return false;
  return stage.inputs.length === 1 && isLinear({ stages } as RandomPipeline, stage.inputs[0]!);
}

it(`agrees with the reference interpreter on ${CASES} random pipelines over random input`, async () => {
  let run = 0;
  const property = fc.asyncProperty(randomPipeline, async (random) => {
    const dir = mkdtempSync(join(folder, `${run++}-`));
    const pipeline = runnable(random, dir);
    const expected = interpret(pipeline.inputs, pipeline.stages);
    const metrics = await runInThread(yamlOf(pipeline, dir), join(dir, 'pipeline.yaml'), pipeline);
    for (const { id, transform } of pipeline.stages) {
      const wanted = expected.received.get(id)!.map(canonical);
      expect(metrics.stage(id).recordsIn).toBe(wanted.length);
      if (transform) continue;
      const got = linesOf(join(dir, `${id}.out`)).map((line) => canonical(JSON.parse(line)));
      if (isLinear(pipeline, id)) expect(got).toEqual(wanted);
      else expect(got.sort()).toEqual(wanted.sort());
    }
    const letters = await deadLettersIn(join(dir, 'state', 'random'));
    const refusals = letters.map(({ stage, record }) => canonical({ stage, record }));
    expect(refusals.sort()).toEqual(expected.deadLetters.map(canonical).sort());
    rmSync(dir, { recursive: true, force: true });
  });
  await fc.assert(property, { numRuns: CASES });
}, 600_000);
