import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultsOf } from '../../../src/config/index.js';
import { ENRICH } from '../../../src/transforms/enrich/index.js';
import { runs } from '../../support/property.js';
import { layout, record, wanted } from '../arbitraries.js';
import { ALL, only, type PlainRecord, run, wantedOf } from '../support.js';

const OPTIONS = { file: 'table', key: 's', table_key: 'code', fields: ['title', 'x'] };

let version = 0;
async function tableOf(content: string, options: Readonly<Record<string, unknown>> = {}) {
  const config = { ...defaultsOf(ENRICH.fields), ...OPTIONS, ...options };
  return { version: ++version, content: await ENRICH.resource!(config).build(Buffer.from(content)) };
}

const enrich = (
  table: Awaited<ReturnType<typeof tableOf>>,
  records: readonly PlainRecord[],
  options: object = {},
) => run(ENRICH, { ...OPTIONS, ...options }, records, undefined, ALL, table);

describe('enrich', () => {
  const csv =
    'code,title,x\na,Ä title of more than twelve bytes,1\nb,"two\nlines",\n"","no key",1\na,last,2\r\n';

  it('adds the row of the key, the last one where there are several', async () => {
    const { records, passed } = enrich(await tableOf(csv), [
      { s: 'a', n: 1 },
      { s: 'b', x: 7 },
      { s: 'c', x: 7 },
      { n: 2 },
      { s: null },
      { s: '' },
    ]);
    expect(records).toEqual([
      { s: 'a', n: 1, title: 'last', x: '2' },
      { s: 'b', title: 'two\nlines', x: '' },
      { s: 'c', x: 7 },
      { n: 2 },
      { s: null },
      { s: '' },
    ]);
    expect(passed).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('drops or fails what is in no table, where it is told to', async () => {
    const table = await tableOf(csv);
    const records = [{ s: 'a' }, { s: 'c' }];
    expect(enrich(table, records, { when_unknown: 'drop' })).toMatchObject({
      passed: [0],
      dropped: 1,
      failed: [],
    });
    expect(enrich(table, records, { when_unknown: 'fail' })).toMatchObject({
      passed: [0],
      dropped: 0,
      failed: [{ row: 1, code: 'unknown_key' }],
    });
    expect(enrich(table, [{ n: 1 }], { key: 'size(n)' })).toMatchObject({
      failed: [{ row: 0, code: 'expression_failed' }],
    });
  });

  it('finds numbers by their digits, with any format of the table', async () => {
    const format = { type: 'json' };
    const table = await tableOf('{"code":7,"title":[1,"é"],"x":null}\n{"code":"8","x":true}\n', { format });
    expect(enrich(table, [{ n: 7 }, { n: '8' }, { n: 9 }], { key: 'n', format }).records).toEqual([
      { n: 7, title: [1, 'é'], x: null },
      { n: '8', x: true },
      { n: 9 },
    ]);
  });

  it('takes another table when there is one', async () => {
    expect(enrich(await tableOf('code,title,x\na,1,1\n'), [{ s: 'a' }]).records).toEqual([
      { s: 'a', title: '1', x: '1' },
    ]);
    expect(enrich(await tableOf('code,title,x\nb,1,1\n'), [{ s: 'a' }]).records).toEqual([{ s: 'a' }]);
    expect(enrich(await tableOf('code,title,x\n'), [{ s: 'a' }]).records).toEqual([{ s: 'a' }]);
  });

  it('says what is wrong with a table', async () => {
    await expect(tableOf('code,name\n a,b\n')).rejects.toThrow('the table table: it has no column "title"');
    await expect(tableOf('code,title,x\na,b,c\na,b\n')).rejects.toThrow('row 2 cannot be read: ');
  });

  it('joins tables of many rows as a map would', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      code: `key ${i}`,
      title: `title number ${i} of all`,
      x: i,
    }));
    const table = await tableOf(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), {
      format: { type: 'json' },
    });
    const input = Array.from({ length: 3000 }, (_, i) => ({ s: `key ${(i * 7919) % 25_000}` }));
    const expected = input.map(({ s }) => {
      const { code, ...found } = rows[Number(s.slice(4))] ?? { code: s };
      return { s: code, ...found };
    });
    expect(enrich(table, input, { format: { type: 'json' } }).records).toEqual(expected);
  });

  it('agrees with what it means for plain objects, in any layout', async () => {
    const row = fc.record(
      {
        code: fc.constantFrom<unknown>('short', '', 7, null, true),
        title: fc.constantFrom<unknown>('t', null, 'more than twelve bytes', 1.5, { k: 1 }),
        x: fc.constantFrom<unknown>('x', 3),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const input = fc.array(record, { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(
      fc.array(row, { maxLength: 4 }),
      input,
      layout,
      wanted,
      fc.constantFrom('s', 'n', 'x'),
      fc.constantFrom('', 'p_'),
      async (rows, records, lies, names, key, prefix) => {
        const options = { format: { type: 'json' }, key, prefix };
        const table = await tableOf(rows.map((one) => `${JSON.stringify(one)}\n`).join(''), options);
        const expected = records.map((one) => {
          const value = one[key];
          const text =
            typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
          const { code: _, ...found } = (text !== '' &&
            rows.findLast(({ code }) => String(code ?? '') === text)) || { code: 0 };
          return {
            ...one,
            ...Object.fromEntries(Object.entries(found).map(([name, cell]) => [prefix + name, cell])),
          };
        });
        const outcome = run(ENRICH, { ...OPTIONS, ...options }, records, lies, names, table);
        expect(outcome.records.map((one) => wantedOf(one, names))).toEqual(
          expected.map((one) => wantedOf(one, names)),
        );
      },
    );
    await fc.assert(property, { numRuns: runs(500) });
  });

  it('asks for its key, and where all goes on for what it may leave as it is', () => {
    const options = { ...OPTIONS, prefix: 'p_', format: { type: 'csv' } };
    expect(ENRICH.needs(options, only('n'))).toEqual(only('n', 's'));
    expect(ENRICH.needs(options, ALL)).toEqual({ names: new Set(['s', 'p_title', 'p_x']), all: true });
  });

  it('refuses keys that no column is called as', () => {
    expect(ENRICH.check!({ key: 'a.b', fields: [] }).map(({ field }) => field)).toEqual(['key']);
    expect(ENRICH.check!({ key: 'a', fields: ['b', 'b'] }).map(({ field }) => field)).toEqual(['fields']);
    expect(ENRICH.check!({ key: 'a.b', table_key: 'b', fields: ['b'] })).toEqual([]);
  });
});
