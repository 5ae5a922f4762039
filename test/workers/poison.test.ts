import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SafeLanes } from '../../src/workers/safe-lanes.js';
import type { ThreadLimits } from '../../src/workers/thread-lanes.js';
import { type BundledThread, bundleThread } from '../support/bundle-thread.js';
import {
  chunk,
  deliveredBy,
  expectOnlyPoisonLost,
  LINES,
  lettersOf,
  openLanes,
  recordsWith,
} from './hostile-lanes.js';

let thread: BundledThread;
beforeAll(async () => {
  thread = await bundleThread('test/workers/hostile-thread.ts');
});
afterAll(() => thread.remove());

let opened: SafeLanes[] = [];
afterEach(async () => {
  for (const lanes of opened) await lanes.close();
  opened = [];
});

function open(limits: Partial<ThreadLimits> = {}): SafeLanes {
  const lanes = openLanes(thread.url, limits);
  opened.push(lanes);
  return lanes;
}

describe('a record that is poison', () => {
  const MIB = 2 ** 20;
  it.each([
    ['throw', 'worker_failed', /poisoned/],
    ['loop', 'timeout', /longer than 400 ms/],
    ['heap', 'out_of_memory', /memory/],
    ['hog', 'out_of_memory', /grew to/],
    ['exit', 'worker_failed', /exited with code: 3/],
    ['reject', 'worker_failed', /nobody handles this/],
    ['recurse', 'worker_failed', /call stack/],
    ['nonsense', 'worker_failed', /./],
  ])('that does "%s" is lost alone, among trips that shared its thread', async (deed, code, message) => {
    const isSlow = deed === 'heap' || deed === 'hog';
    const rss = process.memoryUsage.rss();
    const lanes = open(isSlow ? { timeoutMs: 20_000, memoryBytes: rss + 256 * MIB } : {});
    const trips = Array.from({ length: 6 }, (_, trip) => recordsWith(12, (i) => trip === 2 && i === 7, deed));
    const results = await Promise.all(
      trips.map((records) => lanes.run({ chain: LINES, input: chunk(records), spares: [] })),
    );
    for (const [trip, result] of results.entries()) expectOnlyPoisonLost(result, trips[trip]!, code);
    expect(lettersOf(results[2]!)[0].message).toMatch(message);
    expect(results[2]!.errors).toEqual({ [`decode:${code}`]: 1 });
    const after = await lanes.run({ chain: LINES, input: chunk(['well']), spares: [] });
    expect(deliveredBy(after)).toEqual(['well']);
  });
});
