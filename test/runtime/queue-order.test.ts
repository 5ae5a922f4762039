import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { formatField, MillraceError, type SinkDefinition } from '#component';
import { numbersSource } from '../support/random-graph.js';
import { prepareRun } from '../support/run-pipeline.js';

const RECORDS = 400;
/** So many wait in the queue before the file is changed. */
const LEFT = 60;

/** A sink that is down, breaks, which ends the run, or keeps lines. */
class Keeping {
  readonly lines: string[] = [];
  is: 'down' | 'broken' | 'up' = 'down';

  definition(): SinkDefinition {
    return {
      kind: 'sink',
      keepsState: true,
      name: 'keeping',
      summary: 'Keeps.',
      fields: [formatField('encoder', 'lines')],
      example: 'type: keeping\ninputs: [a]\n',
      create: () => ({
        open: async (state) => {
          this.lines.splice((state as number | undefined) ?? 0);
          return this.lines.length;
        },
        write: async ({ bytes }) => {
          const retryable = this.is === 'down';
          if (this.is !== 'up')
            throw new MillraceError('down', 'it is down', { blame: 'external', retryable });
          this.lines.push(...Buffer.from(bytes).toString().split('\n').filter(Boolean));
          await turn();
        },
        prepare: async () => ({ state: this.lines.length, durable: async () => {} }),
        close: async () => {},
      }),
    };
  }
}

it('records stay in order in a queue that other segments fill when the file is changed', async () => {
  const state = mkdtempSync(join(tmpdir(), 'millrace-queue-order-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const keeping = new Keeping();
  const options = {
    sources: [numbersSource(RECORDS, () => 0, turn)],
    sinks: [keeping.definition()],
    checkpointMs: 1,
  };
  const prepare = (isLonger: boolean) =>
    prepareRun(
      `
name: queue_order
sources: { in: { type: numbers } }
${isLonger ? 'transforms: { more: { type: filter, inputs: [in], where: size(message) > 0, queue: disk } }' : ''}
sinks: { out: { type: keeping, inputs: [${isLonger ? 'more' : 'in'}], queue: disk, on_error: { retry: { attempts: 1000000, backoff: 1ms, max_backoff: 2ms }, then: stop } } }
runtime: { state: "${state}" }`,
      'queue_order.yaml',
      options,
    );
  let waiting = 0;
  for (const isLonger of [false, true]) {
    keeping.is = 'down';
    const run = await prepare(isLonger);
    const ended = run.run();
    waiting += LEFT;
    while ((run.queueLag().get('out queue') ?? 0) < waiting) await turn();
    keeping.is = 'broken';
    await expect(ended).rejects.toThrow('it is down');
  }
  keeping.is = 'up';
  await (await prepare(true)).run();
  expect(keeping.lines).toEqual(
    Array.from({ length: RECORDS }, (_, n) => `in ${String(n).padStart(4, '0')}`),
  );
});
