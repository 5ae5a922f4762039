import { Arena, type Records, Tag, textAt, type Vector } from '../../src/batch/index.js';
import type { Decoded, Wanted } from '../../src/formats/format.js';
import { JSON_FORMAT } from '../../src/formats/json/index.js';

const utf8 = new TextEncoder();
export const arena = new Arena(64 * 1024 * 1024);
export const partition = { source: 'test', name: 'test' };

export function bytesOf(record: string | Uint8Array): Uint8Array {
  return typeof record === 'string' ? utf8.encode(record) : record;
}

/** Places the records in the arena, each with a newline behind it, whatever bytes they hold. */
export function placeRecords(records: readonly (string | Uint8Array)[], firstOffset = 0): Records {
  const texts = records.map(bytesOf);
  const starts = arena.int32(texts.length);
  const lengths = arena.int32(texts.length);
  const offsets = arena.float64(texts.length);
  const all = new Uint8Array(texts.reduce((size, text) => size + text.length + 1, 0)).fill(10);
  const base = arena.allocate(all.length);
  let at = 0;
  texts.forEach((text, row) => {
    all.set(text, at);
    starts[row] = base + at;
    lengths[row] = text.length;
    offsets[row] = firstOffset + at;
    at += text.length + 1;
  });
  arena.bytes.set(all, base);
  return { count: texts.length, starts, lengths, offsets };
}

export const wantedAll = (...names: string[]): Wanted => ({ names: new Set(names), all: true });
export const wantedOnly = (...names: string[]): Wanted => ({ names: new Set(names), all: false });

/** Decodes into an empty arena. */
export function decode(
  records: readonly (string | Uint8Array)[],
  wanted: Wanted,
): Decoded & { records: Records } {
  arena.reset();
  const placed = placeRecords(records);
  return {
    ...JSON_FORMAT.decoder!.create({ type: 'json' }).decode(arena, placed, wanted, partition, 0),
    records: placed,
  };
}

/** The rows of a vector of texts, undefined where a row is absent. */
export function textsOf(vector: Vector | undefined): (string | undefined)[] {
  if (!vector) return [];
  return Array.from({ length: vector.length }, (_, row) =>
    (vector.uniform ?? vector.tags[row]) === Tag.ABSENT ? undefined : textAt(arena, vector, row),
  );
}

/** The message with which the one record is refused, undefined when it is accepted. */
export function refusalOf(record: string | Uint8Array): string | undefined {
  return decode([record], wantedAll()).refused[0]?.message;
}
