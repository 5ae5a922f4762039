import { describe, expect, it } from 'vitest';
import { type Bottleneck, bottleneckOf, bottleneckText, type Observation } from '../../src/runtime/index.js';
import { runInThread } from '../support/run-pipeline.js';

type Compared = Pick<Observation, 'elapsedMs' | 'stages' | 'chains' | 'queues'>;

/** A source, two fused transforms and two sinks; numbers are milliseconds. */
function seen(
  elapsedMs: number,
  waitedFor: Record<string, number>,
  worked: Record<string, number>,
  input = 0,
): Compared {
  const queues = ['web', 'fast', 'slow'].map((id) => ({ id, waitedForMs: waitedFor[id] ?? 0 }));
  const stages = ['web', 'parsed', 'shaped', 'fast', 'slow'].map((id) => {
    return { id, kind: id === 'web' ? 'source' : 'transform', workedMs: worked[id] ?? 0 };
  });
  const chains = [
    { id: 'web', stages: ['web', 'parsed', 'shaped'], timeMs: { working: 0, credit: 0, input } },
    // Behind a durable queue: it waits longer than what feeds it.
    { id: 'late queue', stages: ['late'], timeMs: { working: 0, credit: 0, input: input * 1.2 } },
  ];
  return { elapsedMs, queues, stages, chains } as unknown as Compared;
}

describe('the bottleneck', () => {
  it('is the last part for which others wait', () => {
    expect(bottleneckOf(seen(1000, { web: 900, slow: 850 }, {}))).toEqual({
      stage: 'slow',
      kind: 'sink',
      share: 0.85,
    });
    expect(bottleneckOf(seen(1000, { web: 900, slow: 850, fast: 60 }, {}))?.stage).toBe('slow');
  });

  it('is the stage that works most where the workers are behind', () => {
    const found = bottleneckOf(seen(1000, { web: 400, slow: 20 }, { web: 100, parsed: 700, shaped: 300 }));
    expect(found).toEqual({ stage: 'parsed', kind: 'workers', share: 0.4 });
  });

  it('is the input where the workers have nothing to do', () => {
    expect(bottleneckOf(seen(1000, { web: 10 }, {}, 700))).toEqual({
      stage: 'web',
      kind: 'input',
      share: 0.7,
    });
  });

  it('is nothing where nobody waits', () => {
    expect(bottleneckOf(seen(1000, {}, {}))).toBeUndefined();
    expect(bottleneckOf(seen(0, { web: 1 }, {}))).toBeUndefined();
  });

  it('is that of the time since an earlier look', () => {
    const before = seen(1000, { web: 900, slow: 900 }, { parsed: 1000 });
    const now = seen(2000, { web: 1700, slow: 910 }, { parsed: 1001, shaped: 900 });
    expect(bottleneckOf(now, before)).toEqual({ stage: 'shaped', kind: 'workers', share: 0.8 });
  });

  it('is a durable queue, or what is behind it, by the segment in which someone waits', () => {
    const id = 'late queue';
    const inSegments = (writing: number, reading: number) => ({
      ...seen(1000, {}, { late: 500 }),
      queues: [
        { id, segment: 'web', waitedForMs: writing },
        { id, segment: 'late', waitedForMs: reading },
      ],
      chains: [{ id, segment: 'late', stages: ['late'], timeMs: { working: 0, credit: 0, input: 0 } }],
    });
    const found = (writing: number, reading: number, before?: Compared) =>
      bottleneckOf(inSegments(writing, reading) as unknown as Compared, before);
    expect(found(800, 0)).toEqual({ stage: id, kind: 'queue', share: 0.8 });
    expect(found(0, 800)).toEqual({ stage: 'late', kind: 'workers', share: 0.8 });
    const before = { ...inSegments(700, 0), elapsedMs: 500 } as unknown as Compared;
    expect(found(700, 400, before)).toEqual({ stage: 'late', kind: 'workers', share: 0.8 });
  });

  it('is said in a line', () => {
    const text = (kind: Bottleneck['kind']) => bottleneckText({ stage: 'x', kind, share: 0.934 });
    expect(text('sink')).toBe('the sink "x": the others wait 93 % of the time for it');
    expect(text('input')).toContain('the input "x"');
    expect(text('workers')).toContain('the workers, most of all by "x"');
    expect(bottleneckText(undefined)).toContain('no part waits');
  });
});

describe('what a run counts', () => {
  it('holds times and latencies of every stage', async () => {
    const metrics = await runInThread(
      `sources: { in: { type: generate, count: 20000, format: combined } }
transforms: { failed: { type: filter, inputs: [in], where: status >= 500 } }
sinks: { out: { type: blackhole, inputs: [failed] } }
`,
      'timed.yaml',
    );
    for (const id of ['in', 'failed', 'out']) expect(metrics.stage(id).workedMs).toBeGreaterThan(0);
    const total = (id: string) =>
      metrics
        .stage(id)
        .latency.counts()
        .counts.reduce((sum, count) => sum + count, 0);
    expect(total('in')).toBeGreaterThan(0);
    expect(total('out')).toBeGreaterThan(0);
    const { working, input, credit } = metrics.chain('in').totals();
    expect(working).toBeGreaterThan(0);
    // It has ended: its account is closed.
    expect(metrics.chain('in').totals()).toEqual({ working, input, credit });
  });
});
