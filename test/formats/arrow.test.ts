import * as flechette from '@uwdata/flechette';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, type Batch, type Shape, Tag } from '../../src/batch/index.js';
import { ARROW_FORMAT } from '../../src/formats/arrow/index.js';
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

/** The whole stream of some batches that lie in one arena. */
async function streamOf(arena: Arena, shape: Shape, ...batches: Batch[]): Promise<Uint8Array> {
  const encoder = await encoderOf(ARROW_FORMAT, {}, shape);
  const messages = batches.map((batch) => encodeBytes(encoder, batch, arena));
  return Buffer.concat([encoder.header!, ...messages, encoder.footer!]);
}

/** The rows as two independent readers see them, columns in order. */
function readBoth(stream: Uint8Array): { apache: unknown[][]; flechette: unknown[][] } {
  const table = tableFromIPC(stream);
  const names = table.schema.fields.map(({ name }) => name);
  const other = flechette.tableFromIPC(stream, { useBigInt: true });
  const plain = (value: unknown) => (typeof value === 'bigint' ? Number(value) : (value ?? null));
  const rowsOf = (at: (name: string, row: number) => unknown, rows: number) =>
    Array.from({ length: rows }, (_, row) => names.map((name) => plain(at(name, row))));
  return {
    apache: rowsOf((name, row) => table.getChild(name)!.get(row), table.numRows),
    flechette: rowsOf((name, row) => other.getChild(name).at(row), other.numRows),
  };
}

describe('arrow', () => {
  it('gives each kind its type, and both readers the same values', async () => {
    const arena = new Arena(1 << 22);
    const none: Cell = { tag: Tag.NULL };
    const batch = batchOf(arena, {
      text: [text('short'), text('a text of more than twelve bytes: é'), absent, none],
      int: [int(200), { tag: Tag.BIGINT, text: '9007199254740993' }, json('-7'), json('"x"')],
      double: [{ tag: Tag.DOUBLE, number: 0.5 }, int(3), json('1e3'), absent],
      bool: [{ tag: Tag.BOOL, number: 1 }, { tag: Tag.BOOL, number: 0 }, json('true'), absent],
      time: [{ tag: Tag.TIMESTAMP, number: 1e15 }, absent, none, { tag: Tag.TIMESTAMP, number: -1e6 }],
      any: [text('say "hi"'), int(5), json('{"a": [1, 2]}'), none],
    });
    const stream = await streamOf(arena, KINDS, batch);
    const { apache, flechette: other } = readBoth(stream);
    expect(apache).toEqual([
      ['short', 200, 0.5, true, 1e12, '"say \\"hi\\""'],
      ['a text of more than twelve bytes: é', Number(9007199254740993n), 3, false, null, '5'],
      [null, -7, 1000, true, null, '{"a": [1, 2]}'],
      [null, null, null, null, -1000, 'null'],
    ]);
    expect(other).toEqual(apache);
    expect(tableFromIPC(stream).getChild('int')!.get(1)).toBe(9007199254740993n);
    const types = tableFromIPC(stream).schema.fields.map((field) => String(field.type));
    expect(types).toEqual([
      'Utf8View',
      'Int64',
      'Float64',
      'Bool',
      'Timestamp<MICROSECOND, UTC>',
      'Utf8View',
    ]);
    expect(tableFromIPC(stream).schema.fields[5]!.metadata.get('ARROW:extension:name')).toBe('arrow.json');
  });

  it('puts what no column names into the last one, as JSON', async () => {
    const arena = new Arena(1 << 22);
    const shape: Shape = { ...OPEN, fields: new Map([['level', 'text']]) };
    const batch = batchOf(
      arena,
      { level: [text('info'), absent, absent], extra: [int(1), absent, text('x')] },
      ['{"a": 1, "gone": 2, "level": "old", "b": {"c": "}"}}', '42', undefined],
      ['gone'],
    );
    expect(readBoth(await streamOf(arena, shape, batch)).flechette).toEqual([
      ['info', '{"a": 1,"b": {"c": "}"},"extra":1}'],
      [null, '{"message":42}'],
      [null, '{"extra":"x"}'],
    ]);
    const { wanted } = ARROW_FORMAT.encoder!;
    expect(wanted({ type: 'arrow' }, shape)).toEqual({ names: new Set(['level']), all: true });
    expect(wanted({ type: 'arrow' }, KINDS)).toEqual(only(...KINDS.fields.keys()));
    expect(() => wanted({ type: 'arrow' }, { fields: new Map([['document', 'any']]), open: true })).toThrow(
      'rename it',
    );
  });

  it('writes bytes that are no UTF-8 as replacement characters, each value for itself', async () => {
    const arena = new Arena(1 << 22);
    const halves = [Uint8Array.of(0xc3), Uint8Array.of(0xa9), Buffer.from('é and more than twelve')];
    const shape: Shape = { fields: new Map([['t', 'text']]), open: false };
    const batch = batchOf(arena, { t: halves.map((half) => text(half)) });
    expect(readBoth(await streamOf(arena, shape, batch)).flechette).toEqual([
      ['\ufffd'],
      ['\ufffd'],
      ['é and more than twelve'],
    ]);
  });

  it('is a stream of any number of batches', async () => {
    const shape: Shape = {
      fields: new Map([
        ['t', 'text'],
        ['n', 'int'],
      ]),
      open: false,
    };
    const rows = fc.array(
      fc.tuple(fc.option(fc.string({ unit: 'grapheme', maxLength: 20 })), fc.option(fc.maxSafeInteger())),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { maxLength: 4 }), async (batches) => {
        const arena = new Arena(1 << 22);
        const built = batches.map((batch) =>
          batchOf(arena, {
            t: batch.map(([t]) => (t === null ? absent : text(t))),
            n: batch.map(([, n]) => (n === null ? absent : int(n))),
          }),
        );
        const { apache, flechette: other } = readBoth(await streamOf(arena, shape, ...built));
        expect(apache).toEqual(batches.flat());
        expect(other).toEqual(apache);
      }),
      { numRuns: runs(60) },
    );
  });
});
