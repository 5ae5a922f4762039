import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultsOf } from '../../src/config/index.js';
import { THROTTLE } from '../../src/transforms/throttle.js';
import { runs } from '../support/property.js';

/** Asks the stage about records of one key at these times. Gives whether each passes. */
function passing(config: object, timesMs: readonly number[]): boolean[] {
  const memory = THROTTLE.memory!({ ...defaultsOf(THROTTLE.fields), ...config });
  let untilMs = Number.NEGATIVE_INFINITY;
  return timesMs.map((nowMs) => {
    const next = memory.decide(untilMs, nowMs);
    if (Number.isNaN(next)) return false;
    untilMs = next;
    return true;
  });
}

/** A bucket of tokens that is filled steadily, in exact fractions: `tokens` of 1 / perMs. */
function model(rate: number, perMs: number, burst: number, timesMs: readonly number[]): boolean[] {
  const full = burst * perMs;
  let tokens = full;
  let lastMs = timesMs[0] ?? 0;
  return timesMs.map((nowMs) => {
    tokens = Math.min(full, tokens + (nowMs - lastMs) * rate);
    lastMs = nowMs;
    if (tokens < perMs) return false;
    tokens -= perMs;
    return true;
  });
}

describe('throttle', () => {
  it('passes what a bucket of tokens would', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.oneof(fc.constant(0), fc.nat(300)), { minLength: 1, maxLength: 200 }),
      (rate, per, burst, gaps) => {
        let nowMs = 1_700_000_000_000;
        const times = gaps.map((gap) => {
          nowMs += gap;
          return nowMs;
        });
        expect(passing({ rate, per, burst }, times)).toEqual(model(rate, per, burst, times));
      },
    );
    fc.assert(property, { numRuns: runs(1000) });
  });

  it('lets as many pass at once as in its time, unless burst says otherwise', () => {
    const atOnce = (config: object) => passing(config, Array(30).fill(0)).filter((one) => one).length;
    expect(atOnce({ rate: 5 })).toBe(5);
    expect(atOnce({ rate: 5, burst: 12 })).toBe(12);
    expect(atOnce({ rate: 0.5 })).toBe(1);
    expect(passing({ rate: 0.5, per: 1000 }, [0, 1999, 2000, 3999, 4000])).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  it('begins anew when time was set back, and lets a little disorder count as the same time', () => {
    const config = { rate: 2, per: 1000 };
    expect(passing(config, [10_000, 10_000, 9_900])).toEqual([true, true, false]);
    expect(passing(config, [1e9, 1e9, 10_000, 10_000, 10_000])).toEqual([true, true, true, true, false]);
  });
});
