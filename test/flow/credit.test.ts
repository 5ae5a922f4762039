import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Credit } from '../../src/flow/index.js';
import { runs } from '../support/property.js';

/** Lets everything that is due run, so that a promise which could settle has settled. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('Credit', () => {
  it('knows for how long someone has waited, and counts the time of two together once', async () => {
    const credit = new Credit(10);
    await credit.take(10);
    expect(credit.waitedMs).toBe(0);
    const startedMs = performance.now();
    const both = Promise.all([credit.take(5), credit.take(5)]);
    while (performance.now() - startedMs < 5) await settled();
    expect(credit.waitedMs).toBeGreaterThanOrEqual(4);
    credit.give(10);
    await both;
    const waitedMs = credit.waitedMs;
    expect(waitedMs).toBeLessThanOrEqual(performance.now() - startedMs);
    await settled();
    expect(credit.waitedMs).toBe(waitedMs);
  });

  it('grants at once while there is room, within one microtask', async () => {
    const credit = new Credit(10);
    let granted: number | undefined;
    credit.take(4).then((cost) => {
      granted = cost;
    });
    await Promise.resolve();
    expect(granted).toBe(4);
    expect([credit.free, credit.used]).toEqual([6, 4]);
  });

  it('lets a request above the limit pass, alone', async () => {
    const credit = new Credit(10);
    expect(credit.tryTake(1)).toBe(1);
    expect(credit.tryTake(25)).toBeUndefined();
    credit.give(1);
    expect(await credit.take(25)).toBe(10);
    expect(credit.free).toBe(0);
  });

  it('serves requests in their order: a small one does not overtake a large one', async () => {
    const credit = new Credit(10);
    const order: string[] = [];
    await credit.take(8);
    credit.take(9).then(() => order.push('large'));
    credit.take(1).then(() => order.push('small'));
    expect(credit.tryTake(1)).toBeUndefined();
    await settled();
    expect(order).toEqual([]);
    credit.give(8);
    await settled();
    expect(order).toEqual(['large', 'small']);
  });

  it('forgets a request that was aborted, and serves those behind it', async () => {
    const credit = new Credit(10);
    await credit.take(8);
    const abort = new AbortController();
    const aborted = credit.take(9, abort.signal);
    const behind = credit.take(2);
    abort.abort(new Error('stopped'));
    await expect(aborted).rejects.toThrow('stopped');
    expect(await behind).toBe(2);
    expect([credit.used, credit.waiting]).toEqual([10, 0]);
    await expect(credit.take(1, abort.signal)).rejects.toThrow('stopped');
    expect(credit.used).toBe(10);
  });

  it('is not disturbed by an abort after the grant', async () => {
    const credit = new Credit(10);
    const abort = new AbortController();
    expect(await credit.take(3, abort.signal)).toBe(3);
    abort.abort();
    expect(credit.used).toBe(3);
  });

  it('refuses more than is in use, and what is no number of bytes', () => {
    const credit = new Credit(10);
    credit.tryTake(3);
    expect(() => credit.give(4)).toThrow('4 bytes of credit came back where 3 were in use');
    expect(() => credit.give(Number.NaN)).toThrow('came back');
    expect(() => credit.tryTake(-1)).toThrow('a request for -1 bytes');
    expect(() => new Credit(0)).toThrow('at least 1 byte');
    expect(credit.used).toBe(3);
  });

  it('rejects everyone when it fails', async () => {
    const credit = new Credit(1);
    await credit.take(1);
    const waiting = credit.take(1);
    credit.fail(new Error('torn down'));
    await expect(waiting).rejects.toThrow('torn down');
    await expect(credit.take(1)).rejects.toThrow('torn down');
    expect(credit.waiting).toBe(0);
  });

  it('always holds: used is what was granted and not given back, and grants come in order', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('take' as const), bytes: fc.nat(30) }),
      fc.record({ do: fc.constant('tryTake' as const), bytes: fc.nat(30) }),
      fc.record({ do: fc.constant('give' as const), which: fc.nat() }),
      fc.record({ do: fc.constant('abort' as const), which: fc.nat() }),
    );
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.array(step, { maxLength: 60 }),
      async (limit, steps) => {
        const credit = new Credit(limit);
        const held: number[] = [];
        let waiting: { readonly index: number; readonly abort: AbortController }[] = [];
        let lastGranted = -1;
        for (const [index, each] of steps.entries()) {
          if (each.do === 'take') {
            const abort = new AbortController();
            waiting.push({ index, abort });
            credit.take(each.bytes, abort.signal).then(
              (cost) => {
                expect(index).toBeGreaterThan(lastGranted);
                expect(waiting[0]!.index).toBe(index);
                lastGranted = index;
                waiting = waiting.slice(1);
                held.push(cost);
              },
              () => undefined,
            );
          } else if (each.do === 'tryTake') {
            const cost = credit.tryTake(each.bytes);
            if (cost !== undefined) held.push(cost);
            if (waiting.length > 0) expect(cost).toBeUndefined();
          } else if (each.do === 'give' && held.length > 0) {
            credit.give(held.splice(each.which % held.length, 1)[0]!);
          } else if (each.do === 'abort' && waiting.length > 0) {
            waiting.splice(each.which % waiting.length, 1)[0]!.abort.abort();
          }
          await settled();
          expect(credit.used).toBe(held.reduce((sum, cost) => sum + cost, 0));
          expect(credit.free + credit.used).toBe(credit.limit);
          expect(credit.waiting).toBe(waiting.length);
        }
        while (held.length > 0) {
          credit.give(held.pop()!);
          await settled();
        }
        expect([credit.free, credit.waiting, waiting.length]).toEqual([limit, 0, 0]);
      },
    );
    await fc.assert(property, { numRuns: runs(200) });
  });
});
