import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindKernels, compileKernels } from '../../src/batch/kernels/kernels.js';
import type { Wanted } from '../../src/formats/format.js';
import { runs } from '../support/property.js';
import { arena, decode, textsOf, wantedAll, wantedOnly } from './json-fixture.js';

/** Makes the kernels forget the structures that they have seen. */
function forgetTemplates(): void {
  Object.assign(arena, { kernels: bindKernels(arena.memory, compileKernels()) });
}

interface Outcome {
  readonly text: string | undefined;
  readonly members: readonly (string | undefined)[];
  readonly refusal: string | undefined;
}

function outcomesOf(records: readonly string[], wanted: Wanted): Outcome[] {
  const { document, refused } = decode(records, wanted);
  const texts = textsOf(document!.vector);
  const columns = [...wanted.names].map((name) => textsOf(document!.members.get(name)));
  const refusals = new Map(refused.map(({ row, message }) => [row, message]));
  return records.map((_, row) => ({
    text: texts[row],
    members: columns.map((column) => column[row]),
    refusal: refusals.get(row),
  }));
}

/** Expects that every record is read as by kernels that have seen no other, and as JSON.parse reads it. */
function expectNoInfluence(records: readonly string[], wanted: Wanted): void {
  forgetTemplates();
  const outcomes = outcomesOf(records, wanted);
  records.forEach((record, row) => {
    forgetTemplates();
    expect(outcomes[row], record).toEqual(outcomesOf([record], wanted)[0]);
    expectAsParsed(record, outcomes[row]!, [...wanted.names]);
  });
}

function expectAsParsed(record: string, outcome: Outcome, names: readonly string[]): void {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    expect(outcome.refusal, record).toBeDefined();
    return;
  }
  expect(outcome.refusal, record).toBeUndefined();
  expect(JSON.parse(outcome.text!)).toEqual(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  names.forEach((name, i) => {
    const member = Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
    const found = outcome.members[i];
    expect(found === undefined ? undefined : JSON.parse(found), record).toEqual(member);
  });
}

const keys = ['a', 'b', 'level', 'caf\u00e9', 'x"y', '__proto__'];
const key = fc.constantFrom(...keys);
const text = fc.oneof(
  fc.constantFrom(
    '',
    'info',
    'a "quoted" word',
    '\\',
    'tab\tnewline\n',
    'caf\u00e9 \u{1f680}',
    '},{":',
    '\u0001',
  ),
  fc.integer({ min: 0, max: 70 }).map((length) => 'x'.repeat(length)),
);
const scalar = fc.oneof(
  text,
  fc.constantFrom<unknown>(true, false, null, 0, -1, 12.5, 1e300, -2.5e-7, 1234567890123456),
  fc.integer(),
);
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
}));
const object = fc.dictionary(key, anyValue, { maxKeys: 6 });

/** The same structure with other scalars. */
function withScalars(value: unknown, take: () => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withScalars(item, take));
  if (typeof value !== 'object' || value === null) return take();
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withScalars(item, take)]));
}

const spelling = fc.constantFrom<(value: unknown) => string>(
  (value) => JSON.stringify(value),
  (value) => `${JSON.stringify(value)} `,
  (value) => JSON.stringify(value, null, ' ').replaceAll('\n', ' '),
  (value) => JSON.stringify(value, null, '\t'),
  (value) => JSON.stringify(value).replaceAll('a', '\\u0061'),
  (value) => JSON.stringify(value).replace(/"level"/g, '"a"'),
);

/** A record, others of the same structure, and one with a character replaced, added or left out. */
const family = fc
  .record({
    value: object,
    scalars: fc.array(scalar, { minLength: 1, maxLength: 5 }),
    spell: spelling,
    at: fc.nat(),
    insert: fc.constantFrom(
      ...'{}[],:"\\ 0-1.eEtn\t\n\u0000\u00e9',
      '""',
      '1 1',
      'true',
      '{}',
      '\\u12',
      '\\n',
      '',
    ),
    remove: fc.constantFrom(0, 1),
  })
  .map(({ value, scalars, spell, at, insert, remove }) => {
    let next = 0;
    const first = spell(value);
    const other = spell(withScalars(value, () => scalars[next++ % scalars.length]));
    const place = at % (first.length + 1);
    return [first, other, (first.slice(0, place) + insert + first.slice(place + remove)).toWellFormed()];
  });

describe('templates of JSON records', () => {
  it('change nothing about any record', () => {
    fc.assert(
      fc.property(
        fc.array(family, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat({ max: 8 }), { maxLength: 10 }),
        fc.uniqueArray(key, { maxLength: 3 }),
        (families, order, names) => {
          const all = families.flat();
          const records = [...all, ...order.map((at) => all[at % all.length]!), ...all];
          expectNoInfluence(records, wantedAll(...names));
        },
      ),
      { numRuns: runs(700) },
    );
  });

  it('find the damage wherever a byte of a known structure is another one', () => {
    const record = '{"a":"x\\n","b":[1,-2.5e3,true],"c":{"d":null,"e":{}},"level":"info"} ';
    const records = [record];
    for (let at = 0; at <= record.length; at++) {
      for (const byte of ['"', ',', ':', '{', '}', '[', ']', ' ', '0', '\\', 'u', '\u0001', '']) {
        records.push(record.slice(0, at) + byte + record.slice(at + 1), record);
      }
      records.push(record.slice(0, at));
    }
    expectNoInfluence(records, wantedAll('level', 'c'));
  });

  it('take strings of any length with escapes anywhere, and refuse broken ones', () => {
    const records = ['{"a":"","level":1}'];
    for (let length = 0; length < 70; length++) {
      for (const tail of [
        '',
        '\\n',
        '\\\\',
        '\\"',
        '\\u00e9',
        '\\x',
        '\\u00g0',
        '\t',
        '\\',
        '\\u123',
        '\u00e9',
      ]) {
        records.push(`{"a":"${'x'.repeat(length)}${tail}","level":1}`);
      }
    }
    expectNoInfluence(records, wantedAll('a', 'level'));
  });

  it('take every scalar in the place of another, and nothing else', () => {
    const good = ['0', '-0', '12', '-1.5', '1e5', '1E+5', '1.25e-3', `${'9'.repeat(40)}.${'1'.repeat(40)}`];
    const words = ['true', 'false', 'null', '"text"', '{}', '[]'];
    const bad = [
      '',
      '-',
      '01',
      '-01',
      '1.',
      '.5',
      '1e',
      '1e+',
      '+1',
      'tru',
      'truex',
      'nul',
      'falsee',
      '1 2',
      '1"',
      '""1',
    ];
    const records = [...good, ...words, ...bad, ...good].flatMap((value) => [
      `{"a":${value},"level":"x"}`,
      `{"a":${value}}`,
      `{"a":[${value}] }`,
    ]);
    expectNoInfluence(records, wantedAll('a', 'level'));
  });

  it('tell apart records that go on differently behind the same beginning', () => {
    const tails = [
      '}',
      '} ',
      '}\t ',
      ',"b":1}',
      ',"b":"x"}',
      ',"b": 1}',
      ',"b": "x"}',
      ',"b":{}}',
      ',"b":[]}',
      ',"b":[1]}',
      ',"bb":1}',
      ', "b":1}',
    ];
    const records = tails.map((tail) => `{"a":"x"${tail}`);
    expectNoInfluence([...records, ...records, ...records.reverse()], wantedAll('a', 'b', 'bb'));
  });

  it('hold for whatever names are wanted next', () => {
    forgetTemplates();
    const record = '{"a":1,"caf\\u00e9":[2],"a":{"a":3},"b":"x"}';
    const records = [record, record];
    const found = (...names: string[]) => {
      const { columns } = decode(records, wantedOnly(...names));
      return names.map((name) => textsOf(columns.get(name))[1]);
    };
    expect(found()).toEqual([]);
    expect(found('a')).toEqual(['{"a":3}']);
    expect(found('b', 'a')).toEqual(['"x"', '{"a":3}']);
    expect(found('caf\u00e9', 'aa')).toEqual(['[2]', undefined]);
    expect(found('b')).toEqual(['"x"']);
  });

  it('are given up and learned anew when there are too many', () => {
    forgetTemplates();
    const records = Array.from({ length: 9000 }, (_, i) => {
      // Changing keys fill the table; in between, one structure comes again and again.
      const changing = i % 3000 < 1500;
      return changing
        ? `{"level":${i},"${'k'.repeat(i % 50)}${i}":{"n":"x"}}`
        : `{"level":${i},"n":[true,"${i}"]}`;
    });
    const outcomes = outcomesOf(records, wantedAll('level', 'n'));
    outcomes.forEach(({ text, members, refusal }, i) => {
      expect(refusal).toBeUndefined();
      expect(text).toBe(records[i]);
      expect(members).toEqual([String(i), i % 3000 < 1500 ? undefined : `[true,"${i}"]`]);
    });
  });

  it('hold the depth that is allowed', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}1${']'.repeat(levels - 1)}}`;
    expectNoInfluence([nested(127), nested(128), nested(128)], wantedAll('a'));
    forgetTemplates();
    const refusals = outcomesOf([nested(128), nested(129), nested(128)], wantedAll()).map(
      ({ refusal }) => refusal,
    );
    expect(refusals).toEqual([undefined, 'nested deeper than 128 levels at column 133', undefined]);
  });
});
