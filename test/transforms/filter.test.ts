import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILTER } from '../../src/transforms/filter.js';
import { runs } from '../support/property.js';
import { layout, records, wanted } from './arbitraries.js';
import { type PlainRecord, run, wantedOf } from './support.js';

const CONDITIONS: readonly { where: string; of: (record: PlainRecord) => boolean; fails?: boolean }[] = [
  { where: 'n > 0', of: ({ n }) => typeof n === 'number' && n > 0 },
  { where: 's == "short"', of: ({ s }) => s === 'short' },
  { where: 'x == true', of: ({ x }) => x === true },
  { where: 'true', of: () => true },
  { where: 'false', of: () => false },
];

describe('filter', () => {
  it('passes the same batch on when every record matches', () => {
    const { batches, records: out } = run(FILTER, { where: 'n < 3' }, [{ n: 1 }, { n: 2 }]);
    expect(out).toEqual([{ n: 1 }, { n: 2 }]);
    expect(batches[0]!.untouched).toBe('json');
  });

  it('keeps the order and the origin of what passes, whose bytes are still those of the source', () => {
    const { batches, passed, dropped } = run(FILTER, { where: 'n == 1' }, [{ n: 1 }, { n: 2 }, { n: 1 }]);
    expect(passed).toEqual([0, 2]);
    expect(dropped).toBe(1);
    expect(batches[0]!.untouched).toBe('json');
  });

  it('puts out nothing when no record matches', () => {
    const { batches, dropped } = run(FILTER, { where: 'n == 7' }, [{ n: 1 }, { n: 2 }]);
    expect(batches).toEqual([]);
    expect(dropped).toBe(2);
  });

  it('counts what it could not evaluate, and drops it', () => {
    const { passed, dropped, counts, failed } = run(FILTER, { where: 'size(n) > 1' }, [
      { n: 1 },
      { n: 'two' },
    ]);
    expect(passed).toEqual([1]);
    expect([dropped, counts, failed]).toEqual([1, { where_failed: 1 }, []]);
  });

  it('keeps exactly the records that match, whole, in any layout', () => {
    const property = fc.property(
      records,
      layout,
      wanted,
      fc.constantFrom(...CONDITIONS),
      (input, lies, names, { where, of }) => {
        const outcome = run(FILTER, { where }, input, lies, names);
        const expected = input.filter(of);
        expect(outcome.records.map((record) => wantedOf(record, names))).toEqual(
          expected.map((record) => wantedOf(record, names)),
        );
        expect(outcome.dropped).toBe(input.length - expected.length);
      },
    );
    fc.assert(property, { numRuns: runs(300) });
  });
});
