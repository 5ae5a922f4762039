import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPLODE } from '../../src/transforms/explode.js';
import { runs } from '../support/property.js';
import { layout, NAMES, record, wanted } from './arbitraries.js';
import { ALL, only, type PlainRecord, run, wantedOf } from './support.js';

const ORDER = { n: 7, x: [{ sku: 'a' }, { sku: 'b' }], s: 'Oslo' };

interface Plan {
  readonly field: string;
  readonly into: string | undefined;
  readonly index: string | undefined;
  readonly when_empty: 'keep' | 'drop';
}

/** What `explode` means for a plain object; undefined where its field holds no list. */
function reference({ field, into = field, index, when_empty }: Plan, input: PlainRecord) {
  const { [field]: list, ...rest } = input;
  const { [into]: _into, [index ?? field]: _index, ...kept } = rest;
  const isEmpty = list === undefined || list === null || (Array.isArray(list) && list.length === 0);
  if (isEmpty) return when_empty === 'keep' ? [kept] : [];
  if (!Array.isArray(list)) return undefined;
  return list.map((item, place) => ({ ...kept, [into]: item, ...(index && { [index]: place }) }));
}

const item = fc.constantFrom<unknown>(
  null,
  true,
  -1.5,
  '',
  'a] "longer" {text}, é\\',
  { k: [1, { l: '}' }] },
  [[]],
);
const list = fc.oneof(
  fc.array(item, { maxLength: 4 }),
  fc.constantFrom<unknown>(null, undefined, 7, 'text', { k: 1 }),
);
const lists = fc.array(
  fc.tuple(record, list).map(([other, x]): PlainRecord => (x === undefined ? other : { ...other, x })),
  { minLength: 1, maxLength: 8 },
);
const plans: fc.Arbitrary<Plan> = fc
  .record({
    field: fc.constantFrom('x', 'x', 'o', 'missing'),
    into: fc.option(fc.constantFrom(...NAMES, 'item'), { nil: undefined }),
    index: fc.option(fc.constantFrom(...NAMES, 'place'), { nil: undefined }),
    when_empty: fc.constantFrom('keep' as const, 'drop' as const),
  })
  .filter(({ field, into = field, index }) => into !== index);

const set = <T extends object>(options: T) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

describe('explode', () => {
  it('makes a record of each item, with the other fields of its record', () => {
    const { records, added, passed } = run(EXPLODE, { field: 'x', into: 'item', index: 'line' }, [
      ORDER,
      { n: 8 },
    ]);
    expect(records).toEqual([
      { n: 7, s: 'Oslo', item: { sku: 'a' }, line: 0 },
      { n: 7, s: 'Oslo', item: { sku: 'b' }, line: 1 },
      { n: 8 },
    ]);
    expect(added).toBe(1);
    expect(passed).toEqual([0, 0, 1]);
  });

  it('puts the item in place of the list where nothing else is said', () => {
    const columns = { columns: ['n', 'x', 's'], document: false };
    const { batches, records } = run(EXPLODE, { field: 'x' }, [ORDER], columns);
    expect(records.map(({ x }) => x)).toEqual(ORDER.x);
    expect([...batches[0]!.columns.keys()]).toEqual(['n', 'x', 's']);
  });

  it('fails what holds no list, and says what it holds', () => {
    const values = [{ k: 1 }, 'text', 7, false, '[1]', []];
    for (const columns of [[], ['x']]) {
      const { failed, passed } = run(
        EXPLODE,
        { field: 'x' },
        values.map((x) => ({ x })),
        { columns, document: true },
      );
      expect(failed.map(({ message }) => /holds (.*),/.exec(message)![1])).toEqual([
        'an object',
        'a text',
        'a number',
        'a boolean',
        'a text',
      ]);
      expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['not_a_list']));
      expect(passed).toEqual([5]);
    }
  });

  it('agrees with what it means for plain objects, however they lie', () => {
    const property = fc.property(lists, layout, wanted, plans, (input, lies, names, plan) => {
      const outcome = run(EXPLODE, set(plan), input, lies, names);
      const expected = input.map((each) => reference(plan, each));
      const shown = (records: readonly PlainRecord[]) => records.map((each) => wantedOf(each, names));
      expect(shown(outcome.records)).toEqual(shown(expected.flatMap((each) => each ?? [])));
      expect(outcome.passed).toEqual(expected.flatMap((each, row) => (each ?? []).map(() => row)));
      expect(outcome.failed.map(({ row }) => row)).toEqual(
        expected.flatMap((each, row) => (each ? [] : [row])),
      );
      const { passed, dropped, failed, added } = outcome;
      expect(input.length + added).toBe(passed.length + dropped + failed.length);
    });
    fc.assert(property, { numRuns: runs(1000) });
  });

  it('writes what stands beside a long list once, so that its items cost what they are', () => {
    const x = Array.from({ length: 20_000 }, (_, i) => i);
    const { batches } = run(EXPLODE, { field: 'x' }, [{ n: 1, s: 'beside', x }]);
    const [batch] = batches;
    expect(batch!.rows).toBe(x.length);
    const { views } = batch!.document!.vector;
    expect(views![0]).toBe('{"n":1,"s":"beside"}'.length);
  });

  it('asks for its list and for what is wanted beside what it makes', () => {
    const options = { field: 'x', into: 'item', index: 'line', when_empty: 'keep' };
    expect(EXPLODE.needs(options, only('n', 'item', 'line'))).toEqual(only('n', 'x'));
    expect(EXPLODE.needs(options, ALL)).toEqual({ names: new Set(['x']), all: true });
  });

  it('refuses two uses of one field', () => {
    expect(EXPLODE.check!({ field: 'x', index: 'x' })).toMatchObject([{ field: 'index' }]);
    expect(EXPLODE.check!({ field: 'x', index: 'line' })).toEqual([]);
  });
});
