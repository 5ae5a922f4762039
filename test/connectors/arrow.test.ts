import * as flechette from '@uwdata/flechette';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrowPayloadWriter, readArrowPayload } from '../../connectors/arrow.js';
import { Arena, attachBatch, detachBatch, Tag, textAt } from '../../src/batch/index.js';
import { absent, batchOf, type Cell, int, json, text } from '../formats/encode.js';
import { runs } from '../support/property.js';

const LONG = 'a text of more than twelve bytes: é';
const double = (number: number): Cell => ({ tag: Tag.DOUBLE, number });

describe('batches as Arrow payloads', () => {
  it('are read by two readers that nobody here wrote', () => {
    const arena = new Arena(1 << 22);
    const documents = ['{"a":1}', undefined, `{"text":"${LONG}"}`];
    const batch = batchOf(
      arena,
      {
        text: [text('short'), text(LONG), absent],
        number: [int(7), double(0.5), absent],
        none: [absent, absent, absent],
      },
      documents,
    );
    const { meta, buffer } = detachBatch(arena, batch);
    const stream = new ArrowPayloadWriter().encode(meta, new Uint8Array(buffer, 0, meta.byteLength)).slice();
    const table = tableFromIPC(stream);
    const other = flechette.tableFromIPC(stream);
    const names = table.schema.fields.map(({ name }) => name);
    expect(names.slice(0, 5)).toEqual(['record', 'position', 'document', 'text', 'number']);
    const decoded = (value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : (value ?? null);
    const columns = (at: (name: string, row: number) => unknown) =>
      names.map((name) => documents.map((_, row) => decoded(at(name, row))));
    const seen = columns((name, row) => table.getChild(name)!.get(row));
    expect(seen.slice(0, 5)).toEqual([
      ['record 0', 'record 1', 'record 2'],
      Array.from(batch.origin.offsets),
      ['{"a":1}', null, `{"text":"${LONG}"}`],
      ['short', LONG, null],
      [7, 0.5, null],
    ]);
    expect(columns((name, row) => other.getChild(name).at(row))).toEqual(seen);
    expect(table.schema.fields[2]!.metadata.get('ARROW:extension:name')).toBe('arrow.json');
  });

  it('come back as they were, one after another through the same writer', () => {
    const cell = fc.oneof(
      fc.string().map(text),
      fc.string({ minLength: 13 }).map(text),
      fc.integer().map(int),
      fc.json().map(json),
      fc.constant(absent),
      fc.constant<Cell>({ tag: Tag.NULL }),
    );
    const rows = fc.array(fc.record({ a: cell, b: cell }), { maxLength: 40 });
    const writer = new ArrowPayloadWriter();
    const property = fc.property(rows, (cells) => {
      const arena = new Arena(1 << 22);
      const columns = { a: cells.map(({ a }) => a), b: cells.map(({ b }) => b) };
      const detached = detachBatch(arena, batchOf(arena, columns));
      const bytes = new Uint8Array(detached.buffer, 0, detached.meta.byteLength);
      const read = readArrowPayload(writer.encode(detached.meta, bytes))!;
      expect(read.meta).toEqual(JSON.parse(JSON.stringify(detached.meta)));
      expect(Buffer.from(read.bytes).equals(Buffer.from(bytes))).toBe(true);
      const buffer = Uint8Array.from(read.bytes).buffer;
      const back = attachBatch(arena, { buffer, meta: read.meta }).columns.get('a')!;
      for (const [row, { tag }] of columns.a.entries()) {
        expect(back.tags[row]).toBe(tag);
        if (tag === Tag.TEXT)
          expect(textAt(arena, back, row)).toBe((columns.a[row] as { text: string }).text);
      }
    });
    fc.assert(property, { numRuns: runs(100) });
  });

  it('are told from other messages', () => {
    expect(readArrowPayload(Buffer.from('{"some":"json"}'))).toBeUndefined();
    expect(readArrowPayload(new Uint8Array(0))).toBeUndefined();
    const arena = new Arena(1 << 20);
    const { meta, buffer } = detachBatch(arena, batchOf(arena, { a: [int(1)] }));
    const whole = new ArrowPayloadWriter().encode(meta, new Uint8Array(buffer, 0, meta.byteLength));
    for (let length = 0; length < whole.length - 8; length++)
      expect(readArrowPayload(whole.subarray(0, length)), `${length}`).toBeUndefined();
  });
});
