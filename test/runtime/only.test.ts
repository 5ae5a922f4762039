import { expect, it } from 'vitest';
import { summarize } from '../../src/cli/summary.js';
import type { Block, QueueDefinition, QueuedBatch } from '../../src/component/index.js';
import { prepareParts } from '../support/run-pipeline.js';

/** A post box outside of all processes: what is put in is there until somebody takes it. */
function postBox(): QueueDefinition {
  const waiting: (Required<Pick<Block, 'queued' | 'records'>> & { readonly bytes: Uint8Array })[] = [];
  return {
    kind: 'queue',
    name: 'post',
    summary: 'Joins the runs of a test.',
    fields: [],
    example: 'type: post\n',
    joinsProcesses: 'competing',
    partitioning: () => ({ partitions: 1 }),
    create: (_, { producers }) => ({
      sink: () => ({
        open: async () => null,
        write: async ({ bytes, records, queued }) => {
          waiting.push({ bytes: Uint8Array.from(bytes), records, queued: queued! });
        },
        prepare: async () => ({ state: null, durable: async () => {} }),
        close: async () => {},
      }),
      source: () => ({
        async *read(outlet): AsyncGenerator<QueuedBatch> {
          expect(producers).toEqual([]);
          for (let one = waiting.shift(); one; one = waiting.shift()) {
            const buffer = await outlet.lend(one.bytes.length);
            new Uint8Array(buffer).set(one.bytes);
            yield { batch: { buffer, meta: one.queued.meta }, records: one.records };
          }
        },
        close: async () => {},
      }),
      close: async () => {},
    }),
  };
}

it('runs the segments of a pipeline in different processes, joined by a queue, and the sums of each add up', async () => {
  const queues = [postBox()];
  const yaml = `
name: shared
sources: { in: { type: generate, kind: access_log, count: 5000, format: combined } }
transforms: { failed: { type: filter, inputs: [in], where: status >= 500, queue: post } }
sinks: { out: { type: blackhole, inputs: [failed] } }`;
  const part = async (stage: string) => {
    const { run, plan } = await prepareParts(yaml, 'shared.yaml', { queues, only: [stage] });
    await run.run();
    return summarize(run, plan, 'done', 1);
  };
  const first = await part('in');
  expect(first.stages.map(({ stage, recordsOut }) => [stage, recordsOut])).toEqual([['in', 5000]]);
  expect(first.queues).toMatchObject([{ queue: 'failed', recordsIn: 5000, recordsOut: 0 }]);
  expect(first.sums?.sentence).toBe('all sums add up: every record is accounted for');

  const second = await part('out');
  expect(second.stages.map(({ stage, recordsIn }) => [stage, recordsIn > 0])).toEqual([
    ['failed', true],
    ['out', true],
  ]);
  expect(second.queues).toMatchObject([{ queue: 'failed', recordsIn: 0, recordsOut: 5000 }]);
  expect(second.sums?.sentence).toBe('all sums add up: every record is accounted for');
});
