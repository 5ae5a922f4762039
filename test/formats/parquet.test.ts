import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { Arena, type Shape, Tag } from '../../src/batch/index.js';
import type { Written } from '../../src/formats/index.js';
import { PARQUET_FORMAT } from '../../src/formats/parquet/index.js';
import { runs } from '../support/property.js';
import { absent, batchOf, type Cell, encodeBytes, encoderOf, int, json, OPEN, text } from './encode.js';
import { only } from './support.js';

const KINDS: Shape = {
  fields: new Map([
    ['text', 'text'],
    ['int', 'int'],
    ['double', 'double'],
    ['bool', 'bool'],
    ['time', 'timestamp'],
    ['any', 'any'],
  ]),
  open: false,
};

/** Some rows, column by column. */
type Columns = Readonly<Record<string, readonly Cell[]>>;

/** A whole file with a row group for each of the batches. */
async function fileOf(batches: readonly Columns[], shape = KINDS, codec = 'gzip'): Promise<ArrayBuffer> {
  const encoder = await encoderOf(PARQUET_FORMAT, { codec }, shape);
  const groups = batches.map((columns) => {
    const arena = new Arena(1 << 24);
    return encodeBytes(encoder, batchOf(arena, columns), arena);
  });
  const body = Buffer.concat([encoder.header!, ...groups]);
  const written: Written = {
    length: body.length,
    read: async (into, position) =>
      body.copy(into, 0, position, Math.min(position + into.length, position + 1000)),
  };
  return new Uint8Array(Buffer.concat([body, await encoder.footerOf!(written)])).buffer;
}

const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };
const compressors = {
  GZIP: (bytes: Uint8Array) => zlib.gunzipSync(bytes),
  ...(zstdDecompressSync && { ZSTD: zstdDecompressSync }),
};

/** As another implementation reads it. */
async function rowsOf(file: ArrayBuffer): Promise<Record<string, unknown>[]> {
  return (await parquetReadObjects({ file, compressors, utf8: true })) as Record<string, unknown>[];
}

const none: Cell = { tag: Tag.NULL };

describe('parquet', () => {
  it.each(['none', 'gzip'])('gives each kind its type, and another reader the values (%s)', async (codec) => {
    const columns: Columns = {
      text: [text('short'), text('é'), absent, none],
      int: [int(-200), { tag: Tag.BIGINT, text: '9007199254740993' }, json('7'), json('"x"')],
      double: [{ tag: Tag.DOUBLE, number: 0.5 }, int(3), json('1e3'), absent],
      bool: [{ tag: Tag.BOOL, number: 1 }, { tag: Tag.BOOL, number: 0 }, json('true'), absent],
      time: [{ tag: Tag.TIMESTAMP, number: 1e15 }, absent, none, { tag: Tag.TIMESTAMP, number: -1e6 }],
      any: [text('say "hi"'), int(5), json('{"a": [1, 2]}'), absent],
    };
    const file = await fileOf([columns], KINDS, codec);
    expect(await rowsOf(file)).toEqual([
      { text: 'short', int: -200n, double: 0.5, bool: true, time: new Date(1e12), any: 'say "hi"' },
      { text: 'é', int: 9007199254740993n, double: 3, bool: false, time: null, any: 5 },
      { text: null, int: 7n, double: 1000, bool: true, time: null, any: { a: [1, 2] } },
      { text: null, int: null, double: null, bool: null, time: new Date(-1000), any: null },
    ]);
    const { schema, row_groups: groups, num_rows: rows } = parquetMetadata(file);
    expect(rows).toBe(4n);
    expect(schema.slice(1).map(({ logical_type: type }) => type?.type)).toEqual([
      'STRING',
      undefined,
      undefined,
      undefined,
      'TIMESTAMP',
      'JSON',
    ]);
    const { statistics } = groups[0]!.columns[1]!.meta_data!;
    expect(statistics).toMatchObject({ null_count: 1n, min_value: -200n, max_value: 9007199254740993n });
  });

  it('is read back by another implementation as it was written, in any number of row groups', async () => {
    const word = fc.oneof(fc.constantFrom('GET', 'POST', ''), fc.string({ unit: 'grapheme', maxLength: 90 }));
    const row = fc.record({
      text: fc.option(word),
      int: fc.option(fc.maxSafeInteger()),
      double: fc.option(fc.double({ noNaN: true })),
      bool: fc.option(fc.boolean()),
      time: fc.option(fc.integer({ min: -1e9, max: 4e9 })),
    });
    const cells = (rows: readonly { [key: string]: unknown }[]): Columns => ({
      text: rows.map(({ text: value }) => (value === null ? none : text(value as string))),
      int: rows.map(({ int: value }) => (value === null ? none : int(value as number))),
      double: rows.map(({ double }) =>
        double === null ? none : { tag: Tag.DOUBLE, number: double as number },
      ),
      bool: rows.map(({ bool }) => (bool === null ? none : { tag: Tag.BOOL, number: Number(bool) })),
      time: rows.map(({ time }) =>
        time === null ? none : { tag: Tag.TIMESTAMP, number: (time as number) * 1e6 },
      ),
      any: rows.map(() => none),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { maxLength: 4 }),
        async (batches) => {
          const expected = batches.flat().map((one) => ({
            ...one,
            int: one.int === null ? null : BigInt(one.int),
            time: one.time === null ? null : new Date(one.time * 1000),
            any: null,
          }));
          expect(await rowsOf(await fileOf(batches.map(cells)))).toEqual(expected);
        },
      ),
      { numRuns: runs(150) },
    );
  });

  it('keeps texts that repeat in a dictionary of any width', async () => {
    for (const distinct of [1, 2, 3, 5, 8, 9, 200, 300, 1000, 5000]) {
      const values = Array.from({ length: distinct * 4 + 3 }, (_, i) => `value ${(i * 7) % distinct}`);
      const cells = values.map((value, i) => (i % 10 === 9 ? none : text(value)));
      const file = await fileOf([{ text: cells }], { fields: new Map([['text', 'text']]), open: false });
      const expected = values.map((value, i) => ({ text: i % 10 === 9 ? null : value }));
      expect(await rowsOf(file), `${distinct}`).toEqual(expected);
      const meta = parquetMetadata(file).row_groups[0]!.columns[0]!.meta_data;
      expect(meta, `${distinct}`).toHaveProperty('dictionary_page_offset');
    }
  });

  it('has bytes that are no UTF-8 as U+FFFD, and all other fields in a last column', async () => {
    const encoder = await encoderOf(PARQUET_FORMAT, {}, OPEN);
    const arena = new Arena(1 << 22);
    const bytes = batchOf(arena, { text: [text(Uint8Array.of(0x61, 0xff))] });
    const group = encodeBytes(encoder, bytes, arena);
    const body = Buffer.concat([encoder.header!, group]);
    const read: Written['read'] = async (into, position) => body.copy(into, 0, position);
    const footer = await encoder.footerOf!({ length: body.length, read });
    const file = new Uint8Array(Buffer.concat([body, footer])).buffer;
    expect(await rowsOf(file)).toEqual([{ document: { text: 'a\ufffd' } }]);
    expect(PARQUET_FORMAT.encoder!.wanted({ type: 'parquet' }, OPEN)).toEqual({ ...only(), all: true });
  });

  it('without records is a file without rows', async () => {
    const file = await fileOf([]);
    expect(await rowsOf(file)).toEqual([]);
    expect(parquetMetadata(file).schema).toHaveLength(7);
  });

  it.skipIf(zstdDecompressSync)('says which Node can write zstd, where this one cannot', async () => {
    await expect(encoderOf(PARQUET_FORMAT, { codec: 'zstd' }, KINDS)).rejects.toMatchObject({
      code: 'unsupported_compression',
      message: expect.stringContaining('22.15'),
    });
  });
});
