import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { onlySegmentsOf, planPipeline, readPipeline } from '../../src/plan/index.js';

const PIPELINE = `
name: p
sources: { in: { type: stdin, format: json } }
transforms:
  parsed: { type: filter, inputs: [in], where: x > 1, queue: QUEUE }
  shaped: { type: map, inputs: [parsed], drop: [x] }
sinks:
  out: { type: stdout, inputs: [shaped], queue: QUEUE }
  all: { type: blackhole, inputs: [in] }`;

/** A queue as a broker keeps it: that it joins processes is all that is looked at here. */
const disk = CATALOGUE.queues.get('disk')!;
const broker = { ...disk, name: 'broker', joinsProcesses: 'competing' as const };
const catalogue = { ...CATALOGUE, queues: new Map([...CATALOGUE.queues, ['broker', broker]]) };

function only(queue: string, ...stages: string[]) {
  const { pipeline } = readPipeline(PIPELINE.replaceAll('QUEUE', queue), 'p.yaml', {
    env: {},
    set: [],
    catalogue,
  });
  return onlySegmentsOf(planPipeline(pipeline!).plan, stages);
}

describe('--only', () => {
  it('chooses the segments that hold the stages, and the queues at their ends', () => {
    const { plan, problems } = only('broker', 'shaped');
    expect(problems).toEqual([]);
    expect([...plan.stages.keys()]).toEqual(['parsed', 'shaped']);
    expect(plan.segments.map(({ id }) => id)).toEqual(['parsed']);
    expect([...plan.queues.values()].map(({ id, producers }) => [id, ...producers])).toEqual([
      ['parsed queue'],
      ['out queue', 'parsed'],
    ]);
  });

  it('takes several, and leaves out what has no end there', () => {
    const { plan } = only('broker', 'in', 'parsed');
    expect(plan.segments.map(({ id }) => id)).toEqual(['in', 'parsed']);
    expect([...plan.queues.keys()]).toEqual(['parsed queue', 'out queue']);
    expect([...only('broker', 'all').plan.queues.keys()]).toEqual(['parsed queue']);
  });

  it('has a problem with each queue of this machine whose other end is elsewhere', () => {
    const messages = only('disk', 'shaped').problems.map(({ stage, message }) => `${stage.id}: ${message}`);
    expect(messages).toEqual([
      'parsed: its disk queue is on this machine and in this process alone, and segment "in" at its other end is not run here: give it a queue in a broker (`queue: amqp` or `queue: kafka`), or run "in" too',
      'out: its disk queue is on this machine and in this process alone, and segment "out" at its other end is not run here: give it a queue in a broker (`queue: amqp` or `queue: kafka`), or run "out" too',
    ]);
    expect(only('disk', 'in', 'parsed', 'out').problems).toEqual([]);
  });
});
