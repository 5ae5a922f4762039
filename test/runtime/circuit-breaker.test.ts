import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { type BreakerState, CircuitBreaker } from '../../src/runtime/circuit-breaker.js';
import { runs } from '../support/property.js';
import { VirtualClock } from '../support/virtual-clock.js';

interface Rules {
  readonly failures: number;
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

function create(rules: Rules, seed = 1) {
  const clock = new VirtualClock();
  const changes: BreakerState[] = [];
  const onChange = (state: BreakerState) => changes.push(state);
  const breaker = new CircuitBreaker({ ...rules, clock, random: new Random(seed), onChange });
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) {
      expect(breaker.tryEnter()).toBe(true);
      breaker.failed();
    }
  };
  return { breaker, clock, changes, fail };
}

const RULES: Rules = { failures: 5, pauseMs: 1000, maxPauseMs: 30_000 };

type Step = { readonly wait: number } | 'succeed' | 'fail' | 'cancel' | 'call while another is under way';

/** What a breaker should be, told by all that has happened to it. The length of a pause is taken from the real one. */
class Model {
  state: BreakerState = 'closed';
  failuresInRow = 0;
  pausesInRow = 0;
  opensAgainAtMs = 0;
  readonly changes: BreakerState[] = [];

  become(state: BreakerState): void {
    this.state = state;
    this.changes.push(state);
  }

  /** Whether a call gets in. */
  enter(nowMs: number): boolean {
    if (this.state === 'open' && nowMs >= this.opensAgainAtMs) this.become('half_open');
    return this.state !== 'open';
  }

  /** The longest pause that now begins, or undefined. */
  fail({ failures, pauseMs, maxPauseMs }: Rules): number | undefined {
    this.failuresInRow++;
    if (this.state === 'closed' && this.failuresInRow < failures) return undefined;
    this.become('open');
    let longestMs = pauseMs;
    for (let i = 0; i < this.pausesInRow; i++) longestMs *= 2;
    this.pausesInRow++;
    return Math.min(longestMs, maxPauseMs);
  }

  succeed(): void {
    if (this.state === 'half_open') this.become('closed');
    this.failuresInRow = 0;
    this.pausesInRow = 0;
  }
}

describe('a circuit breaker', () => {
  it('does what its model does', () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 3, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 20_000 }) }) },
      { weight: 2, arbitrary: fc.constant('succeed' as const) },
      { weight: 6, arbitrary: fc.constant('fail' as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('cancel' as const, 'call while another is under way' as const),
      },
    );
    const rules = fc.record({
      failures: fc.integer({ min: 1, max: 6 }),
      pauseMs: fc.integer({ min: 1, max: 5000 }),
      maxPauseMs: fc.integer({ min: 5000, max: 30_000 }),
    });
    const steps = fc.array(step, { maxLength: 80 });
    fc.assert(
      fc.property(rules, steps, fc.nat(), (rule, all, seed) => compare(rule, all, seed)),
      { numRuns: runs(1000) },
    );
  });

  it('opens after failures in a row, and not for more of them with successes between', () => {
    const { breaker, fail } = create(RULES);
    for (let i = 0; i < 10; i++) {
      fail(4);
      breaker.succeeded();
    }
    expect(breaker.state).toBe('closed');
    fail(5);
    expect(breaker.state).toBe('open');
    expect(breaker.tryEnter()).toBe(false);
  });

  it('lets a single call through after the pause, whose outcome decides', () => {
    const { breaker, clock, changes, fail } = create(RULES);
    fail(5);
    clock.pass(breaker.pauseMs);
    expect([breaker.tryEnter(), breaker.tryEnter(), breaker.tryEnter()]).toEqual([true, false, false]);
    breaker.failed();
    expect(breaker.state).toBe('open');
    clock.pass(breaker.pauseMs);
    expect(breaker.tryEnter()).toBe(true);
    breaker.succeeded();
    expect([breaker.tryEnter(), breaker.tryEnter()]).toEqual([true, true]);
    expect(changes).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
  });

  it('opens once for all the calls that are under way', () => {
    const { breaker, changes } = create({ ...RULES, failures: 1 });
    expect([breaker.tryEnter(), breaker.tryEnter()]).toEqual([true, true]);
    breaker.failed();
    const { pauseMs } = breaker;
    breaker.failed();
    expect(breaker.pauseMs).toBe(pauseMs);
    expect(changes).toEqual(['open']);
  });

  it('has pauses that grow up to a limit, and are short again after a success', () => {
    const { breaker, clock, fail } = create(RULES);
    const pauseAfter = (times: number) => {
      fail(times);
      const { pauseMs } = breaker;
      clock.pass(pauseMs);
      return pauseMs;
    };
    pauseAfter(5);
    const pauses = Array.from({ length: 10 }, () => pauseAfter(1));
    expect(pauses[0]).toBeGreaterThanOrEqual(1000);
    expect(pauses[2]).toBeGreaterThanOrEqual(4000);
    for (const pause of pauses.slice(5)) {
      expect(pause).toBeGreaterThanOrEqual(15_000);
      expect(pause).toBeLessThanOrEqual(30_000);
    }
    breaker.tryEnter();
    breaker.succeeded();
    expect(pauseAfter(5)).toBeLessThanOrEqual(1000);
  });
});

function compare(rules: Rules, steps: readonly Step[], seed: number): void {
  const { breaker, clock, changes } = create(rules, seed);
  const model = new Model();
  for (const step of steps) {
    if (typeof step === 'object') clock.pass(step.wait);
    else {
      const entered = breaker.tryEnter();
      expect(entered).toBe(model.enter(clock.nowMs()));
      if (!entered) continue;
      if (step === 'call while another is under way')
        expect(breaker.tryEnter()).toBe(model.state === 'closed');
      if (step === 'succeed') {
        model.succeed();
        breaker.succeeded();
      } else if (step === 'fail') {
        const longestMs = model.fail(rules);
        breaker.failed();
        if (longestMs !== undefined) {
          expect(breaker.pauseMs).toBeGreaterThanOrEqual(longestMs / 2);
          expect(breaker.pauseMs).toBeLessThanOrEqual(longestMs);
          model.opensAgainAtMs = clock.nowMs() + breaker.pauseMs;
        }
      } else {
        if (model.state === 'half_open') model.become('open');
        breaker.cancelled();
      }
    }
    expect(breaker.state).toBe(model.state);
    expect(breaker.failuresInRow).toBe(model.failuresInRow);
    expect(changes).toEqual(model.changes);
  }
}
