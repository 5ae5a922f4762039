import type { Vector } from './vector.js';

/** What is asked of each row of a batch, to be answered where all batches come by in their order. */
export interface Questions {
  /** Two words a row: the hash of its key; two zeros where it has none. */
  readonly hashes: Int32Array;
  /** Where the rows have times of their own: milliseconds since 1970. */
  readonly timesMs: Float64Array | undefined;
}

/** What travels along with a batch: in the arena, with as many rows. */
export interface Escort {
  /** With room for their answers. */
  readonly questions?: Questions;
  readonly messages?: { readonly texts: Vector; readonly ids: Vector };
}
