import { murmur3 } from '../base/hash.js';
import {
  type Arena,
  type Batch,
  gatherRows,
  sliceRows,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../batch/index.js';

/** What `groups` holds for rows that are in no group. */
const NONE = -1;

/** Finds the rows of batches that have the same text. For one thread. */
export class TextGroups {
  /** Open addressing: for each slot one more than the number of the group. */
  #slots = new Int32Array(1024);
  #firstRows: number[] = [];

  /** For each group the row that was the first to have it: the groups are in the order of these. */
  get firstRows(): readonly number[] {
    return this.#firstRows;
  }

  /** For each row the number of its group, which is negative for rows tagged ERROR. */
  group(arena: Arena, texts: Vector, rows: number): Int32Array {
    const groups = arena.int32(rows);
    this.#firstRows = [];
    this.#slots.fill(0);
    const views = texts.views!;
    let last = NONE;
    for (let row = 0; row < rows; row++) {
      if (texts.tags[row] === Tag.ERROR) {
        groups[row] = NONE;
        continue;
      }
      if (last < 0 || !isEqual(arena, views, row, this.#firstRows[last]!))
        last = this.#find(arena, views, row);
      groups[row] = last;
    }
    return groups;
  }

  #find(arena: Arena, views: Int32Array, row: number): number {
    const start = textAddress(views, row);
    const hash = murmur3(arena.bytes, start, start + textLength(views, row), 0);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const group = this.#slots[slot]! - 1;
      if (group >= 0 && isEqual(arena, views, row, this.#firstRows[group]!)) return group;
      if (group >= 0) continue;
      this.#slots[slot] = this.#firstRows.push(row);
      if (this.#firstRows.length * 2 > this.#slots.length) this.#grow(arena, views);
      return this.#firstRows.length - 1;
    }
  }

  #grow(arena: Arena, views: Int32Array): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const rows = this.#firstRows;
    this.#firstRows = [];
    for (const row of rows) this.#find(arena, views, row);
  }
}

function isEqual(arena: Arena, views: Int32Array, row: number, other: number): boolean {
  const length = textLength(views, row);
  if (length !== textLength(views, other)) return false;
  const { bytes } = arena;
  const start = textAddress(views, row);
  const otherStart = textAddress(views, other);
  for (let i = length - 1; i >= 0; i--) if (bytes[start + i] !== bytes[otherStart + i]) return false;
  return true;
}

/**
 * The rows of each group in their order, moved together by counting.
 * @param kept by group; of the others there is no batch
 */
export function gatherGroups(
  arena: Arena,
  batch: Batch,
  groups: Int32Array,
  kept: readonly boolean[],
): (Batch | undefined)[] {
  const ends = new Int32Array(kept.length + 1);
  for (let row = 0; row < batch.rows; row++) {
    const group = groups[row]!;
    if (group !== NONE && kept[group]) ends[group + 1]!++;
  }
  for (let group = 0; group < kept.length; group++) ends[group + 1]! += ends[group]!;
  const count = ends[kept.length]!;
  let sorted = batch;
  if (count > 0 && (kept.length > 1 || count < batch.rows)) {
    const next = ends.slice(0, -1);
    const rows = arena.int32(count);
    for (let row = 0; row < batch.rows; row++) {
      const group = groups[row]!;
      if (group !== NONE && kept[group]) rows[next[group]!++] = row;
    }
    sorted = gatherRows(arena, batch, rows, count);
  }
  return kept.map((_, group) => {
    const [from, to] = [ends[group]!, ends[group + 1]!];
    if (from === to) return undefined;
    return from === 0 && to === sorted.rows ? sorted : sliceRows(sorted, from, to);
  });
}
