import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Prepared } from '../../src/component/index.js';
import { CheckpointStore } from '../../src/runtime/checkpoint-store.js';
import { Checkpointer, type Positioned } from '../../src/runtime/checkpointer.js';
import { CrashStorage } from '../support/crash-storage.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const log = { info: () => {}, warn: () => {} };
const PLACE = { storage: new CrashStorage(), folder: 'checkpoints', bootId: 'this boot', log };

it('counts only on what was durable, once a sync has failed', async () => {
  const store = await CheckpointStore.open(PLACE);
  let passed = 0;
  let durable = async () => {};
  const failures: unknown[] = [];
  const positions = () => new Map([['all', passed]]);
  const source: Positioned = {
    source: { read: async function* () {}, close: async () => {} },
    get passed() {
      return passed;
    },
    positions,
    barrier: async (barrier) => {
      const prepared: Prepared = { state: passed, durable: () => durable() };
      checkpointer.prepared('out', barrier, prepared);
      return positions();
    },
    forget: () => {},
  };
  const checkpointer = new Checkpointer({
    store,
    lastId: 0,
    intervalMs: 1000,
    sources: new Map([['in', source]]),
    sinks: new Map([['out', {}]]),
    amend: (own) => own,
    // So much that checkpoints do not wait for the disk each time.
    writtenBytes: () => passed * 2 ** 30,
    log,
    signal: new AbortController().signal,
    onFailure: (error) => failures.push(error),
  });
  await checkpointer.begin(new Map([['out', 0]]));
  const nextCheckpoint = async () => {
    passed++;
    await vi.advanceTimersByTimeAsync(1000);
  };
  await nextCheckpoint();
  await nextCheckpoint();
  const last = async () => (await CheckpointStore.open(PLACE)).last!.sinks.out;
  expect(await last()).toBe(2);
  durable = () => Promise.reject(new Error('EIO'));
  while (failures.length === 0) await nextCheckpoint();
  expect(failures).toMatchObject([{ message: 'EIO' }]);
  expect(await last()).toBe(0);
});
