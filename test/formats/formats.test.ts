import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMATS, type FormatConfig, type FormatDefinition, formatNamed } from '../../src/formats/index.js';
import { runs } from '../support/property.js';
import { decodeAll, only } from './support.js';

/** Options for formats that need some. */
const OPTIONS: Readonly<Record<string, object>> = {
  csv: { delimiter: ',', header: false, columns: ['a', 'b'] },
  tsv: { header: false, columns: ['a', 'b'] },
  regex: { pattern: '^(?<a>[^ ]*) (?<b>.*)$' },
};
const decoders = FORMATS.filter(({ decoder }) => decoder).map((format) => [format.name, format] as const);

function configOf(format: FormatDefinition): FormatConfig {
  return { ...OPTIONS[format.name], type: format.name };
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
          const decoder = format.decoder!.create(configOf(format));
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
    const { rows, refused, columns } = decodeAll(format.decoder!.create(configOf(format)), []);
    expect([rows, refused]).toEqual([[], []]);
    for (const vector of columns.values()) expect(vector.length).toBe(0);
  });
});

const cases = new URL('../../../shared/conformance/vrl_parsers.json', import.meta.url);
interface Case {
  name: string;
  input: string;
  options: { format?: string; timestamp_format?: string };
  expected: { ok?: Record<string, unknown>; error?: string };
}

const EXCEPTIONS: Readonly<Record<string, string>> = {
  'parse_common_log/log_line_valid_with_timestamp_format':
    'the format has the one timestamp that servers write',
};

/** Which of our formats a case is about: error logs are none of them. */
function formatOf({ name, options }: Case): string | undefined {
  if (name.startsWith('parse_common_log/')) return 'common';
  if (!name.startsWith('parse_apache_log/') || options.format === 'error') return undefined;
  return options.format;
}

function plain(expected: Record<string, unknown>): Record<string, unknown> {
  const { message: _request, timestamp, ...rest } = expected; // the request as a whole is no field of ours
  if (timestamp === undefined) return rest;
  const { $timestamp: iso } = timestamp as { $timestamp: string };
  return { ...rest, timestamp: { micros: Date.parse(iso) * 1000 } };
}

describe.skipIf(!existsSync(cases))('access logs, the shared cases', () => {
  const all = existsSync(cases) ? (JSON.parse(readFileSync(cases, 'utf8')) as Case[]) : [];
  const ours = all
    .filter((item) => formatOf(item) && !EXCEPTIONS[item.name])
    .map((item) => [item.name, item] as const);
  it.each(ours)('%s', (_name, item) => {
    const format = formatNamed(formatOf(item)!)!;
    const row = decodeAll(format.decoder!.create({ type: format.name }), [item.input]).rows[0];
    if (item.expected.ok) expect(row).toEqual(plain(item.expected.ok));
    else expect(row).toBeTypeOf('string');
  });

  // NGINX's combined format is the same, but the function calls some fields otherwise and keeps "-".
  const nginx = all.filter(
    (item) => item.name.startsWith('parse_nginx_log/') && item.options.format === 'combined',
  );
  it.each(nginx.map((item) => [item.name, item] as const))('%s', (_name, { input, expected }) => {
    const { client, timestamp, status, size, user, agent } = expected.ok as Record<string, unknown>;
    const row = decodeAll(formatNamed('combined')!.decoder!.create({ type: 'combined' }), [input]).rows[0];
    const dash = (value: unknown) => (value === '-' ? undefined : value);
    const wanted = {
      host: client,
      status,
      size,
      user: dash(user),
      agent: dash(agent),
      ...plain({ timestamp }),
    };
    expect(row).toMatchObject(JSON.parse(JSON.stringify(wanted)) as object);
  });
});
