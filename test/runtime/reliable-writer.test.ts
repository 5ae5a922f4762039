import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { MillraceError } from '../../src/base/errors.js';
import { Random } from '../../src/base/random.js';
import type { Block } from '../../src/component/index.js';
import type { OnError, RetryConfig } from '../../src/plan/index.js';
import { ReliableWriter } from '../../src/runtime/reliable-writer.js';
import { runs } from '../support/property.js';
import { VirtualClock } from '../support/virtual-clock.js';

const NEVER = new AbortController().signal;
const FOR_EVER: OnError = { action: 'dead_letter' };
const LIMITS: RetryConfig = { attempts: 3, backoffMs: 200, maxBackoffMs: 30_000 };

const down = () => new MillraceError('down', 'nobody answers', { blame: 'external', retryable: true });
const final = () => new MillraceError('denied', 'wrong password', { blame: 'config' });
const blockOf = (id: number): Block => ({ bytes: Uint8Array.of(id), records: 1 });

/** A writer to a sink whose n-th write fails with what `failures` gives for n, if anything. */
function create(onError: OnError, failures: (write: number) => Error | undefined, seed = 1) {
  const clock = new VirtualClock();
  const attempts: { readonly id: number; readonly atMs: number; readonly failed: boolean }[] = [];
  const logged: { readonly fields: Record<string, unknown>; readonly message: string }[] = [];
  const log = (fields: object, message: string) => logged.push({ fields: { ...fields }, message });
  const sink = {
    write: async ({ bytes }: Block) => {
      const error = failures(attempts.length);
      attempts.push({ id: bytes[0]!, atMs: clock.nowMs(), failed: error !== undefined });
      if (error) throw error;
    },
  };
  const random = new Random(seed);
  const stage = 'out';
  const writer = new ReliableWriter({ sink, stage, onError, clock, random, log: { info: log, warn: log } });
  const written = () => attempts.filter(({ failed }) => !failed).map(({ id }) => id);
  const changes = () => logged.flatMap(({ fields }) => fields.breaker ?? []);
  return { writer, clock, attempts, logged, written, changes };
}

describe('a writer without limits', () => {
  it('loses nothing, repeats nothing and keeps the order, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 120 }), fc.nat(), async (fails, seed) => {
        const { writer, attempts, written } = create(FOR_EVER, (n) => (fails[n] ? down() : undefined), seed);
        const ids = Array.from({ length: 50 }, (_, id) => id);
        for (const id of ids) expect(await writer.write(blockOf(id), NEVER)).toBe('written');
        expect(written()).toEqual(ids);
        expect(writer.retries).toBe(attempts.length - ids.length);
        expect(writer.state).toBe('closed');
      }),
      { numRuns: runs(300) },
    );
  });

  it('leaves a sink that is down alone for longer and longer, and tries it with one block', async () => {
    const { writer, attempts, changes, logged } = create(FOR_EVER, (n) => (n < 20 ? down() : undefined));
    await writer.write(blockOf(1), NEVER);
    await writer.write(blockOf(2), NEVER);
    const gaps = attempts.slice(1).map(({ atMs }, i) => atMs - attempts[i]!.atMs);
    for (const [i, gap] of gaps.slice(4, 20).entries()) {
      expect(gap).toBeGreaterThanOrEqual(Math.min(30_000, 1000 * 2 ** i) / 2);
      expect(gap).toBeLessThanOrEqual(30_000);
    }
    expect(gaps[20]).toBe(0);
    const opened = Array.from({ length: 16 }, () => ['open', 'half_open']).flat();
    expect(changes()).toEqual([...opened, 'closed']);
    expect(logged.filter(({ fields }) => fields.attempt !== undefined)).toHaveLength(4);
    expect(logged[4]!.message).toMatch(
      /^"out" failed 5 times in a row and is left alone for \d+ ms: nobody answers$/,
    );
    expect(logged.at(-1)!.message).toBe('"out" writes again');
  });
});

describe('a writer with limits', () => {
  it('tries no block more often than they allow, and says which it has given up', async () => {
    const limits = fc.record({
      attempts: fc.integer({ min: 1, max: 12 }),
      backoffMs: fc.integer({ min: 1, max: 500 }),
      maxBackoffMs: fc.integer({ min: 500, max: 10_000 }),
    });
    const fails = fc.array(fc.boolean(), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(limits, fails, fc.nat(), async (retry, failing, seed) => {
        const failureOf = (n: number) => (failing[n] ? down() : undefined);
        const { writer, attempts, written } = create({ action: 'dead_letter', retry }, failureOf, seed);
        const rejected: number[] = [];
        for (let id = 0; id < 40; id++) {
          const outcome = await writer.write(blockOf(id), NEVER);
          const tries = attempts.filter((attempt) => attempt.id === id).length;
          expect(tries).toBeLessThanOrEqual(retry.attempts);
          if (outcome === 'written') continue;
          rejected.push(id);
          if (!('rejected' in outcome)) throw new Error('single records were refused');
          expect(outcome.rejected.code).toBe('down');
          expect([outcome.attempts, tries]).toEqual([retry.attempts, retry.attempts]);
        }
        expect(written()).toEqual([...written()].sort((a, b) => a - b));
        expect([...written(), ...rejected].sort((a, b) => a - b)).toEqual(
          Array.from({ length: 40 }, (_, id) => id),
        );
        for (const [i, { atMs }] of attempts.slice(1).entries())
          expect(atMs - attempts[i]!.atMs).toBeLessThanOrEqual(retry.maxBackoffMs);
      }),
      { numRuns: runs(300) },
    );
  });

  it('tries each block at least once, however long the sink has been left alone before', async () => {
    const retry = { ...LIMITS, attempts: 1, maxElapsedMs: 1 };
    const { writer, attempts } = create({ action: 'drop', retry }, down);
    for (let id = 0; id < 20; id++) {
      expect(await writer.write(blockOf(id), NEVER)).toMatchObject({
        rejected: { code: 'down' },
        attempts: 1,
      });
    }
    expect(attempts.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
    expect(attempts.at(-1)!.atMs).toBeGreaterThan(10 * 15_000);
  });

  it('does not count the pauses that other blocks have caused', async () => {
    const retry = { ...LIMITS, attempts: Infinity, maxElapsedMs: 31_000 };
    const { writer } = create({ action: 'drop', retry }, down);
    for (let id = 0; id < 20; id++) {
      const outcome = await writer.write(blockOf(id), NEVER);
      expect(outcome).not.toBe('written');
      if (outcome !== 'written' && 'attempts' in outcome) expect(outcome.attempts).toBeGreaterThan(1);
    }
  });

  it('gives up when the time is over', async () => {
    const retry = { attempts: Infinity, backoffMs: 200, maxBackoffMs: 30_000, maxElapsedMs: 60_000 };
    const { writer, clock, attempts } = create({ action: 'dead_letter', retry }, down);
    const outcome = await writer.write(blockOf(1), NEVER);
    expect(outcome).toMatchObject({ attempts: attempts.length });
    expect(attempts.length).toBeGreaterThan(5);
    expect(clock.nowMs()).toBeLessThanOrEqual(60_000);
  });

  it('stops where `then` says so, and says how often it has tried', async () => {
    const { writer } = create({ action: 'stop', retry: LIMITS }, down);
    const error = await writer.write(blockOf(1), NEVER).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({
      code: 'down',
      blame: 'external',
      message: 'nobody answers (tried 3 times)',
    });
  });
});

describe('a writer', () => {
  it.each([
    ['without limits', FOR_EVER],
    ['with limits', { action: 'drop', retry: LIMITS } as const],
  ])('%s throws at once what trying again cannot help', async (_, onError) => {
    const error = final();
    const { writer, attempts } = create(onError, () => error);
    await expect(writer.write(blockOf(1), NEVER)).rejects.toBe(error);
    expect(attempts).toHaveLength(1);
  });

  it('says in what state it is', async () => {
    const states: string[] = [];
    const tested = create(FOR_EVER, (n) => {
      states.push(tested.writer.state);
      return n < 6 ? down() : undefined;
    });
    await tested.writer.write(blockOf(1), NEVER);
    expect(states).toEqual([...Array.from({ length: 5 }, () => 'closed'), 'half_open', 'half_open']);
    expect(tested.writer.state).toBe('closed');
  });

  it.each([
    ['between attempts', 1],
    ['while the sink is left alone', 5],
  ])('stops waiting %s as soon as the signal aborts', async (_, failures) => {
    const stopping = new AbortController();
    let attempts = 0;
    const sink = {
      write: async () => {
        attempts++;
        throw down();
      },
    };
    const log = () => {
      if (attempts === failures) setImmediate(() => stopping.abort(new Error('the run stops')));
    };
    const clock = hastyUntil(() => attempts === failures);
    const options = { stage: 'out', onError: FOR_EVER, random: new Random(1), log: { info: log, warn: log } };
    const writer = new ReliableWriter({ sink, clock, ...options });
    await expect(writer.write(blockOf(1), stopping.signal)).rejects.toThrow('the run stops');
    expect(attempts).toBe(failures);
  });

  it('throws the reason of the signal, even one that says that trying again can help', async () => {
    const stopping = new AbortController();
    const reason = down();
    const { writer } = create({ action: 'drop', retry: LIMITS }, () => {
      stopping.abort(reason);
      return final();
    });
    await expect(writer.write(blockOf(1), stopping.signal)).rejects.toBe(reason);
  });

  it('leaves the sink alone for the whole pause, though timers fire early', async () => {
    const { writer, clock, attempts } = create(FOR_EVER, (n) => (n < 6 ? down() : undefined));
    const inTime = clock.sleep.bind(clock);
    clock.sleep = (ms, signal) => inTime(ms > 1 ? ms * 0.4 : ms, signal);
    await writer.write(blockOf(1), NEVER);
    expect(attempts[5]!.atMs - attempts[4]!.atMs).toBeGreaterThanOrEqual(500);
    expect(attempts[6]!.atMs - attempts[5]!.atMs).toBeGreaterThanOrEqual(1000);
  });

  it('gives the sink the block and the signal', async () => {
    const seen: unknown[] = [];
    const sink = { write: async (...given: unknown[]) => void seen.push(...given) };
    const log = { info: () => {}, warn: () => {} };
    const options = { sink, stage: 'out', onError: FOR_EVER, clock: systemClock, random: new Random(1), log };
    const block = blockOf(1);
    await new ReliableWriter(options).write(block, NEVER);
    expect(seen[0]).toBe(block);
    expect(seen[1]).toBe(NEVER);
  });
});

/** Waits take no time until `isSlow`; from then on they end only with the signal. */
function hastyUntil(isSlow: () => boolean): VirtualClock {
  const clock = new VirtualClock();
  const hasten = clock.sleep.bind(clock);
  clock.sleep = (ms, signal) => (isSlow() ? systemClock.sleep(1e7, signal) : hasten(ms, signal));
  return clock;
}
