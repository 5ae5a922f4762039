import { describe, expect, it } from 'vitest';
import { Histogram, LATENCY_BOUNDS_MS, quantileMs } from '../../src/runtime/histogram.js';
import { TimeUse } from '../../src/runtime/time-use.js';

describe('Histogram', () => {
  it('counts each time in the bucket whose bound it does not exceed', () => {
    const histogram = new Histogram();
    for (const ms of [0, 1, 1.1, 10_000, 10_001]) histogram.add(ms);
    const { counts, sumMs } = histogram.counts();
    expect(sumMs).toBeCloseTo(20_003.1);
    expect(counts).toHaveLength(LATENCY_BOUNDS_MS.length + 1);
    expect([counts[0], counts[1], counts.at(-2), counts.at(-1)]).toEqual([2, 1, 1, 1]);
  });

  it('tells quantiles as far as its buckets do', () => {
    const histogram = new Histogram();
    expect(quantileMs(histogram.counts(), 0.5)).toBeUndefined();
    for (let ms = 1; ms <= 100; ms++) histogram.add(ms);
    expect(quantileMs(histogram.counts(), 0.5)).toBe(50);
    expect(quantileMs(histogram.counts(), 0.99)).toBe(100);
    histogram.add(20_000);
    expect(quantileMs(histogram.counts(), 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('TimeUse', () => {
  it('gives every moment since its beginning to one state, until it ends', () => {
    let nowMs = 100;
    const use = new TimeUse(() => nowMs);
    expect(use.totals()).toEqual({ working: 0, input: 0, credit: 0 });
    use.enter('input');
    nowMs = 110;
    use.enter('working');
    use.enter('working');
    nowMs = 115;
    expect(use.totals()).toEqual({ working: 5, input: 10, credit: 0 });
    use.enter('credit');
    nowMs = 145;
    use.enter(undefined);
    nowMs = 1000;
    expect(use.totals()).toEqual({ working: 5, input: 10, credit: 30 });
  });
});
