import { Arena } from './arena.js';
import { attachBatch, type DetachedBatch, detachBatch } from './arrow.js';
import { sliceRows } from './batch.js';

/** For the batch, the part of it, and the room between their arrays. */
const SPACE_PER_BYTE = 3;
const LEAST_ARENA_BYTES = 2 ** 20;

/**
 * The rows from `from` up to, but without, `to` of a detached batch, in a buffer of their own. Has an arena of its own for that: for
 * what is rare, such as a reader that begins within a batch.
 */
export function partOfBatch(batch: DetachedBatch, from: number, to: number): DetachedBatch {
  const arena = new Arena(SPACE_PER_BYTE * batch.meta.byteLength + LEAST_ARENA_BYTES);
  return detachBatch(arena, sliceRows(attachBatch(arena, batch), from, to));
}
