import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SAMPLE } from '../../src/transforms/sample.js';
import { runs } from '../support/property.js';
import { layout } from './arbitraries.js';
import { run } from './support.js';

const MANY = Array.from({ length: 4000 }, (_, n) => ({ n, s: `key ${n % 400}` }));

describe('sample', () => {
  it.each([
    [{ rate: 0.25 }, 1000],
    [{ one_in: 10 }, 400],
    [{ rate: 0.25, key: 's' }, 1000],
  ])('keeps about the share that %j asks for', (config, expected) => {
    const { passed, dropped } = run(SAMPLE, config, MANY);
    // With a key there are 400 decisions, whose binomial deviation is 87 records; four of these are never seen.
    expect(Math.abs(passed.length - expected)).toBeLessThan(350);
    expect(passed.length + dropped).toBe(MANY.length);
  });

  it('keeps all at 1, and then the very same batch, and none at 0', () => {
    const all = run(SAMPLE, { rate: 1 }, MANY);
    expect(all.passed).toHaveLength(MANY.length);
    expect(all.batches[0]!.untouched).toBe('json');
    expect(run(SAMPLE, { rate: 0 }, MANY).batches).toEqual([]);
    expect(run(SAMPLE, { one_in: 1 }, MANY).dropped).toBe(0);
  });

  it('makes the same choice again, and another with another seed', () => {
    const first = run(SAMPLE, { rate: 0.5 }, MANY).passed;
    expect(run(SAMPLE, { rate: 0.5 }, MANY).passed).toEqual(first);
    expect(run(SAMPLE, { rate: 0.5, seed: 1 }, MANY).passed).not.toEqual(first);
  });

  it('keeps at a higher rate what it keeps at a lower one', () => {
    const more = new Set(run(SAMPLE, { rate: 0.5 }, MANY).passed);
    for (const row of run(SAMPLE, { rate: 0.2 }, MANY).passed) expect(more.has(row)).toBe(true);
  });

  it('keeps or drops records of one key together, however they lie', () => {
    const property = fc.property(
      fc.array(fc.constantFrom<unknown>(7, '7', 'seven', true, null, 'a key of more than twelve bytes'), {
        minLength: 1,
      }),
      layout,
      fc.nat(),
      (keys, lies, seed) => {
        const { passed } = run(
          SAMPLE,
          { rate: 0.5, key: 'x', seed },
          keys.map((x) => ({ x })),
          lies,
        );
        const kept = new Set(passed.map((row) => String(keys[row])));
        for (const [row, key] of keys.entries()) expect(kept.has(String(key))).toBe(passed.includes(row));
      },
    );
    fc.assert(property, { numRuns: runs(200) });
  });

  it('fails records whose key cannot be evaluated', () => {
    const outcome = run(SAMPLE, { rate: 1, key: 'size(n)' }, [{ n: 1 }, { n: 'text' }]);
    expect(outcome.passed).toEqual([1]);
    expect(outcome.dropped).toBe(0);
    expect(outcome.failed).toMatchObject([{ row: 0, code: 'expression_failed' }]);
  });

  it('asks for exactly one of rate and one_in', () => {
    expect(SAMPLE.check!({})).toEqual([{ field: '', message: 'expected rate or one_in' }]);
    expect(SAMPLE.check!({ rate: 1, one_in: 2 })).toHaveLength(1);
    expect(SAMPLE.check!({ one_in: 2 })).toEqual([]);
  });
});
