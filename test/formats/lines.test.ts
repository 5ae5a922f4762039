import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, gatherRows, Tag } from '../../src/batch/index.js';
import { FieldError } from '../../src/config/fields.js';
import { LINES_FORMAT } from '../../src/formats/lines.js';
import { runs } from '../support/property.js';
import {
  absent,
  batchOf,
  encodeBytes,
  encoderOf,
  encodeText,
  int,
  json,
  OPEN,
  shapeOf,
  text,
} from './encode.js';
import { decodeAll, only } from './support.js';

const decoder = LINES_FORMAT.decoder!.create({ type: 'lines' });
const MESSAGE = shapeOf('message');

describe('lines', () => {
  it('makes each line the field message', () => {
    expect(decodeAll(decoder, ['one', '', 'a line of more than twelve bytes']).rows).toEqual([
      { message: 'one' },
      { message: '' },
      { message: 'a line of more than twelve bytes' },
    ]);
    expect(decodeAll(decoder, ['one'], { wanted: only('other') }).columns.size).toBe(0);
  });

  it('writes values of any type as plain text, and absent ones as empty lines', async () => {
    const arena = new Arena(1 << 22);
    const cells = [
      text('plain'),
      absent,
      int(-42),
      { tag: Tag.DOUBLE, number: 1.5 },
      { tag: Tag.BOOL, number: 1 },
      { tag: Tag.TIMESTAMP, number: 0 },
      { tag: Tag.BIGINT, text: '98765432109876543210' },
      { tag: Tag.NULL },
      json('"caf\\u00e9 \\ud83d\\ude00 \\n\\ud800"'),
      json('{"a": 1}'),
      json('null'),
    ] as const;
    const batch = batchOf(arena, { message: cells });
    const encoded = encodeText(await encoderOf(LINES_FORMAT, {}, MESSAGE), batch, arena);
    expect(encoded.split('\n')).toEqual([
      'plain',
      '',
      '-42',
      '1.5',
      'true',
      '1970-01-01T00:00:00Z',
      '98765432109876543210',
      '',
      'café 😀 ',
      '\ufffd',
      '{"a": 1}',
      '',
      '',
    ]);
  });

  it('copies untouched records, whatever their bytes and which of them are left', async () => {
    const encoder = await encoderOf(LINES_FORMAT, {}, MESSAGE);
    const line = fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => bytes.map((byte) => (byte === 10 ? 11 : byte)));
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.boolean()), { maxLength: 20 }), (lines) => {
        const { arena, batch } = decodeAll(
          decoder,
          lines.map(([bytes]) => bytes),
        );
        const rows = arena.int32(lines.length);
        let count = 0;
        lines.forEach(([, kept], row) => {
          if (kept) rows[count++] = row;
        });
        const some = gatherRows(arena, batch, rows, count);
        const expected = Buffer.concat(
          lines.filter(([, kept]) => kept).flatMap(([bytes]) => [bytes, Buffer.from('\n')]),
        );
        expect(Buffer.from(encodeBytes(encoder, { ...some, untouched: 'lines' }, arena))).toEqual(expected);
        expect(Buffer.from(encodeBytes(encoder, some, arena))).toEqual(expected);
      }),
      { numRuns: runs(100) },
    );
  });

  it('says which fields there are when the one to write is not among them', () => {
    const wanted = LINES_FORMAT.encoder!.wanted;
    expect(wanted({ type: 'lines', field: 'path' }, OPEN)).toEqual(only('path'));
    expect(() => wanted({ type: 'lines', field: 'message' }, shapeOf('host', 'path'))).toThrow(
      new FieldError(
        'the records have no field "message" to write as lines: name one of host, path in field',
      ),
    );
  });
});
