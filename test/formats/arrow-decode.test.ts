import * as flechette from '@uwdata/flechette';
import * as apache from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, type Batch, type Shape, Tag } from '../../src/batch/index.js';
import { ARROW_FORMAT } from '../../src/formats/arrow/index.js';
import { MessageType, messageAt } from '../../src/formats/arrow/message.js';
import { PieceRefused, type Wanted } from '../../src/formats/index.js';
import { runs } from '../support/property.js';
import { absent, batchOf, type Cell, encodeBytes, encoderOf, int, json, text } from './encode.js';
import { ALL, fieldsAt, only, valueAt } from './support.js';

interface Read {
  readonly rows: Record<string, unknown>[];
  /** What each record is for dead letters. */
  readonly lines: string[];
}

const arena = new Arena(1 << 24);

/** Reads a stream or a file as a source and a thread do together, `window` records at a time. */
function read(stream: Uint8Array, wanted: Wanted = ALL, window = 1000): Read {
  const decoder = ARROW_FORMAT.decoder!.createForPieces!({ type: 'arrow' });
  const isFile = Buffer.from(stream.subarray(0, 6)).toString() === 'ARROW1';
  let end = messageAt(stream, isFile ? 8 : 0, stream.length)!.end;
  while (messageAt(stream, end, stream.length)?.type === MessageType.DICTIONARY)
    end = messageAt(stream, end, stream.length)!.end;
  const partition = { source: 'in', name: 'x.arrow', preamble: stream.slice(0, end) };
  const [rows, lines]: [Record<string, unknown>[], string[]] = [[], []];
  for (let at = end; at < stream.length; ) {
    arena.reset();
    const base = arena.place(stream.subarray(end));
    const start = base + at - end;
    const piece = { ...decoder.pieceAt(arena.bytes, start, base + stream.length - end), offset: at };
    for (let from = 0; from < piece.records; from += window) {
      const to = Math.min(piece.records, from + window);
      const { columns, document, records, refused } = decoder.decode(
        arena,
        piece,
        { from, to },
        wanted,
        partition,
        0,
      );
      if (refused.length > 0 || records.count !== to - from) throw new Error('not all records are there');
      for (let row = 0; row < to - from; row++) {
        const members = document && (valueAt(arena, document.vector, row) as object);
        rows.push({ ...members, ...fieldsAt(arena, columns, row) });
        const place = records.starts[row]!;
        lines.push(Buffer.from(arena.bytes.slice(place, place + records.lengths[row]!)).toString());
        if (records.offsets[row] !== at + from + row) throw new Error(`row ${row} has another position`);
      }
    }
    at += piece.end - start;
  }
  return { rows, lines };
}

async function streamOf(shape: Shape, arena: Arena, ...batches: Batch[]): Promise<Uint8Array> {
  const encoder = await encoderOf(ARROW_FORMAT, {}, shape);
  const messages = batches.map((batch) => encodeBytes(encoder, batch, arena));
  return new Uint8Array(Buffer.concat([encoder.header!, ...messages, encoder.footer!]));
}

const shapeOf = (fields: Record<string, string>, open = false): Shape => ({
  fields: new Map(Object.entries(fields)) as Shape['fields'],
  open,
});

const none: Cell = { tag: Tag.NULL };

describe('what arrow writes', () => {
  it('it reads back, and flechette agrees', async () => {
    const kinds = shapeOf({ t: 'text', i: 'int', d: 'double', b: 'bool', at: 'timestamp', any: 'any' });
    const cells = {
      t: fc.oneof(fc.constant(none), fc.string({ unit: 'grapheme', maxLength: 40 }).map(text)),
      i: fc.oneof(
        fc.constant(none),
        fc.maxSafeInteger().map(int),
        fc
          .bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n })
          .map((n): Cell => ({ tag: Tag.BIGINT, text: String(n) })),
      ),
      d: fc.oneof(
        fc.constant(none),
        fc.double({ noNaN: true }).map((number): Cell => ({ tag: Tag.DOUBLE, number })),
      ),
      b: fc.oneof(
        fc.constant(none),
        fc.nat(1).map((number): Cell => ({ tag: Tag.BOOL, number })),
      ),
      at: fc.oneof(
        fc.constant(none),
        fc.integer({ min: -(2 ** 51), max: 2 ** 51 }).map((number): Cell => ({ tag: Tag.TIMESTAMP, number })),
      ),
      any: fc.oneof(
        fc.constant(absent),
        fc.jsonValue().map((value) => json(JSON.stringify(value))),
      ),
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.record(cells), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 30 }),
        async (batches, window) => {
          const arena = new Arena(1 << 24);
          const made = batches.map((rows) =>
            batchOf(
              arena,
              Object.fromEntries(
                Object.keys(cells).map((name) => [name, rows.map((row) => row[name as 't'])]),
              ),
            ),
          );
          const stream = await streamOf(kinds, arena, ...made);
          const expected = made.flatMap((batch) =>
            Array.from({ length: batch.rows }, (_, row) => ({
              any: null,
              ...fieldsAt(arena, batch.columns, row),
            })),
          );
          const { rows } = read(stream, ALL, window);
          expect(rows).toEqual(expected);
          const other = flechette.tableFromIPC(stream, { useBigInt: true });
          expect([...other.getChild('t')]).toEqual(rows.map((row) => row.t));
          expect([...other.getChild('i')].map(String)).toEqual(rows.map((row) => String(row.i)));
        },
      ),
      { numRuns: runs(150) },
    );
  });

  it('has all its fields again, those that only the data knew among them', async () => {
    const arena = new Arena(1 << 22);
    const batch = batchOf(arena, { level: [text('info'), text('error')], extra: [int(1), absent] }, [
      '{"a":{"b":[1,2]},"n":123456789012345}',
      '{}',
    ]);
    const stream = await streamOf(shapeOf({ level: 'text' }, true), arena, batch);
    const { rows, lines } = read(stream);
    expect(rows).toEqual([
      { a: { b: [1, 2] }, n: 123456789012345, extra: 1, level: 'info' },
      { level: 'error' },
    ]);
    expect(lines[0]).toBe('{"a":{"b":[1,2]},"n":123456789012345,"extra":1,"level":"info"}');
    expect(read(stream, only('n', 'level')).rows).toEqual([
      { n: 123456789012345, level: 'info' },
      { level: 'error' },
    ]);
  });
});

describe('arrow of other writers', () => {
  const { Field, Schema, RecordBatch, Table, makeData, Struct, vectorFromArray, tableToIPC } = apache;

  function tableOf(columns: Record<string, apache.Vector>): apache.Table {
    return new Table(columns as never);
  }

  /** The library leaves the schema of a file out of where it has to stand, so it is put together of a stream and a footer. */
  function fileOf(table: apache.Table): Uint8Array {
    const file = Buffer.from(tableToIPC(table, 'file'));
    const footerBytes = file.readInt32LE(file.length - 10) + 10;
    const parts = [Buffer.from('ARROW1\0\0'), tableToIPC(table, 'stream'), file.subarray(-footerBytes)];
    return new Uint8Array(Buffer.concat(parts));
  }

  it.each(['stream', 'file'] as const)('is read whatever its types (%s)', (kind) => {
    const nested = new apache.Struct([
      new Field('n', new apache.Int32(), true),
      new Field('l', new apache.List(new Field('item', new apache.Utf8(), true)), true),
    ]);
    const table = tableOf({
      i8: vectorFromArray([1, null, -3], new apache.Int8()),
      u32: vectorFromArray([4294967295, 0, null], new apache.Uint32()),
      u64: vectorFromArray([2n ** 64n - 1n, 1n, null], new apache.Uint64()),
      f32: vectorFromArray([0.5, null, -1], new apache.Float32()),
      utf8: vectorFromArray(['short', 'a text of more than twelve bytes', null], new apache.Utf8()),
      large: vectorFromArray(['é', '', null], new apache.LargeUtf8()),
      dict: vectorFromArray(['x', 'y', 'x'], new apache.Dictionary(new apache.Utf8(), new apache.Int8())),
      day: vectorFromArray([new Date('2026-05-17'), null, new Date(0)], new apache.DateDay()),
      sec: vectorFromArray([1000, null, 0], new apache.TimestampSecond()),
      nested: vectorFromArray([{ n: 1, l: ['a', null] }, null, { n: null, l: [] }], nested),
      nothing: vectorFromArray([null, null, null], new apache.Null()),
    });
    const { rows, lines } = read(kind === 'file' ? fileOf(table) : tableToIPC(table, 'stream'), ALL, 2);
    expect(rows[0]).toMatchObject({
      ...{ i8: 1, u32: 4294967295, u64: 2n ** 64n - 1n, f32: 0.5, utf8: 'short', large: 'é', dict: 'x' },
      ...{ nested: { n: 1, l: ['a', null] }, nothing: null, day: { micros: Date.UTC(2026, 4, 17) * 1000 } },
    });
    expect(rows[1]).toMatchObject({
      i8: null,
      u32: 0,
      u64: 1,
      f32: null,
      large: '',
      dict: 'y',
      day: null,
      nested: null,
    });
    expect(rows[2]).toMatchObject({ i8: -3, u64: null, utf8: null, dict: 'x', nested: { n: null, l: [] } });
    expect(JSON.parse(lines[2]!)).toMatchObject({
      i8: -3,
      dict: 'x',
      nested: { n: null, l: [] },
      day: '1970-01-01T00:00:00Z',
    });
  });

  it('is refused with the column and what can be read, where a type cannot be', () => {
    const table = tableOf({ ok: vectorFromArray([1]), span: vectorFromArray([5], new apache.TimeSecond()) });
    expect(() => read(tableToIPC(table, 'stream'))).toThrow(
      'the column "span" is of the type Time32<SECOND>, which cannot be read: expected texts, bytes, numbers',
    );
  });

  it('of JSON that is none keeps it as text', () => {
    const type = new apache.Utf8();
    const field = new Field('j', type, true, new Map([['ARROW:extension:name', 'arrow.json']]));
    const { data } = vectorFromArray(['{"a":1}', '{oops', null], type);
    const schema = new Schema([field]);
    const batch = new RecordBatch(
      schema,
      makeData({ type: new Struct([field]), length: 3, nullCount: 0, children: [...data] }),
    );
    expect(read(tableToIPC(new Table(schema, batch), 'stream')).rows).toEqual([
      { j: { a: 1 } },
      { j: '{oops' },
      { j: null },
    ]);
  });

  it('that is damaged anywhere is refused, or read as something: nothing else happens', async () => {
    const arena = new Arena(1 << 22);
    const batch = batchOf(arena, {
      t: [text('a text of more than twelve bytes'), text('x'), none],
      i: [int(1), none, int(3)],
      any: [json('{"a":1}'), json('[1]'), absent],
    });
    const stream = await streamOf(shapeOf({ t: 'text', i: 'int', any: 'any' }), arena, batch);
    const schemaEnd = messageAt(stream, 0, stream.length)!.end;
    fc.assert(
      fc.property(fc.integer({ min: schemaEnd, max: stream.length - 9 }), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(stream);
        damaged[at] = byte;
        try {
          for (const line of read(damaged).lines) JSON.parse(line);
        } catch (error) {
          if (!(error instanceof PieceRefused)) throw error;
        }
      }),
      { numRuns: runs(50_000) },
    );
  });
});
