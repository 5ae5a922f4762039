import { murmur3 } from '../base/hash.js';
import { unsafePath } from '../base/path-names.js';
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
import type { PathOfRecords } from '../component/index.js';
import { compilePathTemplate, type PathProgram, parsePathTemplate } from '../expression/index.js';

/** The code of records that have no path, or none to which they may be written. */
const PATH_REFUSED = 'path_refused';
/** What `groups` holds for rows without a path. */
const NONE = -1;

/** Records of one path. */
export interface PathGroup {
  readonly key: string;
  readonly batch: Batch;
}

type Refuse = (row: number, code: string, message: string) => void;

/** Splits batches by the paths to which their records go. For one thread. */
export class PathGroups {
  readonly #root: string;
  readonly #program: PathProgram;
  /** Open addressing: for each slot one more than the number of the group. */
  #slots = new Int32Array(1024);
  /** For each group the row that was the first to have it. */
  #firstRows: number[] = [];

  constructor({ template, time }: PathOfRecords) {
    this.#root = parsePathTemplate(template).root;
    this.#program = compilePathTemplate(template, time);
  }

  /**
   * The groups in the order in which their first records come; in each, the records keep their order.
   * @param refuse is called for the rows that are in none
   */
  split(arena: Arena, batch: Batch, refuse: Refuse): PathGroup[] {
    const paths = this.#program.evaluate(arena, batch);
    const groups = this.#group(arena, paths, batch.rows);
    const keys = this.#firstRows.map((row) => this.#keyAt(arena, paths, row));
    this.#refuse(paths, groups, keys, refuse);
    return gatherGroups(arena, batch, groups, keys);
  }

  /** For each row the number of its group. */
  #group(arena: Arena, paths: Vector, rows: number): Int32Array {
    const groups = arena.int32(rows);
    this.#firstRows = [];
    this.#slots.fill(0);
    const views = paths.views!;
    let last = NONE;
    for (let row = 0; row < rows; row++) {
      if (paths.tags[row] === Tag.ERROR) {
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

  /** The path as text, or why it is refused. */
  #keyAt(arena: Arena, paths: Vector, row: number): { readonly path: string } | { readonly refused: string } {
    const start = textAddress(paths.views!, row);
    const bytes = arena.bytes.subarray(start, start + textLength(paths.views!, row));
    const path = decode(bytes);
    const problem = path === undefined ? 'it is not UTF-8' : unsafePath(path.slice(this.#root.length));
    if (path !== undefined && problem === undefined) return { path };
    const shown = JSON.stringify(Buffer.from(bytes).toString().slice(0, 200));
    return { refused: `the path ${shown} is refused: ${problem}` };
  }

  #refuse(
    paths: Vector,
    groups: Int32Array,
    keys: readonly ({ readonly path: string } | { readonly refused: string })[],
    refuse: Refuse,
  ): void {
    if (paths.uniform === Tag.TEXT && keys.every((key) => 'path' in key)) return;
    for (let row = 0; row < groups.length; row++) {
      const key = keys[groups[row]!];
      if (!key) refuse(row, PATH_REFUSED, `it has no path: ${paths.errors![paths.numbers![row]!]}`);
      else if ('refused' in key) refuse(row, PATH_REFUSED, key.refused);
    }
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

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Moves the rows of each group together, by counting, and cuts the batch between them. */
function gatherGroups(
  arena: Arena,
  batch: Batch,
  groups: Int32Array,
  keys: readonly ({ readonly path: string } | { readonly refused: string })[],
): PathGroup[] {
  const ends = new Int32Array(keys.length + 1);
  for (let row = 0; row < batch.rows; row++) {
    const group = groups[row]!;
    if (group !== NONE && 'path' in keys[group]!) ends[group + 1]!++;
  }
  for (let group = 0; group < keys.length; group++) ends[group + 1]! += ends[group]!;
  const count = ends[keys.length]!;
  const starts = ends.slice(0, -1);
  if (count === 0) return [];
  let sorted = batch;
  if (keys.length > 1 || count < batch.rows) {
    const next = starts.slice();
    const rows = arena.int32(count);
    for (let row = 0; row < batch.rows; row++) {
      const group = groups[row]!;
      if (group !== NONE && 'path' in keys[group]!) rows[next[group]!++] = row;
    }
    sorted = gatherRows(arena, batch, rows, count);
  }
  return keys.flatMap((key, group) => {
    const [from, to] = [starts[group]!, ends[group + 1]!];
    if ('refused' in key || from === to) return [];
    return [
      { key: key.path, batch: from === 0 && to === sorted.rows ? sorted : sliceRows(sorted, from, to) },
    ];
  });
}
