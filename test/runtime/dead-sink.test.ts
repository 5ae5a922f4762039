import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { formatField, MillraceError, type SinkDefinition } from '#component';
import { prepareRun } from '../support/run-pipeline.js';

const RECORDS = 20_000;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A sink that counts lines by stage, and is down for one of them until it is mended. */
class Counting {
  readonly lines = new Map<string, number>();
  isDown = true;

  definition(): SinkDefinition {
    return {
      kind: 'sink',
      keepsState: true,
      name: 'counting',
      summary: 'Counts.',
      fields: [formatField('encoder', 'lines')],
      example: 'type: counting\ninputs: [a]\n',
      create: (_, { stage }) => ({
        open: async () => this.linesOf(stage),
        write: async ({ records }) => {
          if (stage === 'down' && this.isDown) {
            throw new MillraceError('is_down', 'it is down', { blame: 'external', retryable: true });
          }
          this.lines.set(stage, this.linesOf(stage) + records);
        },
        prepare: async () => ({ state: this.linesOf(stage), durable: async () => {} }),
        close: async () => {},
      }),
    };
  }

  linesOf(stage: string): number {
    return this.lines.get(stage) ?? 0;
  }
}

it('a sink that is down does not stop the others, where it has a queue on disk, and its lag is visible', async () => {
  const counting = new Counting();
  const state = mkdtempSync(join(tmpdir(), 'millrace-dead-sink-'));
  folders.push(state);
  const run = await prepareRun(
    `
name: dead_sink
sources: { in: { type: generate, count: ${RECORDS} } }
sinks:
  down: { type: counting, inputs: [in], queue: disk, on_error: { retry: { attempts: 1000000, backoff: 1ms, max_backoff: 2ms } } }
  up: { type: counting, inputs: [in] }
runtime: { state: "${state}", memory: 1MiB, batch: { max_bytes: 16KiB } }`,
    'dead_sink.yaml',
    { sinks: [counting.definition()], checkpointMs: 5 },
  );
  const ended = run.run();
  while (counting.linesOf('up') < RECORDS || (run.queueLag().get('down queue') ?? 0) < RECORDS) await turn();
  expect(counting.linesOf('down')).toBe(0);
  counting.isDown = false;
  await ended;
  expect(counting.linesOf('down')).toBe(RECORDS);
  expect(run.queueLag().get('down queue')).toBe(0);
}, 60_000);
