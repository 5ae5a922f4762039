import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldKind, Shape } from '../../src/batch/index.js';
import type { Config } from '../../src/component/index.js';
import { MAP } from '../../src/transforms/map.js';
import { runs } from '../support/property.js';
import { layout, NAMES, records, wanted } from './arbitraries.js';
import { ALL, only, type PlainRecord, run, wantedOf } from './support.js';

const FAILED = Symbol('failed');

interface Computed {
  readonly text: string;
  readonly of: (record: PlainRecord) => unknown;
}

const EXPRESSIONS: readonly Computed[] = [
  { text: 'n + 1', of: ({ n }) => (Number.isSafeInteger(n) ? (n as number) + 1 : FAILED) },
  { text: 's + "!"', of: ({ s }) => (typeof s === 'string' ? `${s}!` : FAILED) },
  { text: 'x', of: ({ x }) => x },
  { text: '"constant"', of: () => 'constant' },
  { text: 'null', of: () => null },
  { text: 'n > 2', of: ({ n }) => (typeof n === 'number' ? n > 2 : (n ?? null) === null ? false : FAILED) },
];

const plain = (value: unknown) =>
  (value ?? null) === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
const TEMPLATES: readonly Computed[] = [
  { text: 'fixed', of: () => 'fixed' },
  { text: '{s}/{n}', of: ({ s, n }) => `${plain(s)}/${plain(n)}` },
  { text: '{x}', of: ({ x }) => x },
  { text: '{{', of: () => '{' },
];

interface Plan {
  readonly set: readonly (readonly [string, Computed])[];
  readonly add: readonly (readonly [string, Computed | number | null | boolean | object])[];
  readonly rename: readonly (readonly [string, string])[];
  readonly keep: readonly string[] | undefined;
  readonly drop: readonly string[];
}

const isComputed = (value: Plan['add'][number][1]): value is Computed =>
  typeof value === 'object' && value !== null && 'of' in value;

const target = fc.constantFrom(...NAMES, 'z');
const uniquely = <T>(pairs: fc.Arbitrary<[string, T]>) =>
  fc.uniqueArray(pairs, { selector: ([name]) => name, maxLength: 3 });
const plans: fc.Arbitrary<Plan> = fc.record({
  set: uniquely(fc.tuple(target, fc.constantFrom(...EXPRESSIONS))),
  add: uniquely(
    fc.tuple(
      target,
      fc.oneof(
        fc.constantFrom(...TEMPLATES),
        fc.constantFrom<number | null | boolean | object>(7, 1.5, -1e300, null, true, ['{s}', 1], {
          a: { b: null },
        }),
      ),
    ),
  ),
  rename: uniquely(fc.tuple(target, target)),
  keep: fc.option(fc.uniqueArray(target, { minLength: 1 }), { nil: undefined }),
  drop: fc.uniqueArray(target, { maxLength: 2 }),
});

function configOf({ set, add, rename, keep, drop }: Plan) {
  return {
    set: Object.fromEntries(set.map(([name, { text }]) => [name, text])),
    add: Object.fromEntries(add.map(([name, value]) => [name, isComputed(value) ? value.text : value])),
    rename: Object.fromEntries(rename),
    ...(keep && { keep }),
    drop,
  };
}

/** What `map` means, one plain object after another. */
function reference({ set, add, rename, keep, drop }: Plan, input: PlainRecord): PlainRecord | typeof FAILED {
  const record: Record<string, unknown> = { ...input };
  const assign = (name: string, value: unknown) => {
    delete record[name];
    if (value !== undefined) record[name] = value;
  };
  for (const [name, { of }] of set) {
    const value = of(record);
    if (value === FAILED) return FAILED;
    assign(name, value);
  }
  for (const [name, value] of add) assign(name, isComputed(value) ? value.of(record) : value);
  for (const [from, to] of rename) {
    if (from === to || !Object.hasOwn(record, from)) continue;
    const value = record[from];
    delete record[from];
    record[to] = value;
  }
  const left = Object.entries(record).filter(
    ([name]) => (keep?.includes(name) ?? true) && !drop.includes(name),
  );
  return Object.fromEntries(left);
}

const COLUMNS = { columns: ['n', 's', 'x'], document: false };
const namesOf = (config: Config, input: PlainRecord, lies = COLUMNS) => {
  const [batch] = run(MAP, config, [input], lies).batches;
  return [...batch!.columns.keys()];
};

describe('map', () => {
  it('does to columns and documents what it means for plain objects, whatever is wanted', () => {
    const property = fc.property(records, layout, wanted, plans, (input, lies, names, plan) => {
      const outcome = run(MAP, configOf(plan), input, lies, names);
      const expected = input.map((record) => reference(plan, record));
      const passed = expected.flatMap((record, row) => (record === FAILED ? [] : [row]));
      expect(outcome.passed).toEqual(passed);
      expect(outcome.records.map((record) => wantedOf(record, names))).toEqual(
        passed.map((row) => wantedOf(expected[row] as PlainRecord, names)),
      );
      expect(outcome.failed.map(({ row }) => row).sort((a, b) => a - b)).toEqual(
        expected.flatMap((record, row) => (record === FAILED ? [row] : [])),
      );
      expect(outcome.dropped).toBe(0);
    });
    fc.assert(property, { numRuns: runs(1000) });
  });

  it('says what each record failed on, once, and passes the others on', () => {
    const { records: out, failed } = run(MAP, { set: { x: 'n + 1', y: 's + "!"' } }, [
      { n: 1, s: 'a' },
      { n: 'one', s: 2 },
      { n: 2, s: 3 },
    ]);
    expect(out).toEqual([{ n: 1, s: 'a', x: 2, y: 'a!' }]);
    expect(failed).toMatchObject([
      { row: 1, code: 'expression_failed', message: expect.stringMatching(/^cannot set "x": ./) },
      { row: 2, code: 'expression_failed', message: expect.stringMatching(/^cannot set "y": ./) },
    ]);
  });

  it('lets every set see the ones before it', () => {
    const { records: out } = run(MAP, { set: { n: 'n + 1', x: 'n + 1' } }, [{ n: 1 }]);
    expect(out).toEqual([{ n: 2, x: 3 }]);
  });

  it('keeps the place of columns that it changes and puts new ones at the end', () => {
    const input = { n: 1, s: 'a', x: true };
    expect(namesOf({ set: { z: '1', s: '"b"' } }, input)).toEqual(['n', 's', 'x', 'z']);
    expect(namesOf({ rename: { n: 'first', x: 's' } }, input)).toEqual(['first', 's']);
    expect(namesOf({ keep: ['x', 'n'] }, input)).toEqual(['n', 'x']);
    expect(namesOf({ keep: ['x', 'n'] }, input, { columns: [], document: true })).toEqual(['x', 'n']);
  });

  it('marks what it changed as no longer the bytes of the source', () => {
    const { batches } = run(MAP, { add: { z: 1 } }, [{ n: 1 }]);
    expect(batches[0]!.untouched).toBeUndefined();
  });

  it('hides the old name of a member that nobody wants, so that nobody finds it in the document later', () => {
    const lies = { columns: [], document: true, shared: true };
    const { records: out } = run(MAP, { rename: { n: 'm' } }, [{ n: 1, s: 'a' }], lies, only('z'));
    expect(out).toEqual([{ s: 'a' }]);
  });

  it('asks for what it looks into and for nothing that it makes', () => {
    const needs = (config: Config, names = ALL) => MAP.needs(config, names);
    expect(needs({ set: { a: 'b + c', d: 'a' } })).toEqual({ names: new Set(['b', 'c']), all: true });
    expect(needs({ add: { a: '{b}/{c}' } }, only('a', 'z'))).toEqual(only('z', 'b', 'c'));
    expect(needs({ add: { a: 1 } }, only('a', 'z'))).toEqual(only('z'));
    expect(needs({ rename: { a: 'b' } })).toEqual({ names: new Set(['a', 'b']), all: true });
    expect(needs({ rename: { a: 'b' } }, only('c', 'a'))).toEqual(only('c'));
    expect(needs({ keep: ['a', 'b'] })).toEqual(only('a', 'b'));
    expect(needs({ keep: ['a', 'b'] }, only('b', 'c'))).toEqual(only('b'));
    expect(needs({ drop: ['a'] }, only('a', 'b'))).toEqual(only('b'));
    expect(needs({ set: { a: 'b' }, keep: ['a'] })).toEqual(only('b'));
  });

  it('knows the shape of what it makes', () => {
    const shape = (config: Config, fields: [string, FieldKind][], open = false) => {
      const result: Shape = MAP.shape(config, { fields: new Map(fields), open });
      return { fields: [...result.fields], open: result.open };
    };
    const input: [string, FieldKind][] = [
      ['a', 'text'],
      ['b', 'int'],
    ];
    expect(shape({ set: { a: '1 > 0', c: '"x"' } }, input)).toEqual({
      fields: [
        ['a', 'bool'],
        ['b', 'int'],
        ['c', 'text'],
      ],
      open: false,
    });
    expect(shape({ rename: { a: 'b' } }, input).fields).toEqual([['b', 'any']]);
    expect(shape({ rename: { a: 'c', z: 'y' } }, input).fields).toEqual([
      ['c', 'text'],
      ['b', 'int'],
    ]);
    expect(shape({ keep: ['z', 'b'] }, input)).toEqual({ fields: [['b', 'int']], open: false });
    expect(shape({ keep: ['z', 'b'] }, input, true)).toEqual({
      fields: [
        ['z', 'any'],
        ['b', 'int'],
      ],
      open: false,
    });
    expect(shape({ drop: ['a'] }, input, true)).toEqual({ fields: [['b', 'int']], open: true });
    expect(
      shape({ add: { a: 1, b: 1.5, c: true, d: null, e: [1] } }, []).fields.map(([, kind]) => kind),
    ).toEqual(['int', 'double', 'bool', 'any', 'any']);
  });

  it('finds wrong templates in add', () => {
    expect(MAP.check!({ add: { ok: '{s}', wrong: '{s' } })).toMatchObject([{ field: 'add.wrong' }]);
  });
});
