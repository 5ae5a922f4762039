import type { Records } from '../batch/index.js';
import type { Piece } from '../formats/index.js';
import { KEPT_BYTES } from './trip.js';

/** A piece as a record: its beginning is kept. */
export function bytesOfPiece({ start, end, offset }: Piece & { readonly offset: number }): Records {
  return {
    count: 1,
    starts: Int32Array.of(start),
    lengths: Int32Array.of(Math.min(end - start, KEPT_BYTES)),
    offsets: Float64Array.of(offset),
  };
}
