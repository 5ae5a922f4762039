import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARSE } from '../../src/transforms/parse.js';
import { runs } from '../support/property.js';
import { layout, records, wanted } from './arbitraries.js';
import { ALL, only, type PlainRecord, run, wantedOf } from './support.js';

/** Texts and what each is in its format; undefined where it is refused. */
interface Format {
  readonly format: { readonly type: string } & Record<string, unknown>;
  readonly texts: readonly (readonly [string, PlainRecord | undefined])[];
}

const CSV: Format = {
  format: { type: 'csv', delimiter: ',', header: false, columns: ['s', 'z'], quotes: 'strict' },
  texts: [
    ['a,b', { s: 'a', z: 'b' }],
    ['"a\nb",""', { s: 'a\nb', z: '' }],
    ['one', undefined],
  ],
};
const REGEX: Format = {
  format: { type: 'regex', pattern: '^(?<x>[a-z]+)?-(?<z>[0-9]+)?$' },
  texts: [
    ['ab-12', { x: 'ab', z: '12' }],
    ['-12', { z: '12' }],
    ['a longer text', undefined],
    ['-', {}],
  ],
};
const LOGFMT: Format = {
  format: { type: 'logfmt' },
  texts: [
    ['x=1 z="two words"', { x: '1', z: 'two words' }],
    ['n=5', { n: '5' }],
    ['s', { s: true }],
    ['=', undefined],
  ],
};
const JSON_TEXTS: readonly [string, PlainRecord | undefined][] = [
  ['{"x":1,"z":{"a":[1]}}', { x: 1, z: { a: [1] } }],
  ['{ "s" : "é\\"" }', { s: 'é"' }],
  ['{}', {}],
  ['{"m":1}', { m: 1 }],
  [String.raw`{"\u0073":1, "x\n":2}`, { s: 1, 'x\n': 2 }],
  ['7', { message: 7 }],
  ['[1]', { message: [1] }],
  ['{', undefined],
];
const JSON_FORMAT: Format = { format: { type: 'json' }, texts: JSON_TEXTS };

/** What `parse` means, one plain object after another. */
function reference(
  record: PlainRecord,
  field: string,
  parsed: PlainRecord,
  keepSource: boolean,
): PlainRecord {
  const { [field]: _, ...rest } = record;
  return { ...(keepSource ? record : rest), ...parsed };
}

const field = fc.constantFrom('m', 'message', 'log');

describe.each([CSV, REGEX, LOGFMT, JSON_FORMAT])('parse $format.type', ({ format, texts }) => {
  it('adds what the text holds to the record, in any layout and whatever is wanted', () => {
    const input = records.chain((all) =>
      fc.tuple(...all.map((record) => fc.tuple(fc.constant(record), fc.option(fc.constantFrom(...texts))))),
    );
    const property = fc.property(
      input,
      layout,
      wanted,
      field,
      fc.boolean(),
      (pairs, lies, names, from, keepSource) => {
        const given = pairs.map(([record, text]) => (text ? { ...record, [from]: text[0] } : record));
        const columns = lies.document ? lies.columns : [...lies.columns, from];
        const config = { field: from, format, keep_source: keepSource };
        const outcome = run(PARSE, config, given, { ...lies, columns }, names);
        const accepted = pairs.flatMap(([, text], row) => (text?.[1] ? [row] : []));
        expect(outcome.passed).toEqual(accepted);
        expect(outcome.records.map((record) => wantedOf(record, names))).toEqual(
          accepted.map((row) =>
            wantedOf(reference(given[row]!, from, pairs[row]![1]![1]!, keepSource), names),
          ),
        );
        const codes = pairs.flatMap(([, text], row) =>
          text?.[1] ? [] : [`${row} ${text ? 'parse_failed' : 'field_missing'}`],
        );
        expect(outcome.failed.map(({ row, code }) => `${row} ${code}`).sort()).toEqual(codes.sort());
        expect(outcome.dropped).toBe(0);
      },
    );
    fc.assert(property, { numRuns: runs(300) });
  });
});

describe('parse', () => {
  it('says what is wrong with the text, and where it was', () => {
    const { failed } = run(PARSE, { field: 'm', format: CSV.format }, [{ m: 'one' }, { m: null }, {}]);
    expect(failed).toEqual([
      { row: 1, code: 'field_missing', message: 'the record has no field "m" to parse' },
      { row: 2, code: 'field_missing', message: 'the record has no field "m" to parse' },
      { row: 0, code: 'parse_failed', message: expect.stringMatching(/^cannot parse the field "m": ./) },
    ]);
  });

  it('gives members of the parsed document to whoever looks into them', () => {
    const names = { names: new Set(['x']), all: true };
    const { batches } = run(
      PARSE,
      { field: 'm', format: { type: 'json' } },
      [{ m: '{"x":1}', a: 2 }],
      undefined,
      names,
    );
    expect(batches[0]!.document!.members.has('x')).toBe(true);
  });

  it('asks for the field, and for what the text may lack', () => {
    const config = { field: 'm', format: CSV.format, keep_source: false };
    expect(PARSE.needs(config, only('z', 'a'))).toEqual(only('z', 'a', 'm'));
    expect(PARSE.needs(config, ALL)).toEqual({ names: new Set(['m', 's', 'z']), all: true });
  });

  it('knows the shape of what it makes', () => {
    const input = {
      fields: new Map([
        ['m', 'text' as const],
        ['s', 'int' as const],
      ]),
      open: false,
    };
    const shape = PARSE.shape({ field: 'm', format: CSV.format, keep_source: false }, input);
    expect([...shape.fields]).toEqual([
      ['s', 'any'],
      ['z', 'text'],
    ]);
    expect(PARSE.shape({ field: 'm', format: { type: 'json' }, keep_source: true }, input)).toEqual({
      ...input,
      open: true,
    });
  });

  it('refuses a format that takes its names from a header line', () => {
    const check = (format: object) => PARSE.check!({ field: 'm', format, keep_source: false });
    expect(check({ type: 'csv', header: true })).toMatchObject([{ field: 'format' }]);
    expect(check({ type: 'csv', header: false })).toMatchObject([{ field: 'format.columns' }]);
    expect(check({ type: 'csv', header: true, columns: ['a'] })).toEqual([]);
  });
});
