import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Arena,
  attachBatch,
  type Batch,
  detachBatch,
  questionsOf,
  type Records,
  setView,
  Tag,
  type Vector,
} from '../../src/batch/index.js';
import { valueAt } from '../formats/support.js';
import { runs } from '../support/property.js';

/** What a random vector's row holds: a number, or a text of its own, or a piece of its origin record. */
type Cell =
  | { tag: Tag; kind: 'none' }
  | { tag: Tag; kind: 'number'; value: number }
  | { tag: Tag; kind: 'own'; text: string }
  | { tag: Tag; kind: 'piece'; from: number; length: number }
  | { tag: Tag; kind: 'shared' };

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constantFrom(Tag.ABSENT, Tag.NULL).map((tag) => ({ tag, kind: 'none' as const })),
  fc
    .record({ tag: fc.constantFrom(Tag.INT, Tag.BOOL, Tag.DOUBLE, Tag.TIMESTAMP), value: fc.nat() })
    .map((item) => ({ ...item, kind: 'number' as const })),
  fc.string({ maxLength: 30 }).map((text) => ({ tag: Tag.TEXT, kind: 'own' as const, text })),
  fc.nat(1e6).map((n) => ({
    tag: Tag.JSON,
    kind: 'own' as const,
    text: JSON.stringify({ n, text: 'x'.repeat(n % 20) }),
  })),
  fc.bigInt().map((n) => ({ tag: Tag.BIGINT, kind: 'own' as const, text: String(n) })),
  fc
    .record({ from: fc.nat(40), length: fc.nat(40) })
    .map((item) => ({ ...item, tag: Tag.TEXT, kind: 'piece' as const })),
  fc.constant({ tag: Tag.TEXT, kind: 'shared' as const }),
);

const RECORD = fc.uint8Array({ maxLength: 40 });
const COLUMNS = ['a', 'b', 'c', 'd'];

const model = fc.array(RECORD, { maxLength: 12 }).chain((records) =>
  fc.record({
    records: fc.constant(records),
    rows: fc.array(fc.nat(Math.max(records.length - 1, 0)), { maxLength: records.length && 15 }),
    cells: fc.array(fc.array(cell, { minLength: 15, maxLength: 15 }), { minLength: 4, maxLength: 4 }),
    document: fc.boolean(),
    gap: fc.nat(3),
  }),
);

function build(
  arena: Arena,
  { records, rows, cells, document, gap }: typeof model extends fc.Arbitrary<infer M> ? M : never,
): Batch {
  arena.allocate(17);
  const filler = Buffer.alloc(gap, '\n');
  const base = arena.place(Buffer.concat(records.flatMap((record) => [record, filler])));
  const addresses: number[] = [];
  let at = base;
  for (const record of records) {
    addresses.push(at);
    at += record.length + gap;
  }
  const starts = arena.int32(rows.length);
  const lengths = arena.int32(rows.length);
  const offsets = arena.float64(rows.length);
  rows.forEach((record, row) => {
    starts[row] = addresses[record]!;
    lengths[row] = records[record]!.length;
    offsets[row] = 2 ** 40 + record;
  });
  const origin: Records = { count: rows.length, starts, lengths, offsets };
  const shared = arena.place(Buffer.from('a text that many rows share'));
  const vectors = cells.map((column) => vectorOf(arena, column.slice(0, rows.length), origin, shared));
  return {
    rows: rows.length,
    columns: new Map(COLUMNS.slice(0, 2).map((name, i) => [name, vectors[i]!])),
    document: document
      ? { vector: vectors[2]!, hidden: new Set(['h', 'i']), members: new Map([['m', vectors[3]!]]) }
      : undefined,
    origin,
    untouched: document ? 'lines' : undefined,
    partition: { source: 's', name: 'p', preamble: Uint8Array.of(1, 2) },
    readAtMs: 5,
  };
}

function vectorOf(arena: Arena, cells: readonly Cell[], origin: Records, shared: number): Vector {
  const tags = arena.uint8(cells.length);
  const numbers = arena.float64(cells.length).fill(-1);
  const views = arena.int32(cells.length * 4).fill(0x7fff_ffff);
  cells.forEach((item, row) => {
    tags[row] = item.tag;
    if (item.kind === 'number') numbers[row] = item.tag === Tag.BOOL ? item.value % 2 : item.value;
    if (item.kind === 'shared') setView(arena, views, row, shared, 27);
    if (item.kind === 'own')
      setView(arena, views, row, arena.place(Buffer.from(item.text)), Buffer.byteLength(item.text));
    if (item.kind !== 'piece') return;
    const from = Math.min(item.from, origin.lengths[row]!);
    setView(
      arena,
      views,
      row,
      origin.starts[row]! + from,
      Math.min(item.length, origin.lengths[row]! - from),
    );
  });
  const first = cells[0]?.tag;
  const uniform = first !== undefined && cells.every(({ tag }) => tag === first) ? first : undefined;
  return { length: cells.length, tags, uniform, numbers, views };
}

function describeVector(arena: Arena, vector: Vector): unknown {
  const rows = Array.from({ length: vector.length }, (_, row) => [
    vector.tags[row],
    valueAt(arena, vector, row),
  ]);
  return { uniform: vector.uniform, rows };
}

/** Everything that a batch holds, as plain values. */
function describeBatch(arena: Arena, batch: Batch): unknown {
  const { starts, lengths, offsets } = batch.origin;
  const vectorsOf = (vectors: ReadonlyMap<string, Vector>) =>
    [...vectors].map(([name, vector]) => [name, describeVector(arena, vector)]);
  return {
    rows: batch.rows,
    columns: vectorsOf(batch.columns),
    document: batch.document && [
      describeVector(arena, batch.document.vector),
      [...batch.document.hidden],
      vectorsOf(batch.document.members),
    ],
    origin: Array.from({ length: batch.rows }, (_, row) => [
      offsets[row],
      Buffer.from(arena.bytes.subarray(starts[row]!, starts[row]! + lengths[row]!)).toString('hex'),
    ]),
    rest: [batch.untouched, batch.partition, batch.readAtMs],
  };
}

/** The same numbers, in the arena. */
function placed<T extends Int32Array | Float64Array>(arena: Arena, numbers: T): T {
  const copy = numbers instanceof Int32Array ? arena.int32(numbers.length) : arena.float64(numbers.length);
  copy.set(numbers);
  return copy as T;
}

describe('a batch that moves to another thread', () => {
  it('is the same there, its meta data cloned and its buffer transferred', () => {
    const from = new Arena(1 << 20);
    const to = new Arena(1 << 20);
    fc.assert(
      fc.property(model, fc.nat(100), (random, shift) => {
        from.reset();
        to.reset();
        to.allocate(shift);
        const batch = build(from, random);
        const expected = describeBatch(from, batch);
        const top = from.top;
        const detached = detachBatch(from, batch);
        expect(from.top).toBe(top);
        expect(describeBatch(from, batch)).toEqual(expected);
        expect(questionsOf(detached)).toBeUndefined();
        const moved = structuredClone(detached, { transfer: [detached.buffer] });
        expect(describeBatch(to, attachBatch(to, moved))).toEqual(expected);
      }),
      { numRuns: runs(300) },
    );
  });

  it('carries questions and the room for their answers', () => {
    const arena = new Arena(1 << 20);
    fc.assert(
      fc.property(model, fc.boolean(), (random, hasTimes) => {
        arena.reset();
        const batch = build(arena, random);
        const expected = describeBatch(arena, batch);
        const hashes = arena.int32(batch.rows * 2).map((_, i) => i - 5);
        const timesMs = hasTimes ? arena.float64(batch.rows).map((_, i) => i / 3) : undefined;
        const asked = { hashes: placed(arena, hashes), timesMs: timesMs && placed(arena, timesMs) };
        const detached = detachBatch(arena, batch, undefined, { questions: asked });
        const found = questionsOf(detached)!;
        expect([[...found.hashes], found.timesMs && [...found.timesMs]]).toEqual([
          [...hashes],
          timesMs && [...timesMs],
        ]);
        found.answers.fill(1);
        expect(found.answers).toHaveLength(batch.rows);
        expect(describeBatch(arena, attachBatch(arena, detached))).toEqual(expected);
      }),
      { numRuns: runs(100) },
    );
  });

  it('uses the buffer that it is given', () => {
    const arena = new Arena(1 << 20);
    const batch = build(arena, {
      records: [Buffer.from('abc')],
      rows: [0],
      cells: [[], [], [], []],
      document: false,
      gap: 1,
    });
    const spare = new ArrayBuffer(65536);
    const detached = detachBatch(arena, { ...batch, columns: new Map() }, (bytes) => {
      expect(bytes).toBeLessThanOrEqual(spare.byteLength);
      return spare;
    });
    expect(detached.buffer).toBe(spare);
    expect(attachBatch(new Arena(1 << 20), detached).rows).toBe(1);
  });

  it('copies each record and each shared text once', () => {
    const arena = new Arena(1 << 22);
    const records = Array.from({ length: 1000 }, () => Buffer.alloc(100, 'x'));
    const piece: Cell = { tag: Tag.TEXT, kind: 'piece', from: 10, length: 50 };
    const cells = [records.map(() => piece), records.map((): Cell => ({ tag: Tag.TEXT, kind: 'shared' }))];
    const rows = records.map((_, row) => row);
    const batch = build(arena, { records, rows, cells: [...cells, [], []], document: false, gap: 1 });
    const { meta } = detachBatch(arena, batch);
    const fixedBytes = 1000 * (4 + 4 + 8 + 2 * (1 + 8 + 16));
    expect(meta.byteLength).toBeLessThan(1000 * 101 + fixedBytes + 2000);
  });
});
