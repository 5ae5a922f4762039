import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { planPipeline, readPipeline } from '../../src/plan/index.js';

function planned(stages: string) {
  const read = readPipeline(`name: p\n${stages}`, 'p.yaml', { env: {}, set: [], catalogue: CATALOGUE });
  expect(read.problems).toEqual([]);
  return planPipeline(read.pipeline!);
}

describe('segments', () => {
  it('are cut by durable queues, and joined by them again', () => {
    const { plan, problems } = planned(`
sources: { in: { type: stdin, format: json } }
transforms:
  a: { type: filter, inputs: [in], where: x > 1, queue: disk }
  b: { type: map, inputs: [a], drop: [x], queue: memory }
sinks:
  out: { type: stdout, inputs: [b], queue: { type: disk, partitions: 3, key: host } }
  all: { type: blackhole, inputs: [in] }`);
    expect(problems).toEqual([]);
    expect(plan.segments.map(({ id, stages, reads, writes }) => ({ id, stages, reads, writes }))).toEqual([
      { id: 'in', stages: ['in', 'all'], reads: [], writes: ['a queue'] },
      { id: 'a', stages: ['a', 'b'], reads: ['a queue'], writes: ['out queue'] },
      { id: 'out', stages: ['out'], reads: ['out queue'], writes: [] },
    ]);
    const chains = plan.segments.map((segment) => segment.chains.map(({ id }) => id));
    expect(chains).toEqual([['in'], ['a queue', 'b'], ['out queue']]);
    const inboxes = plan.segments.map(({ inboxes }) => inboxes.map(({ id, inputs }) => [id, ...inputs]));
    expect(inboxes).toEqual([
      [
        ['in', 'in'],
        ['all', 'in'],
        ['a queue', 'in'],
      ],
      [
        ['a queue', 'a queue'],
        ['b', 'a queue'],
        ['out queue', 'b'],
      ],
      [
        ['out queue', 'out queue'],
        ['out', 'out queue'],
      ],
    ]);
    const send = plan.segments[1]!.chains[1]!.nodes.at(-1);
    expect(send).toMatchObject({ kind: 'send', stage: 'out', partitioning: { partitions: 3, key: 'host' } });
  });

  it('are one where no queue is durable, connected or not', () => {
    const { plan } = planned(`
sources: { a: { type: stdin }, b: { type: generate } }
sinks: { x: { type: stdout, inputs: [a] }, y: { type: blackhole, inputs: [b], queue: memory } }`);
    expect(plan.segments.map(({ id, stages }) => [id, ...stages])).toEqual([['a', 'a', 'b', 'x', 'y']]);
  });

  it('put the whole record into a durable queue: what reads it may change', () => {
    const { plan } = planned(`
sources: { in: { type: stdin, format: common } }
sinks: { out: { type: stdout, inputs: [in], format: { type: csv, columns: [host] }, queue: disk } }`);
    expect([...plan.wanted.get('in')!.names]).toEqual(expect.arrayContaining(['host', 'status', 'path']));
  });

  it('feed a queue from several segments', () => {
    const { plan } = planned(`
sources: { a: { type: stdin }, b: { type: generate } }
transforms: { t: { type: sample, inputs: [a], rate: 0.5, queue: disk } }
sinks: { out: { type: stdout, inputs: [t, b], queue: disk } }`);
    expect(plan.queues.get('out queue')!.producers).toEqual(['t', 'b']);
  });

  it.each([
    [
      'beside the queue',
      `transforms:
  slow: { type: sample, inputs: [in], rate: 0.5, queue: disk }
  both: { type: sample, inputs: [in, slow], rate: 0.5 }
sinks: { out: { type: stdout, inputs: [both] } }`,
      'slow',
      'at "both"',
    ],
    [
      'over two queues',
      `transforms:
  there: { type: sample, inputs: [in], rate: 0.5, queue: disk }
  back: { type: sample, inputs: [there], rate: 0.5, queue: disk }
sinks: { out: { type: stdout, inputs: [in, back] } }`,
      'there',
      'at "out"',
    ],
  ])('refuse records that come back to where they left: %s', (_, stages, at, meets) => {
    const { problems } = planned(`sources: { in: { type: stdin } }\n${stages}`);
    const problem = problems.find(({ stage }) => stage.id === at);
    expect(problem?.message).toContain(`meets records that have not passed it (${meets})`);
  });
});
