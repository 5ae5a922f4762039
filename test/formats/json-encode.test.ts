import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArenaFull,
  ArenaWriter,
  type Batch,
  constantNumber,
  constantText,
  type Document,
  gatherRows,
  Tag,
  type Vector,
} from '../../src/batch/index.js';
import { JSON_FORMAT } from '../../src/formats/json/index.js';
import { runs } from '../support/property.js';
import { arena, bytesOf, decode, partition, wantedAll } from './json-fixture.js';

/** A batch of decoded records. */
function batchOf(records: readonly (string | Uint8Array)[], changes: Partial<Batch> = {}): Batch {
  const { document, records: origin } = decode(records, wantedAll());
  return {
    rows: records.length,
    columns: new Map(),
    document,
    origin,
    untouched: undefined,
    partition,
    readAtMs: 0,
    ...changes,
  };
}

function hiding(document: Document | undefined, ...names: string[]): Document {
  return { vector: document!.vector, members: new Map(), hidden: new Set(names) };
}

const encoder = JSON_FORMAT.encoder!.create({ type: 'json' }, { fields: new Map(), open: true });

function encodedBytes(batch: Batch): Uint8Array {
  const writer = new ArenaWriter(arena);
  writer.begin();
  encoder.encode(batch, writer);
  const { start, end } = writer.end();
  return arena.bytes.slice(start, end);
}

const encoded = (batch: Batch): string => Buffer.from(encodedBytes(batch)).toString();

/** A column of one row. */
function cell(tag: Tag, value: number): Vector {
  return constantNumber(arena, tag, value, 1);
}

function fields(columns: Record<string, () => Vector>): string {
  arena.reset();
  const origin = { count: 1, starts: arena.int32(1), lengths: arena.int32(1), offsets: arena.float64(1) };
  const made = new Map(Object.entries(columns).map(([name, make]) => [name, make()]));
  const batch = {
    rows: 1,
    columns: made,
    document: undefined,
    origin,
    untouched: undefined,
    partition,
    readAtMs: 0,
  };
  return encoded(batch);
}

describe('encoding JSON', () => {
  it('copies the bytes of records that nobody touched', () => {
    const records = ['{"a": 1 }', ' [1]  ', '{"b":"\\u0041"}', '7'];
    const batch = batchOf(records, { untouched: 'json' });
    expect(encoded(batch)).toBe(`${records.join('\n')}\n`);
    const rows = arena.int32(3);
    rows.set([0, 2, 3]);
    expect(encoded(gatherRows(arena, batch, rows, 3))).toBe('{"a": 1 }\n{"b":"\\u0041"}\n7\n');
  });

  it('writes every kind of value', () => {
    expect(
      fields({
        text: () => constantText(arena, bytesOf('a "b"\\\n\u0001é'), 1),
        json: () => constantText(arena, bytesOf('{"x": 1.50}'), 1, Tag.JSON),
        int: () => cell(Tag.INT, -42),
        double: () => cell(Tag.DOUBLE, 0.1),
        whole: () => cell(Tag.DOUBLE, 3),
        nan: () => cell(Tag.DOUBLE, Number.NaN),
        infinite: () => cell(Tag.DOUBLE, Number.NEGATIVE_INFINITY),
        yes: () => cell(Tag.BOOL, 1),
        no: () => cell(Tag.BOOL, 0),
        nothing: () => cell(Tag.NULL, 0),
        absent: () => cell(Tag.ABSENT, 0),
        time: () => cell(Tag.TIMESTAMP, 1_431_857_103e6),
        big: () => ({ ...constantText(arena, bytesOf('123456789012345678901'), 1), uniform: Tag.BIGINT }),
        failed: () => cell(Tag.ERROR, 0),
        'a "key"\n': () => cell(Tag.INT, 1),
      }),
    ).toBe(
      '{"text":"a \\"b\\"\\\\\\n\\u0001é","json":{"x": 1.50},"int":-42,"double":0.1,"whole":3,"nan":null,"infinite":null,' +
        '"yes":true,"no":false,"nothing":null,"time":"2015-05-17T10:05:03Z","big":123456789012345678901,"failed":null,' +
        '"a \\"key\\"\\n":1}\n',
    );
  });

  it('writes {} for rows without fields', () => {
    expect(fields({ absent: () => cell(Tag.ABSENT, 0) })).toBe('{}\n');
    const batch = batchOf(['{"a":1}', '{}', '7']);
    expect(encoded({ ...batch, document: hiding(batch.document, 'a', 'message') })).toBe('{}\n{}\n{}\n');
  });

  it('leaves hidden members out, however often and however they are written', () => {
    const batch = batchOf([
      '{"a":1,"b":2,"c":3}',
      '{ "a" : 1 , "b" : {"a":[1]} , "a":"," }',
      '{"\\u0061":1,"b":"\\\\"}',
      '{"a":[{"b":1}],"c":{}}',
      '"a"',
    ]);
    expect(encoded({ ...batch, document: hiding(batch.document, 'a') })).toBe(
      '{"b":2,"c":3}\n{"b" : {"a":[1]}}\n{"b":"\\\\"}\n{"c":{}}\n{"message":"a"}\n',
    );
    expect(encoded({ ...batch, document: hiding(batch.document, 'b') }).split('\n')[0]).toBe('{"a":1,"c":3}');
  });

  it('puts columns after the members that are left', () => {
    const batch = batchOf(['{"a":1, "b":2 }', '{ }', '[1]']);
    const columns = new Map([['n', constantNumber(arena, Tag.INT, 5, 3)]]);
    expect(encoded({ ...batch, columns })).toBe('{"a":1, "b":2,"n":5}\n{"n":5}\n{"message":[1],"n":5}\n');
    expect(encoded({ ...batch, columns, document: hiding(batch.document, 'a', 'message') })).toBe(
      '{"b":2,"n":5}\n{"n":5}\n{"n":5}\n',
    );
  });

  it('says that a batch needs more room instead of writing over what it borrowed', () => {
    const batch = batchOf(['{"a":1,"b":2}']);
    const document = hiding(batch.document, 'a');
    const top = arena.top;
    for (let free = 64; free <= 16 * 1024; free += 64) {
      arena.reset(arena.capacity - free);
      try {
        expect(encoded({ ...batch, document })).toBe('{"b":2}\n');
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaFull);
      }
    }
    arena.reset(top);
  });
});

describe('any JSON value', () => {
  const values = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 });

  it('comes out as it came in, byte for byte', () => {
    fc.assert(
      fc.property(values, (list) => {
        const texts = list.map((value) => JSON.stringify(value));
        const expected = texts
          .map((text, i) => (isObject(list[i]) ? text : `{"message":${text}}`))
          .join('\n');
        expect(encoded(batchOf(texts))).toBe(`${expected}\n`.toWellFormed());
        expect(encoded(batchOf(texts, { untouched: 'json' }))).toBe(`${texts.join('\n')}\n`.toWellFormed());
      }),
      { numRuns: runs(500) },
    );
  });

  it('keeps all members but the hidden ones, and gets the columns', () => {
    const key: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', 'é', '"', '\\', '');
    const object = fc.dictionary(key, fc.jsonValue());
    fc.assert(
      fc.property(
        fc.array(object, { minLength: 1, maxLength: 5 }),
        fc.uniqueArray(key),
        fc.nat(2),
        (list, hidden, indent) => {
          const batch = batchOf(list.map((value) => JSON.stringify(value, null, indent)));
          const columns = new Map([['column', constantNumber(arena, Tag.INT, 7, list.length)]]);
          const lines = encoded({ ...batch, columns, document: hiding(batch.document, ...hidden) })
            .trimEnd()
            .split('\n');
          expect(lines.length).toBe(list.length);
          lines.forEach((line, row) => {
            const left = Object.entries(list[row]!).filter(([name]) => !hidden.includes(name));
            const expected = Object.fromEntries([...left, ['column', 7]]);
            expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(expected).toWellFormed()));
          });
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('survives as a text column', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = fields({ text: () => constantText(arena, bytesOf(text), 1) });
        expect(line.endsWith('\n') && line.indexOf('\n') === line.length - 1).toBe(true);
        expect(JSON.parse(line)).toEqual({ text: text.toWellFormed() });
      }),
    );
  });

  it('keeps bytes that are no UTF-8', () => {
    const record = Uint8Array.from([...bytesOf('{"a":1,"b":"'), 0xff, 0xc0, ...bytesOf('"}')]);
    const batch = batchOf([record]);
    expect([...encodedBytes({ ...batch, document: hiding(batch.document, 'a') })]).toEqual([
      ...bytesOf('{"b":"'),
      ...[0xff, 0xc0],
      ...bytesOf('"}\n'),
    ]);
  });
});

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
