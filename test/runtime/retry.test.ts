import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/base/backoff.js';
import { systemClock } from '../../src/base/clock.js';
import { MillraceError } from '../../src/base/errors.js';
import { Random } from '../../src/base/random.js';
import type { RetryConfig } from '../../src/plan/index.js';
import { retry } from '../../src/runtime/retry.js';
import { runs } from '../support/property.js';
import { VirtualClock } from '../support/virtual-clock.js';

const NEVER = new AbortController().signal;
const LIMITS: RetryConfig = { attempts: 5, backoffMs: 200, maxBackoffMs: 30_000 };

const down = () => new MillraceError('down', 'nobody answers', { blame: 'external', retryable: true });

const limits = fc.record({
  attempts: fc.integer({ min: 1, max: 40 }),
  backoffMs: fc.integer({ min: 1, max: 5000 }),
  maxBackoffMs: fc.integer({ min: 5000, max: 60_000 }),
  maxElapsedMs: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 600_000 })),
});

/** Fails until the n-th attempt, each of which takes some time, and says when each attempt began. */
async function tryUntil(
  succeedsAt: number,
  config: RetryConfig,
  options: { seed?: number; takesMs?: number; pauseMs?: () => number } = {},
) {
  const { seed = 1, takesMs = 0, pauseMs } = options;
  const clock = new VirtualClock();
  const random = new Random(seed);
  const begun: number[] = [];
  const operation = async (attempt: number) => {
    begun.push(clock.nowMs());
    expect(attempt).toBe(begun.length);
    clock.pass(takesMs);
    if (attempt < succeedsAt) throw down();
    return 'done';
  };
  const tried = retry(operation, { limits: config, clock, random, ...(pauseMs && { pauseMs }) }, NEVER);
  return { outcome: await tried.catch((error: MillraceError) => error.code), begun, waits: clock.waits };
}

describe('trying again', () => {
  it('stays within its limits, and gives up for no other reason', async () => {
    const inputs = [limits, fc.integer({ min: 1, max: 60 }), fc.nat(), fc.nat(3000)] as const;
    await fc.assert(
      fc.asyncProperty(...inputs, async (config, succeedsAt, seed, takesMs) => {
        const { outcome, begun, waits } = await tryUntil(succeedsAt, config, { seed, takesMs });
        const { attempts, backoffMs, maxBackoffMs, maxElapsedMs } = config;
        expect(begun.length).toBeLessThanOrEqual(Math.min(attempts, succeedsAt));
        expect(outcome).toBe(begun.length === succeedsAt ? 'done' : 'down');
        for (const [i, wait] of waits.entries()) {
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(Math.min(maxBackoffMs, backoffMs * 2 ** i));
        }
        expect(begun.at(-1)).toBeLessThanOrEqual(maxElapsedMs);
        if (outcome === 'done' || begun.length === attempts) return;
        const longestWaitMs = Math.min(maxBackoffMs, backoffMs * 2 ** waits.length);
        expect(begun.at(-1)! + takesMs + longestWaitMs).toBeGreaterThan(maxElapsedMs);
      }),
      { numRuns: runs(500) },
    );
  });

  it('waits as long as it is told to, where that is longer than the backoff', async () => {
    const { waits } = await tryUntil(5, LIMITS, { pauseMs: () => 4000 });
    expect(waits).toEqual([4000, 4000, 4000, 4000]);
  });

  it('goes on for ever without limits', async () => {
    const { outcome, waits } = await tryUntil(3000, { ...LIMITS, attempts: Infinity });
    expect(outcome).toBe('done');
    expect(waits).toHaveLength(2999);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
  });

  it('spreads waits over all that is allowed, the same for the same seed', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 2000 }, () => backoffMs(3, LIMITS, random));
    };
    const waits = draw(7);
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = waits.filter((wait) => Math.floor(wait / 80) === tenth).length;
      expect(count).toBeGreaterThan(130);
      expect(count).toBeLessThan(270);
    }
    expect(draw(7)).toEqual(waits);
    expect(draw(8)).not.toEqual(waits);
  });

  it.each([
    ['an error that says it is final', new MillraceError('denied', 'no', { blame: 'external' })],
    ['an error from elsewhere', new TypeError('x is not a function')],
  ])('throws %s at once', async (_, error) => {
    let attempts = 0;
    const clock = new VirtualClock();
    const operation = async () => {
      attempts++;
      throw error;
    };
    await expect(retry(operation, { limits: LIMITS, clock, random: new Random(1) }, NEVER)).rejects.toBe(
      error,
    );
    expect(attempts).toBe(1);
  });
});

describe('a signal', () => {
  const hours: RetryConfig = { attempts: 5, backoffMs: 1e9, maxBackoffMs: 1e9 };

  it('ends a wait at once, with its reason', async () => {
    const stopping = new AbortController();
    let attempts = 0;
    const tried = retry(
      async () => {
        attempts++;
        throw down();
      },
      {
        limits: hours,
        clock: systemClock,
        random: new Random(3),
        pauseMs: () => 1e9,
        onRetry: () => setImmediate(() => stopping.abort(new Error('the run stops'))),
      },
      stopping.signal,
    );
    await expect(tried).rejects.toThrow('the run stops');
    expect(attempts).toBe(1);
  });

  it('counts more than the error that it caused', async () => {
    const stopping = new AbortController();
    const tried = retry(
      async () => {
        stopping.abort(new Error('the run stops'));
        throw down();
      },
      { limits: hours, clock: systemClock, random: new Random(3) },
      stopping.signal,
    );
    await expect(tried).rejects.toThrow('the run stops');
  });

  it('that has aborted lets no attempt begin', async () => {
    let attempts = 0;
    const tried = retry(
      async () => attempts++,
      { limits: hours, clock: systemClock, random: new Random(3) },
      AbortSignal.abort(new Error('the run stops')),
    );
    await expect(tried).rejects.toThrow('the run stops');
    expect(attempts).toBe(0);
  });
});
