import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { progressLines } from '../../src/cli/progress-view.js';
import { Sampler } from '../../src/cli/sampler.js';
import { summarize, summaryLines } from '../../src/cli/summary.js';
import { checkSums } from '../../src/cli/sums.js';
import { type Plan, planPipeline, readPipeline } from '../../src/plan/index.js';
import { Metrics, type Observation } from '../../src/runtime/index.js';
import { observeStages } from '../../src/runtime/observation.js';

const LINEAR = `
name: web-errors
sources: { web: { type: stdin, format: combined } }
transforms: { failed: { type: filter, inputs: [web], where: status >= 500 } }
sinks: { out: { type: file, inputs: [failed], path: x } }
`;
const FORKED = LINEAR.replace('} }\n`', '')
  .trimEnd()
  .replace(/\}$/, ', all: { type: blackhole, inputs: [web] } }');
const plain = (_: string, text: string) => text;

/** A run at a moment, with these counts. */
function observation(plan: Plan, metrics: Metrics, changes: Partial<Observation> = {}): Observation {
  return {
    pipeline: plan.name,
    elapsedMs: 1234,
    draining: false,
    progress: { read: 0 },
    stages: observeStages(plan, metrics),
    chains: [],
    queues: [],
    durableQueues: [],
    deadLetters: metrics.deadLetters,
    workers: { count: 1, tripsUnderWay: 0 },
    process: { residentBytes: 0, heapUsedBytes: 0, cpuMs: 0, eventLoopUtilization: 0, load: 0 },
    checkpoints: [],
    ...changes,
  };
}

/** The queue in front of a sink in which others have waited for room. */
function waitedFor(id: string, waitedForMs: number): Observation['queues'][number] {
  const sizes = { usedBytes: 0, limitBytes: 1, queuedBytes: 0, queuedBatches: 0, queuedRecords: 0 };
  return { id, segment: 'web', ...sizes, waitingSenders: 0, waitedForMs, idleMs: 0, oldestAgeMs: 0 };
}

function planOf(yaml: string): Plan {
  const { pipeline, problems } = readPipeline(yaml, 'x', { env: {}, set: [], catalogue: CATALOGUE });
  if (!pipeline) throw new Error(JSON.stringify(problems));
  return planPipeline(pipeline).plan;
}

/** 2,000 lines read, 2 of them broken, 58 kept by the filter. */
function metricsOf(plan: Plan): Metrics {
  const metrics = new Metrics(plan.stages.keys());
  Object.assign(metrics.stage('web'), { recordsIn: 2000, recordsOut: 1998, deadLettered: 2, bytes: 412_345 });
  Object.assign(metrics.stage('failed'), { recordsIn: 1998, recordsOut: 58, dropped: 1940 });
  Object.assign(metrics.stage('out'), { recordsIn: 58, recordsOut: 58, bytes: 9000 });
  metrics.addError('web:decode_failed', 2);
  metrics.deadLetters = 2;
  return metrics;
}

describe('the summary', () => {
  const plan = planOf(LINEAR);

  it('is a table that ends with the sum of all records', () => {
    const run = {
      metrics: metricsOf(plan),
      observe: () => observation(plan, metricsOf(plan)),
      resumedFromMs: undefined,
      queueLag: () => new Map<string, number>(),
    };
    const text = summaryLines(summarize(run, plan, 'done', 1234), 'web-errors.yaml', plain).join('\n');
    expect(text).toMatchInlineSnapshot(`
      "
      web-errors: done in 1.2 s  403 KiB read, 0.3 MB/s, 1.62 k records/s

      stage   kind              records in  records out  dropped  dead letters    bytes
      web     stdin source           2,000        1,998        0             2  412,345
      failed  filter transform       1,998           58    1,940             0
      out     file sink                 58           58        0             0    9,000

      stage  error          times
      web    decode_failed      2

      2 dead letters: look with "millrace dlq list web-errors.yaml"

      every record is accounted for: 2,000 read = 58 written + 1,940 filtered out + 2 dead letters"
    `);
  });

  it('says nothing of sums and dead letters where there are none', () => {
    const metrics = new Metrics(plan.stages.keys());
    const observe = () => observation(plan, metrics);
    const summary = summarize(
      { metrics, observe, resumedFromMs: undefined, queueLag: () => new Map() },
      plan,
      'failed',
      10,
    );
    expect(summary.sums).toBeUndefined();
    expect(summaryLines(summary, 'web-errors.yaml', plain).join('\n')).toContain(
      'the counts are those at the failure',
    );
  });
});

describe('the sums', () => {
  const plan = planOf(LINEAR);

  it('add up', () => {
    expect(checkSums(plan, metricsOf(plan))).toEqual({
      addUp: true,
      sentence:
        'every record is accounted for: 2,000 read = 58 written + 1,940 filtered out + 2 dead letters',
    });
  });

  it('count what full queues dropped', () => {
    const metrics = metricsOf(plan);
    Object.assign(metrics.stage('out'), { recordsIn: 50, recordsOut: 50, droppedByQueue: 8 });
    expect(checkSums(plan, metrics).sentence).toContain(
      '= 50 written + 1,940 filtered out + 8 dropped by full queues + 2',
    );
  });

  it('count what stages made of lists', () => {
    const metrics = metricsOf(plan);
    Object.assign(metrics.stage('failed'), { added: 10, recordsOut: 68 });
    Object.assign(metrics.stage('out'), { recordsIn: 68, recordsOut: 68 });
    expect(checkSums(plan, metrics).sentence).toContain('2,000 read + 10 added = 68 written');
    metrics.stage('failed').added++;
    expect(checkSums(plan, metrics).sentence).toContain(
      '"failed" took in 1,998 and added 11, which is not 68 out',
    );
  });

  it('name the stage that lost a record inside', () => {
    const metrics = metricsOf(plan);
    metrics.stage('failed').dropped--;
    expect(checkSums(plan, metrics)).toEqual({
      addUp: false,
      sentence:
        'the sums do not add up: "failed" took in 1,998, which is not 58 out + 1,939 dropped + 0 dead letters',
    });
  });

  it('name the queue that lost a record', () => {
    const metrics = metricsOf(plan);
    Object.assign(metrics.stage('out'), { recordsIn: 57, recordsOut: 57 });
    expect(checkSums(plan, metrics).sentence).toContain(
      'the inputs of "out" put out 58, but 57 arrived and its queue dropped 0',
    );
  });

  it('find dead letters that were not written', () => {
    const metrics = metricsOf(plan);
    metrics.deadLetters = 1;
    expect(checkSums(plan, metrics).sentence).toContain('the stages made 2 dead letters, but 1 were written');
  });

  it('are not put into one equation where records go two ways', () => {
    const forked = planOf(FORKED);
    const metrics = metricsOf(forked);
    Object.assign(metrics.stage('all'), { recordsIn: 1998, recordsOut: 1998 });
    expect(checkSums(forked, metrics)).toEqual({
      addUp: true,
      sentence: 'all sums add up: every record is accounted for',
    });
  });
});

describe('progress', () => {
  const plan = planOf(LINEAR);
  const metrics = new Metrics(plan.stages.keys());
  const at = (elapsedMs: number, changes: Partial<Observation> = {}) =>
    observation(plan, metrics, { elapsedMs, progress: { read: 0, total: 400_000_000 }, ...changes });

  it('shows rates, the share done, what is left and what limits it', () => {
    const observed = [at(1000, { queues: [waitedFor('out', 900)] })];
    const sampler = new Sampler(() => observed.at(-1)!);
    sampler.sample();
    Object.assign(metrics.stage('web'), { recordsIn: 500_000, recordsOut: 500_000, bytes: 100_000_000 });
    observed.push(
      at(2000, { progress: { read: 100_000_000, total: 400_000_000 }, queues: [waitedFor('out', 1830)] }),
    );
    const snapshot = sampler.sample();
    expect(snapshot).toMatchObject({
      bytesPerSecond: 1e8,
      recordsPerSecond: 500_000,
      share: 0.25,
      remainingMs: 3000,
    });
    expect(progressLines('shop', snapshot, 100, plain)).toMatchInlineSnapshot(`
      [
        "shop  95.4 MiB  100 MB/s  500 k records/s  2.0 s",
        "████████░░░░░░░░░░░░░░░░░░░░░░ 25 %  about 3.0 s left",
        "web 500 k  failed 0  out 0",
        "limited by the sink "out": the others wait 93 % of the time for it",
      ]
    `);
    for (const line of progressLines('shop', snapshot, 40, plain))
      expect(line.length).toBeLessThanOrEqual(40);
  });

  it('forgets how fast it was long ago', () => {
    let second = 0;
    const sampler = new Sampler(() => at(1000 * ++second));
    for (let i = 0; i < 20; i++) sampler.sample();
    expect(sampler.sample().bytesPerSecond).toBe(0);
  });

  it('does without a share where the size of the input is unknown', () => {
    expect(new Sampler(() => at(1000, { progress: { read: 5 } })).sample().share).toBeUndefined();
  });
});
