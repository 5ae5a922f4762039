import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { prometheusText, Recent } from '../../src/admin/index.js';
import { summarize } from '../../src/cli/summary.js';
import { temporaryFolder } from '../cli/support.js';
import { prepareParts } from '../support/run-pipeline.js';

const YAML = `
name: web-logs
sources: { web: { type: generate, kind: access_log, count: 3000, seed: 7, format: combined } }
transforms:
  bad: { type: filter, inputs: [web], where: status >= 400 }
  shaped: { type: map, inputs: [bad], set: { n: 1000 / (status - 500) } }
sinks: { out: { type: blackhole, inputs: [shaped] } }
`;

const hasPromtool = !spawnSync('promtool', ['--version']).error;

async function ran(yaml = YAML) {
  const { run, plan } = await prepareParts(yaml, 'p.yaml', {});
  const recent = new Recent(() => run.observe());
  recent.look();
  await run.run();
  const observed = recent.look();
  return { text: prometheusText(observed), observed, summary: summarize(run, plan, 'done', 1) };
}

/** The values of a metric by one of its labels. */
function valuesOf(text: string, metric: string, label: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return Object.fromEntries(
    lines.map((line) => [
      new RegExp(`${label}="([^"]*)"`).exec(line)?.[1] ?? '',
      Number(line.slice(line.lastIndexOf(' '))),
    ]),
  );
}

describe('the metrics', () => {
  it.skipIf(!hasPromtool && !process.env.CI)('are what promtool reads, without a complaint', async () => {
    const { text } = await ran();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it('have the numbers of the summary', async () => {
    const { text, summary } = await ran();
    const of = (metric: string, label = 'stage') => valuesOf(text, `millrace_${metric}`, label);
    const expected = (key: 'recordsIn' | 'recordsOut' | 'dropped' | 'deadLetters') =>
      Object.fromEntries(summary.stages.map((stage) => [stage.stage, stage[key]]));
    expect(of('stage_records_in_total')).toEqual(expected('recordsIn'));
    expect(of('stage_records_out_total')).toEqual(expected('recordsOut'));
    expect(of('stage_records_dropped_total')).toEqual(expected('dropped'));
    expect(of('stage_dead_letters_total')).toEqual(expected('deadLetters'));
    expect(of('stage_bytes_total').web).toBe(summary.bytesRead);
    expect(of('dead_letters_total', 'pipeline')['web-logs']).toBe(summary.deadLetters);
    const errors = summary.errors.map(({ code, count }) => [code, count]);
    expect(of('stage_errors_total', 'code')).toEqual(Object.fromEntries(errors));
    expect(summary.deadLetters, 'dead letters').toBeGreaterThan(0);
  });

  it('count each batch in one bucket of its histogram', async () => {
    const { text, observed } = await ran();
    const latency = observed.stages.find(({ id }) => id === 'web')!.latency!;
    const buckets = text
      .split('\n')
      .filter(
        (line) =>
          line.startsWith('millrace_stage_batch_duration_seconds_bucket') && line.includes('stage="web"'),
      )
      .map((line) => Number(line.slice(line.lastIndexOf(' '))));
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    const batches = latency.counts.reduce((sum, count) => sum + count, 0);
    expect(buckets.at(-1)).toBe(batches);
    expect(batches).toBeGreaterThan(0);
  });

  it('name each series once, also where several segments share a durable queue', async () => {
    const { text } = await ran(`
name: joined
runtime: { state: ${temporaryFolder()} }
sources:
  a: { type: generate, kind: access_log, count: 300, format: combined }
  b: { type: generate, kind: access_log, count: 300, format: combined }
sinks: { out: { type: blackhole, inputs: [a, b], queue: disk } }
`);
    const series = text
      .split('\n')
      .filter((line) => !line.startsWith('#') && line !== '')
      .map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(series.filter((name) => name.includes('queue="out queue"')).length).toBeGreaterThan(2);
    expect(series.filter((name, i) => series.indexOf(name) !== i)).toEqual([]);
  });

  it('keep names with quotes, backslashes and newlines in one label', async () => {
    const { observed } = await ran();
    const text = prometheusText({ ...observed, pipeline: 'a"b\\c\nd' });
    expect(text).toContain('millrace_dead_letters_total{pipeline="a\\"b\\\\c\\nd"}');
  });
});
