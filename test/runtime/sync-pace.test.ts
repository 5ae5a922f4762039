import { describe, expect, it } from 'vitest';
import { SyncPace } from '../../src/runtime/sync-pace.js';

const MIB = 2 ** 20;

function pace(always = false) {
  const now = { ms: 0, bytes: 0 };
  return {
    now,
    pace: new SyncPace({ always, writtenBytes: () => now.bytes, clock: { nowMs: () => now.ms } }),
  };
}

describe('the pace of durable checkpoints', () => {
  it('makes each one durable where someone waits for it, however much was written', () => {
    const { now, pace: always } = pace(true);
    now.bytes = 1000 * MIB;
    expect(always.isDue()).toBe(true);
  });

  it('makes each one durable while little is written between them', () => {
    const { now, pace: slow } = pace();
    for (now.ms = 1000; now.ms < 8000; now.ms += 1000) {
      now.bytes += 60 * MIB;
      expect(slow.isDue()).toBe(true);
      slow.synced();
    }
  });

  it('makes one in ten seconds durable where much is written', () => {
    const { now, pace: fast } = pace();
    const durable: number[] = [];
    for (now.ms = 1000; now.ms <= 30_000; now.ms += 1000) {
      now.bytes += 900 * MIB;
      if (!fast.isDue()) continue;
      durable.push(now.ms);
      fast.synced();
    }
    expect(durable).toEqual([10_000, 20_000, 30_000]);
  });
});
