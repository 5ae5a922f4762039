import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xxhash64 } from '../../src/base/xxhash.js';
import { Arena, setView, textAddress, textLength } from '../../src/batch/index.js';
import { runs } from '../support/property.js';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .string({ unit: fc.constantFrom('\n', '\r', '"', '\\', 'a', '\u0001', '\t'), maxLength: 80 })
    .map((text) => Buffer.from(text)),
);

/** Runs a property with an arena whose memory around the text is full of the same bytes, which must not count. */
function withText(check: (arena: Arena, start: number, text: Uint8Array) => void): void {
  const arena = new Arena(1 << 20);
  fc.assert(
    fc.property(bytes, fc.nat(20), (text, shift) => {
      arena.reset();
      arena.allocate(shift);
      const around = text.length > 0 ? text : Buffer.from('\n"');
      const start = arena.place(Buffer.concat([text, around, around, around]));
      arena.allocate(256);
      check(arena, start, text);
    }),
    { numRuns: runs(300) },
  );
}

describe('kernels', () => {
  it('hash texts as XXH64 does', () => {
    withText((arena, start, text) => {
      const views = arena.int32(8);
      const hashes = arena.int32(4);
      setView(arena, views, 0, start, text.length);
      setView(arena, views, 1, start, Math.min(text.length, 5));
      arena.kernels.hashTexts(views.byteOffset, 2, hashes.byteOffset);
      const found = new BigUint64Array(hashes.buffer, hashes.byteOffset, 2);
      expect([...found]).toEqual([xxhash64(text), xxhash64(text.subarray(0, 5))]);
    });
  });

  it('frame lines', () => {
    withText((arena, start, text) => {
      const whole = Buffer.from(text).toString('latin1');
      const lines = whole.split('\n');
      if (lines.at(-1) === '') lines.pop();
      const starts = arena.int32(lines.length + 1);
      const lengths = arena.int32(lines.length + 1);
      const { kernels } = arena;
      const end = start + text.length;
      const offsets = arena.float64(lines.length + 1);
      const addresses = [starts.byteOffset, lengths.byteOffset, offsets.byteOffset] as const;
      expect(kernels.frameLines(start, end, ...addresses, 1000 - start, lines.length + 1)).toBe(lines.length);
      const positions = lines.map(
        (_, i) => 1000 + lines.slice(0, i).reduce((sum, line) => sum + line.length + 1, 0),
      );
      expect([...offsets.subarray(0, lines.length)]).toEqual(positions);
      const found = lines.map((_, i) =>
        Buffer.from(arena.bytes.subarray(starts[i]!, starts[i]! + lengths[i]!)).toString('latin1'),
      );
      expect(found).toEqual(lines.map((line) => line.replace(/\r$/, '')));
    });
  });

  it('frame lines of any length, up to a limit', () => {
    const line = fc
      .tuple(fc.nat(150), fc.constantFrom('', '\r', '\r\r'))
      .map(([n, end]) => 'x'.repeat(n) + end);
    const short = fc.array(fc.constantFrom('', 'a', '\r'), { maxLength: 150, size: 'max' });
    const lines = fc.oneof(fc.array(line, { maxLength: 20, size: 'max' }), short);
    fc.assert(
      fc.property(lines, fc.nat(70), fc.nat(160), (texts, shift, limit) => {
        const arena = new Arena(1 << 20);
        arena.allocate(shift);
        const start = arena.place(Buffer.from(texts.join('\n')));
        const end = start + Buffer.byteLength(texts.join('\n'));
        if (texts.at(-1) === '') texts = texts.slice(0, -1);
        const lengths = arena.int32(limit);
        const offsets = arena.float64(limit);
        const starts = arena.int32(limit);
        const neighbour = arena.uint8(512).fill(7);
        const addresses = [starts.byteOffset, lengths.byteOffset, offsets.byteOffset] as const;
        const count = Math.min(limit, texts.length);
        expect(arena.kernels.frameLines(start, end, ...addresses, 7, limit)).toBe(count);
        expect(neighbour.every((byte) => byte === 7)).toBe(true);
        let at = start;
        for (let i = 0; i < count; i++) {
          const text = texts[i]!;
          expect([starts[i], lengths[i], offsets[i]]).toEqual([at, text.replace(/\r$/, '').length, at + 7]);
          at += text.length + 1;
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('read no further than the slack past a text at the end of the memory', () => {
    const arena = new Arena(1 << 18);
    const line = '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "a"';
    const [starts, lengths, others] = [arena.int32(4), arena.int32(4), arena.int32(4)];
    const [offsets, table] = [arena.float64(4), arena.int32(33).fill(0)];
    const slack = arena.bytes.length - arena.capacity;
    for (let shift = 0; shift < 64; shift++) {
      const end = arena.bytes.length - slack - shift;
      for (let length = 0; length <= line.length; length++) {
        const start = end - length;
        arena.bytes.set(Buffer.from(line.slice(0, length)), start);
        const framed = [starts.byteOffset, lengths.byteOffset, offsets.byteOffset, 0, 4] as const;
        expect(arena.kernels.frameLines(start, end, ...framed)).toBe(length === 0 ? 0 : 1);
        starts[0] = start;
        lengths[0] = length;
        const split = [
          starts.byteOffset,
          lengths.byteOffset,
          1,
          table.byteOffset,
          others.byteOffset,
          1,
        ] as const;
        expect(arena.kernels.splitAccessLog(...split)).toBe(length === line.length ? 0 : 1);
      }
    }
  });

  it('find bytes and texts', () => {
    withText((arena, start, text) => {
      const { kernels } = arena;
      const end = start + text.length;
      const positions = [...text.keys()].filter((i) => text[i] === 34 || text[i] === 92 || text[i] === 10);
      const out = arena.int32(text.length + 1);
      expect(kernels.indexBytes(start, end, out.byteOffset, 34, 92, 10)).toBe(positions.length);
      expect([...out.subarray(0, positions.length)]).toEqual(positions.map((i) => start + i));
      const first = text.indexOf(34);
      expect(kernels.findByte(start, end, 34)).toBe(first < 0 ? end : start + first);
      for (const needle of [text.subarray(3, 5), text.subarray(10, 40), Buffer.from('aa')]) {
        const at = Buffer.from(text).indexOf(needle);
        expect(kernels.findBytes(start, end, arena.place(needle), needle.length)).toBe(
          at < 0 ? -1 : start + at,
        );
      }
    });
  });

  it('compare, copy and escape texts', () => {
    withText((arena, start, text) => {
      const { kernels } = arena;
      const copy = arena.allocate(text.length + 16);
      expect(kernels.copyBytes(copy, start, text.length)).toBe(copy + text.length);
      expect(kernels.equalBytes(copy, start, text.length)).toBe(1);
      if (text.length > 0) {
        arena.bytes[copy + text.length - 1]! ^= 1;
        expect(kernels.equalBytes(copy, start, text.length)).toBe(0);
      }
      const to = arena.allocate(text.length * 6 + 16);
      const escaped = Buffer.from(arena.bytes.subarray(to, kernels.escapeJson(to, start, text.length)));
      const expected = [...text].map((byte) =>
        byte < 0x80 && byte !== 0x7f
          ? JSON.stringify(String.fromCharCode(byte)).slice(1, -1)
          : String.fromCharCode(byte),
      );
      const long: Record<string, string> = { '\\b': '\\u0008', '\\f': '\\u000c' };
      expect(escaped.toString('latin1')).toBe(expected.map((part) => long[part] ?? part).join(''));
    });
  });

  it('make and gather views', () => {
    const arena = new Arena(1 << 20);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 8 }), (texts) => {
        arena.reset();
        const starts = arena.int32(texts.length);
        const lengths = arena.int32(texts.length);
        texts.forEach((text, i) => {
          starts[i] = arena.place(text);
          lengths[i] = text.length;
        });
        const views = arena.int32(texts.length * 4).fill(-1);
        const gathered = arena.int32(texts.length * 4);
        const backwards = arena.int32(texts.length);
        for (let i = 0; i < texts.length; i++) backwards[i] = texts.length - 1 - i;
        arena.kernels.makeViews(starts.byteOffset, lengths.byteOffset, texts.length, views.byteOffset);
        arena.kernels.gatherViews(views.byteOffset, backwards.byteOffset, texts.length, gathered.byteOffset);
        const read = (from: Int32Array, row: number) => {
          const start = textAddress(from, row);
          return [...arena.bytes.subarray(start, start + textLength(from, row))];
        };
        texts.forEach((text, i) => {
          expect(read(views, i)).toEqual([...text]);
          expect(read(gathered, texts.length - 1 - i)).toEqual([...text]);
          const unused = [
            ...new Uint8Array(
              views.buffer,
              views.byteOffset + i * 16 + 4 + text.length,
              Math.max(0, 12 - text.length),
            ),
          ];
          if (text.length <= 12) expect(unused.every((byte) => byte === 0)).toBe(true);
        });
      }),
    );
  });
});
