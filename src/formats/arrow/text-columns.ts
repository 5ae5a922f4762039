import type * as Arrow from 'apache-arrow';
import { type Arena, textVector, type Vector } from '../../batch/index.js';
import { checkLength, type Window } from './numbers.js';

const INLINE_BYTES = 12;
const VIEW_BYTES = 16;

/** The texts (or bytes) of a column where they lie: in the message, if that lies in the arena. */
export function offsetTexts(arena: Arena, data: Arrow.Data, { from, count }: Window): Vector {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  const values = data.values as Uint8Array;
  checkLength(offsets.length, from + count + 1);
  const base = addressOf(arena, values);
  const starts = arena.int32(count);
  const lengths = arena.int32(count);
  let start = Number(offsets[from]!);
  for (let row = 0; row < count; row++) {
    const end = Number(offsets[from + row + 1]!);
    if (start < 0 || end < start || end > values.length)
      throw new RangeError('a text lies outside of its buffer');
    starts[row] = base + start;
    lengths[row] = end - start;
    start = end;
  }
  return textVector(arena, starts, lengths, count);
}

export function fixedSizeTexts(arena: Arena, data: Arrow.Data, { from, count }: Window): Vector {
  const size = (data.type as Arrow.FixedSizeBinary).byteWidth;
  const values = data.values as Uint8Array;
  checkLength(values.length, (from + count) * size);
  const base = addressOf(arena, values);
  const starts = arena.int32(count);
  for (let row = 0; row < count; row++) starts[row] = base + (from + row) * size;
  return textVector(arena, starts, arena.int32(count).fill(size), count);
}

/** Texts of views: short ones lie in them, others in one of several buffers. */
export function viewTexts(arena: Arena, data: Arrow.Data, { from, count }: Window): Vector {
  const views = data.values as Uint8Array;
  checkLength(views.byteLength, (from + count) * VIEW_BYTES);
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const base = addressOf(arena, views);
  const buffers = data.variadicBuffers.map((bytes) => ({
    base: addressOf(arena, bytes),
    size: bytes.length,
  }));
  const starts = arena.int32(count);
  const lengths = arena.int32(count);
  for (let row = 0; row < count; row++) {
    const at = (from + row) * VIEW_BYTES;
    // Views of nulls may hold anything.
    if (data.nullCount > 0 && !data.getValid(from + row)) {
      starts[row] = base;
      lengths[row] = 0;
      continue;
    }
    const length = view.getInt32(at, true);
    lengths[row] = length;
    starts[row] = base + at + 4;
    if (length >= 0 && length <= INLINE_BYTES) continue;
    const buffer = buffers[view.getInt32(at + 8, true)];
    const offset = view.getInt32(at + 12, true);
    if (length < 0 || !buffer || offset < 0 || offset + length > buffer.size)
      throw new RangeError('a text lies outside of its buffer');
    starts[row] = buffer.base + offset;
  }
  return textVector(arena, starts, lengths, count);
}

function addressOf(arena: Arena, bytes: Uint8Array): number {
  return bytes.buffer === arena.memory.buffer ? bytes.byteOffset : arena.place(bytes);
}
