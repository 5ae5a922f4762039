import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { progressLines } from '../../src/cli/progress-view.js';
import { Sampler, waitsFor } from '../../src/cli/sampler.js';
import { summarize, summaryLines } from '../../src/cli/summary.js';
import { checkSums } from '../../src/cli/sums.js';
import { type Plan, planPipeline, readPipeline } from '../../src/plan/index.js';
import { Metrics } from '../../src/runtime/index.js';

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
      resumedFromMs: undefined,
      queueLag: () => new Map<string, number>(),
    };
    const text = summaryLines(summarize(run, plan, 'done', 1234), plain).join('\n');
    expect(text).toMatchInlineSnapshot(`
      "
      web-errors: done in 1.2 s  403 KiB read, 0.3 MB/s, 1.62 k records/s

      stage   kind              records in  records out  dropped  dead letters    bytes
      web     stdin source           2,000        1,998        0             2  412,345
      failed  filter transform       1,998           58    1,940             0
      out     file sink                 58           58        0             0    9,000

      stage  error          times
      web    decode_failed      2

      2 dead letters: look with "millrace dlq list"

      every record is accounted for: 2,000 read = 58 written + 1,940 filtered out + 2 dead letters"
    `);
  });

  it('says nothing of sums and dead letters where there are none', () => {
    const summary = summarize(
      { metrics: new Metrics(plan.stages.keys()), resumedFromMs: undefined, queueLag: () => new Map() },
      plan,
      'failed',
      10,
    );
    expect(summary.sums).toBeUndefined();
    expect(summaryLines(summary, plain).join('\n')).toContain('the counts are those at the failure');
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
  const position = { read: 0, total: 400_000_000 as number | undefined };
  const run = {
    metrics,
    progress: () => position,
    queueFill: () => new Map([['out', 1]]),
    isDraining: false,
  };

  it('shows rates, the share done, what is left and where it waits', () => {
    const sampler = new Sampler(run, plan, 1000);
    Object.assign(metrics.stage('web'), { recordsIn: 500_000, recordsOut: 500_000, bytes: 100_000_000 });
    position.read = 100_000_000;
    const snapshot = sampler.sample(2000);
    expect(snapshot).toMatchObject({
      bytesPerSecond: 1e8,
      recordsPerSecond: 500_000,
      share: 0.25,
      remainingMs: 3000,
    });
    expect(progressLines('shop', snapshot, 100, plain)).toMatchInlineSnapshot(`
      [
        "shop  95.4 MiB  100 MB/s  500 k records/s  1.0 s",
        "████████░░░░░░░░░░░░░░░░░░░░░░ 25 %  about 3.0 s left",
        "web 500 k  failed 0  out 0",
        "waits for: out (its queue is full)",
      ]
    `);
    for (const line of progressLines('shop', snapshot, 40, plain))
      expect(line.length).toBeLessThanOrEqual(40);
  });

  it('forgets how fast it was long ago', () => {
    const sampler = new Sampler(run, plan, 0);
    for (let second = 1; second <= 20; second++) sampler.sample(second * 1000);
    expect(sampler.sample(21_000).bytesPerSecond).toBe(0);
  });

  it('does without a share where the size of the input is unknown', () => {
    const endless = { ...run, progress: () => ({ read: 5, total: undefined }) };
    expect(new Sampler(endless, plan, 0).sample(1000).share).toBeUndefined();
  });

  it('waits for what stands behind the last full queue', () => {
    expect(
      waitsFor(
        plan,
        new Map([
          ['web', 1],
          ['out', 1],
        ]),
      ),
    ).toBe('out (its queue is full)');
    expect(
      waitsFor(
        plan,
        new Map([
          ['web', 1],
          ['out', 0.1],
        ]),
      ),
    ).toBe('the workers (the queue behind web is full)');
    expect(waitsFor(plan, new Map([['web', 0.2]]))).toBe('input (every queue has room)');
  });
});
