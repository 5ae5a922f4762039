import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThreadData } from '../../src/workers/lanes.js';
import { SafeLanes } from '../../src/workers/safe-lanes.js';
import { ThreadLanes } from '../../src/workers/thread-lanes.js';
import { type BundledThread, bundleThread } from '../support/bundle-thread.js';
import { chunk, data, decoder, LINES, TIMEOUT_MS } from './hostile-lanes.js';

let thread: BundledThread;
beforeAll(async () => {
  thread = await bundleThread('test/workers/hostile-thread.ts');
});
afterAll(() => thread.remove());

describe('the time limit', () => {
  it('ends a trip within 50 ms of it', async () => {
    const limits = { timeoutMs: 150, memoryBytes: 2 ** 34 };
    const lanes = new ThreadLanes(data, 1, limits, { threadUrl: thread.url });
    const lateMs: number[] = [];
    try {
      // The best of some: the machine may be busy with something else.
      for (let i = 0; i < 4; i++) {
        await lanes.ready();
        const startedMs = performance.now();
        const trip = lanes.run({ chain: LINES, input: chunk(['poison-loop']), spares: [] });
        await expect(trip).rejects.toMatchObject({ code: 'timeout', isCertain: true });
        lateMs.push(performance.now() - startedMs - limits.timeoutMs);
      }
    } finally {
      await lanes.close();
    }
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...lateMs)).toBeLessThan(50);
  });

  it('does not count the wait behind another trip, and leaves the input of both as it was', async () => {
    const lanes = new ThreadLanes(
      data,
      1,
      { timeoutMs: 150, memoryBytes: 2 ** 34 },
      { threadUrl: thread.url },
    );
    try {
      const waiting = chunk(['well']);
      const loops = lanes.run({ chain: LINES, input: chunk(['poison-loop']), spares: [] });
      const waits = lanes.run({ chain: LINES, input: waiting, spares: [] });
      await expect(loops).rejects.toMatchObject({ code: 'timeout', isCertain: true });
      await expect(waits).rejects.toMatchObject({ code: 'worker_failed', isCertain: false });
      expect(decoder.decode(waiting.buffer)).toBe('\0\0\0well\n');
    } finally {
      await lanes.close();
    }
  });
});

it('fails the run, not the records, when no thread can be started', async () => {
  const broken: ThreadData = { ...data, arenaBytes: 2 ** 40 };
  const limits = { timeoutMs: TIMEOUT_MS, memoryBytes: 2 ** 34 };
  const create = () => new ThreadLanes(broken, 1, limits, { threadUrl: thread.url });
  const lanes = new SafeLanes({
    data: broken,
    lanes: create(),
    createQuarantine: async () => create(),
    timeoutMs: TIMEOUT_MS,
  });
  try {
    await expect(lanes.run({ chain: LINES, input: chunk(['well']), spares: [] })).rejects.toThrow();
  } finally {
    await lanes.close();
  }
});
