import { murmur3 } from '../../base/hash.js';
import type { Texts } from '../columnar/texts.js';

/** A dictionary is worth it when its texts stand so often each, and are no more than indices of 16 bits can tell apart. */
const LEAST_REPEATS = 3;
const MOST_TEXTS = 2 ** 15;
/** After so many texts it is looked at whether they repeat at all. */
const TRIAL = 1024;

export interface Dictionary {
  /** The rows that were the first to have each text. */
  readonly firstRows: Int32Array;
  /** For each text that is not null, the number of its text. */
  readonly indices: Uint16Array;
}

/** The texts of a column without their repetitions; undefined where there are not enough of these. */
export function dictionaryOf(bytes: Uint8Array, texts: Texts): Dictionary | undefined {
  const { starts, lengths, validity, nullCount } = texts;
  const count = starts.length - nullCount;
  const most = Math.min(MOST_TEXTS, Math.floor(count / LEAST_REPEATS));
  if (most === 0) return undefined;
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(most + 1) + 1));
  const mask = slots.length - 1;
  const firstRows = new Int32Array(most);
  const indices = new Uint16Array(count);
  let size = 0;
  let next = 0;
  for (let row = 0; row < starts.length; row++) {
    if ((validity[row >> 3]! & (1 << (row & 7))) === 0) continue;
    const start = starts[row]!;
    const length = lengths[row]!;
    let slot = murmur3(bytes, start, start + length, 0) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const other = firstRows[slots[slot]! - 1]!;
      if (lengths[other] === length && isEqual(bytes, start, starts[other]!, length)) break;
    }
    if (slots[slot] === 0) {
      if (size === most) return undefined;
      firstRows[size] = row;
      slots[slot] = ++size;
    }
    indices[next++] = slots[slot]! - 1;
    if (next === TRIAL && size * LEAST_REPEATS > TRIAL) return undefined;
  }
  return { firstRows: firstRows.subarray(0, size), indices };
}

function isEqual(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
