import { type Arena, setView, Tag, textVector, type Vector } from '../../src/batch/index.js';
import type { HeaderValue } from '../../src/routing/index.js';

/** A column of texts. */
export function textsIn(arena: Arena, texts: readonly string[]): Vector {
  const starts = arena.int32(texts.length);
  const lengths = arena.int32(texts.length);
  for (const [row, text] of texts.entries()) {
    const bytes = Buffer.from(text);
    starts[row] = arena.place(bytes);
    lengths[row] = bytes.length;
  }
  return textVector(arena, starts, lengths, texts.length);
}

/** A column of values of all types; undefined is absent. */
export function vectorOf(arena: Arena, values: readonly (HeaderValue | undefined)[]): Vector {
  const tags = arena.uint8(values.length);
  const numbers = arena.float64(values.length);
  const views = arena.int32(values.length * 4);
  for (const [row, value] of values.entries()) {
    tags[row] = tagOf(value);
    if (typeof value === 'string') {
      const bytes = Buffer.from(value);
      setView(arena, views, row, arena.place(bytes), bytes.length);
    } else {
      numbers[row] = Number(value ?? 0);
    }
  }
  return { length: values.length, tags, uniform: undefined, numbers, views };
}

function tagOf(value: HeaderValue | undefined): Tag {
  if (value === undefined) return Tag.ABSENT;
  if (value === null) return Tag.NULL;
  if (typeof value === 'boolean') return Tag.BOOL;
  if (typeof value === 'string') return Tag.TEXT;
  return Number.isInteger(value) ? Tag.INT : Tag.DOUBLE;
}
