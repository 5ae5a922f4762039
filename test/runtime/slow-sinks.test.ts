import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Chunk,
  formatField,
  MillraceError,
  type SinkDefinition,
  type SourceDefinition,
} from '../../src/component/index.js';
import type { Run } from '../../src/runtime/index.js';
import { CrashStorage } from '../support/crash-storage.js';
import { prepareRun } from '../support/run-pipeline.js';

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * MINUTE_MS;
/** What a sink that is well takes for a block, and how many records that has. */
const BLOCK_MS = 4000;
const BLOCK_RECORDS = 10;
const LINE = `${'x'.repeat(99)}\n`;
const FAST = ['a', 'b', 'c'] as const;
/** Of the process, beyond what the pipeline may use. */
const SPARE_BYTES = 96 * 2 ** 20;
const MEMORY_BYTES = 2 ** 20;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-slow-'));
  // Timers of the engine stand still until the test moves them on; turns of the event loop are real.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

/** What is wrong with the slow sink: what it does before it takes a block. */
const TROUBLES = {
  'takes nothing': (world) => world.healed,
  'takes one record a second': (_, records) => pause(records * 1000),
  'is down': () => down(),
  'is well for half a minute and down for the next': async () => {
    if (performance.now() % MINUTE_MS < MINUTE_MS / 2) return down();
    return await pause(BLOCK_MS);
  },
} satisfies Record<string, (world: World, records: number) => Promise<void>>;
type Trouble = keyof typeof TROUBLES;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const down = () =>
  Promise.reject(new MillraceError('is_down', 'it is down', { blame: 'external', retryable: true }));

/** A source without end, and sinks of which one has its trouble until it is healed. */
class World {
  readonly written = new Map<string, number>();
  given = 0;
  isOver = false;
  heal: () => void = () => {};
  readonly healed = new Promise<void>((resolve) => {
    this.heal = resolve;
  });
  readonly #trouble: Trouble;
  #isHealed = false;

  constructor(trouble: Trouble) {
    this.#trouble = trouble;
    this.healed.then(() => {
      this.#isHealed = true;
    });
  }

  writtenBy(stage: string): number {
    return this.written.get(stage) ?? 0;
  }

  source(): SourceDefinition {
    const world = this;
    return {
      kind: 'source',
      name: 'endless',
      summary: 'For tests.',
      fields: [formatField('decoder', 'lines')],
      example: 'type: endless\n',
      create: () => ({
        async *read(outlet): AsyncGenerator<Chunk> {
          while (!world.isOver) {
            const length = BLOCK_RECORDS * LINE.length;
            const bytes = new Uint8Array(await outlet.lend(length), 0, length);
            Buffer.from(bytes.buffer, 0, length).fill(LINE);
            const offset = world.given * LINE.length;
            world.given += BLOCK_RECORDS;
            yield { partition: { source: 'in', name: 'endless' }, bytes, offset, readAtMs: 0 };
          }
        },
        close: async () => {},
      }),
    };
  }

  sink(): SinkDefinition {
    return {
      kind: 'sink',
      keepsState: true,
      name: 'paced',
      summary: 'For tests.',
      fields: [formatField('encoder', 'lines')],
      example: 'type: paced\ninputs: [a]\n',
      create: (_, { stage }) => ({
        open: async () => null,
        write: async ({ records }) => {
          if (stage === 'slow' && !this.#isHealed) await TROUBLES[this.#trouble](this, records);
          else await pause(BLOCK_MS);
          this.written.set(stage, this.writtenBy(stage) + records);
        },
        prepare: async () => ({ state: null, durable: async () => {} }),
        close: async () => {},
      }),
    };
  }
}

const QUEUES = {
  'a queue on disk': 'disk',
  'a queue that spills': '{ type: memory, max_bytes: 16KiB, when_full: spill }',
  'a queue that drops the newest': '{ type: memory, max_bytes: 16KiB, when_full: drop_newest }',
  'a queue that drops the oldest': '{ type: memory, max_bytes: 16KiB, when_full: drop_oldest }',
  'a queue that blocks': '{ type: memory, max_bytes: 16KiB }',
} as const;
type Queue = keyof typeof QUEUES;

const PLACES = ['in front of the sink', 'in front of a transform before it'] as const;

function pipeline(queue: Queue, place: (typeof PLACES)[number]): string {
  const small = '{ type: memory, max_bytes: 16KiB }';
  const fast = FAST.map((id) => `  ${id}: { type: paced, inputs: [in], queue: ${small} }\n`).join('');
  const isAtSink = place === PLACES[0];
  const slow = isAtSink ? `inputs: [in], queue: ${QUEUES[queue]}` : `inputs: [before], queue: ${small}`;
  const before = `transforms: { before: { type: filter, inputs: [in], where: 'true', queue: ${QUEUES[queue]} } }\n`;
  return `name: slow
sources: { in: { type: endless } }
${isAtSink ? '' : before}sinks:
${fast}  slow: { type: paced, ${slow} }
runtime: { state: "${folder}", memory: ${MEMORY_BYTES / 1024}KiB, checkpoint: 5s, batch: { max_bytes: 4KiB } }
`;
}

/** Everything that waits for nothing but its turn has had it after so many turns. */
const TURNS = 6;

/** Moves time on from timer to timer; a little where that does not move it, and where nobody waits for a timer. */
async function passUntil(isSo: () => boolean, onStep: () => void = () => {}): Promise<void> {
  while (!isSo()) {
    for (let turns = 0; turns < TURNS; turns++) await turn();
    onStep();
    const beforeMs = performance.now();
    if (vi.getTimerCount() > 0) vi.advanceTimersToNextTimer();
    else vi.advanceTimersByTime(1000);
    // A timer for less than a millisecond fires at once.
    if (performance.now() === beforeMs) vi.advanceTimersByTime(1);
  }
}

const dropped = (run: Run) =>
  [...run.metrics.stages.values()].reduce((sum, stage) => sum + stage.droppedByQueue, 0);

interface Outcome {
  readonly run: Run;
  readonly world: World;
  /** Written by the fast sinks in ten minutes. */
  readonly fast: readonly number[];
  /** What waited for the slow sink when it was healed, and how long it took from its first block on. */
  readonly backlog: number;
  readonly drainMs: number;
  readonly grownBytes: number;
}

async function tenMinutes(trouble: Trouble, queue: Queue, place: (typeof PLACES)[number]): Promise<Outcome> {
  const world = new World(trouble);
  const components = { sources: [world.source()], sinks: [world.sink()] };
  const options = { ...components, storage: new CrashStorage(), arenaBytes: 2 ** 20 };
  const run = await prepareRun(pipeline(queue, place), 'slow.yaml', options);
  const startMs = performance.now();
  const startBytes = process.memoryUsage().rss;
  let grownBytes = 0;
  let steps = 0;
  const look = () => {
    if (steps++ % 100 === 0) grownBytes = Math.max(grownBytes, process.memoryUsage().rss - startBytes);
  };
  let hasEnded = false;
  const ended = run.run().finally(() => {
    hasEnded = true;
  });
  while (!hasEnded && world.given === 0) await turn();
  await passUntil(() => hasEnded || performance.now() - startMs >= TEN_MINUTES_MS, look);
  const fast = FAST.map((id) => world.writtenBy(id));

  world.isOver = true;
  world.heal();
  const before = world.writtenBy('slow');
  await passUntil(() => hasEnded || world.writtenBy('slow') > before, look);
  const backlog = world.given - dropped(run) - world.writtenBy('slow');
  const drainStartMs = performance.now();
  await passUntil(() => hasEnded || world.writtenBy('slow') === world.given - dropped(run), look);
  const drainMs = performance.now() - drainStartMs;
  await passUntil(() => hasEnded, look);
  await ended;
  return { run, world, fast, backlog, drainMs, grownBytes };
}

const CASES = Object.keys(TROUBLES).flatMap((trouble) =>
  Object.keys(QUEUES).flatMap((queue) =>
    PLACES.map((place) => [trouble as Trouble, queue as Queue, place] as const),
  ),
);

describe('one sink of four', () => {
  it.each(CASES)('that %s for ten minutes, behind %s %s', async (trouble, queue, place) => {
    const { run, world, fast, backlog, drainMs, grownBytes } = await tenMinutes(trouble, queue, place);
    expect(grownBytes).toBeLessThanOrEqual(MEMORY_BYTES + SPARE_BYTES);
    // Nothing is lost but what a queue drops as it was told to, and that is counted.
    for (const id of FAST) expect(world.writtenBy(id)).toBe(world.given);
    expect(world.writtenBy('slow') + dropped(run)).toBe(world.given);
    expect(dropped(run) > 0).toBe(queue.includes('drops'));
    if (queue.includes('blocks')) return;
    const normal = BLOCK_RECORDS / BLOCK_MS;
    for (const records of fast) expect(records).toBeGreaterThanOrEqual(0.9 * normal * TEN_MINUTES_MS);
    expect(backlog).toBeGreaterThan(0);
    expect(backlog / drainMs).toBeGreaterThanOrEqual(0.8 * normal);
  });
});
