import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMATS, type FormatConfig, type FormatDefinition, formatNamed } from '../../src/formats/index.js';
import { configOf } from '../suites/records.js';
import { runs } from '../support/property.js';
import { decodeAll, only } from './support.js';

/** Options for formats that need some. */
const OPTIONS: Readonly<Record<string, object>> = {
  csv: { delimiter: ',', header: false, columns: ['a', 'b'] },
  tsv: { header: false, columns: ['a', 'b'] },
  regex: { pattern: '^(?<a>[^ ]*) (?<b>.*)$' },
  grok: { pattern: ['^(?<a>[^ ]*) (?<b>\\S+)$', '%{INT:n:int}.%{DATA:[c][d]}"'] },
};
const decoders = FORMATS.filter(({ decoder }) => decoder).map((format) => [format.name, format] as const);

function configFor(format: FormatDefinition): FormatConfig {
  return configOf(format.name, OPTIONS[format.name]);
}

const record = fc
  .oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .string({
        unit: fc.constantFrom('"', '\\', ' ', '=', ',', '\t', '{', '}', ':', 'a', '1', '-', '[', ']', 'é'),
        maxLength: 60,
      })
      .map((text) => Buffer.from(text)),
    fc.constantFrom(
      Buffer.from('{"a": 1, "b": "x"}'),
      Buffer.from('a=1 b=2'),
      Buffer.from('a,b'),
      Buffer.from('a\tb'),
      Buffer.from('1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "-"'),
    ),
  )
  .map((bytes) => bytes.map((byte) => (byte === 10 ? 32 : byte)));

describe('every format', () => {
  it('has a name of its own, by which it is found, and fields with summaries', () => {
    expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length);
    for (const format of FORMATS) {
      expect(formatNamed(format.name)).toBe(format);
      for (const field of format.fields) expect(field.summary).toMatch(/\.$/);
    }
    expect(formatNamed('nothing')).toBeUndefined();
  });

  it.each(decoders)(
    '%s never throws, loses no record and keeps records apart, whatever the bytes',
    (_name, format) => {
      fc.assert(
        fc.property(fc.array(record, { maxLength: 8 }), (records) => {
          const decoder = format.decoder!.create(configFor(format));
          const { rows, refused } = decodeAll(decoder, records);
          expect(rows).toHaveLength(records.length);
          const refusedRows = refused.map(({ row }) => row);
          expect(refusedRows).toEqual([...new Set(refusedRows)].sort((a, b) => a - b));
          for (const { message } of refused) expect(message).toMatch(/\S/);
          records.forEach((bytes, row) => {
            expect(decodeAll(decoder, [bytes]).rows[0]).toEqual(rows[row]);
          });
          expect(
            decodeAll(decoder, records, { wanted: only('a', 'host') }).refused.map(({ row }) => row),
          ).toEqual(refusedRows);
        }),
        { numRuns: runs(100) },
      );
    },
  );

  it.each(decoders)('%s decodes no records to no rows', (_name, format) => {
    const { rows, refused, columns } = decodeAll(format.decoder!.create(configFor(format)), []);
    expect([rows, refused]).toEqual([[], []]);
    for (const vector of columns.values()) expect(vector.length).toBe(0);
  });
});
