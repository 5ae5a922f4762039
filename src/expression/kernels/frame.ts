import { type Arena, type Batch, fieldOf, Tag, type Vector } from '../../batch/index.js';
import { type NewTextColumn, newTexts } from './column.js';
import { memberOfRow } from './member.js';
import { resolveRow } from './resolve.js';
import { allRows, type Rows } from './rows.js';

/** The tag of rows that have not been looked into yet. */
const UNKNOWN = 255;

/** A step into a nested value: a member's name or an item's index. */
export type Step = { readonly name: string; readonly bytes: Uint8Array } | number;

/** A field, or what is reached from it by constant names and indexes. */
export interface Path {
  /** The same for equal paths. */
  readonly key: string;
  /** The field's; undefined: it begins in what is said of a message. */
  readonly name: string | undefined;
  readonly steps: readonly Step[];
}

/** What the kernels of one program share while they evaluate one batch. */
export class Frame {
  readonly arena: Arena;
  readonly batch: Batch;
  readonly rows: Rows;
  /** Where kernels write what they found: two addresses. */
  readonly found: Int32Array;
  /** The messages of errors, by their codes. */
  readonly messages: string[] = ['only the row interpreter can tell', 'expected a bool'];
  readonly #placed = new Map<Uint8Array, number>();
  readonly #codes = new Map<string, number>();
  readonly #columns = new Map<string, Vector>();
  readonly #members = new Map<string, NewTextColumn>();
  readonly #resolved = new Map<string, NewTextColumn>();

  constructor(arena: Arena, batch: Batch) {
    this.arena = arena;
    this.batch = batch;
    this.rows = allRows(arena, batch.rows);
    this.found = arena.int32(2);
  }

  /** The address of constant bytes, which are placed once. */
  place(bytes: Uint8Array): number {
    let address = this.#placed.get(bytes);
    if (address === undefined) {
      address = this.arena.place(bytes);
      this.#placed.set(bytes, address);
    }
    return address;
  }

  /** The code of a message. */
  code(message: string): number {
    let code = this.#codes.get(message);
    if (code === undefined) {
      code = this.messages.push(message) - 1;
      this.#codes.set(message, code);
    }
    return code;
  }

  /** The field as its decoder gave it; absent in every row where the batch does not have it. */
  column(name: string): Vector {
    let vector = this.#columns.get(name);
    if (!vector) {
      vector = fieldOf(this.batch, name) ?? this.#absent();
      if (vector.errors) vector = this.#withCodes(vector, vector.errors);
      this.#columns.set(name, vector);
    }
    return vector;
  }

  #said(): Vector {
    return this.batch.origin.meta ?? this.#absent();
  }

  #absent(): Vector {
    const length = this.batch.rows;
    const tags = this.arena.uint8(length).fill(Tag.ABSENT);
    return { length, tags, uniform: Tag.ABSENT, numbers: undefined, views: undefined };
  }

  /** A column that carries errors of its own, its codes being ours. */
  #withCodes(vector: Vector, errors: readonly string[]): Vector {
    const numbers = this.arena.float64(vector.length);
    if (vector.numbers) numbers.set(vector.numbers.subarray(0, vector.length));
    for (let row = 0; row < vector.length; row++) {
      if (vector.tags[row] === Tag.ERROR) numbers[row] = this.code(errors[numbers[row]!] ?? 'an error');
    }
    const { length, tags, uniform, views } = vector;
    return { length, tags, uniform, numbers, views };
  }

  /** The values at a path as they stand: what comes from JSON is JSON. Each row is looked for once. */
  raw(path: Path, rows: Rows): Vector {
    const base = path.name === undefined ? this.#said() : this.column(path.name);
    if (path.steps.length === 0) return base;
    const members = this.#cached(this.#members, path);
    if (this.#walk(base, path, members, rows) === 0) return members;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      if (members.tags[row] === UNKNOWN) memberOfRow(this, base, path, members, row);
    }
    return members;
  }

  /** The values at a path with tags that say what they are. Each row is resolved once. */
  resolved(path: Path, rows: Rows): Vector {
    const raw = this.raw(path, rows);
    if (raw.uniform !== undefined ? raw.uniform !== Tag.JSON : raw.tags.indexOf(Tag.JSON) < 0) return raw;
    const resolved = this.#cached(this.#resolved, path);
    if (this.#resolve(raw, resolved, rows) === 0) return resolved;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      if (resolved.tags[row] === UNKNOWN) resolveRow(this.arena, raw, resolved, row);
    }
    return resolved;
  }

  /** Walks along a path from rows of JSON. Returns how many rows are left, for one cannot do it by their bytes alone. */
  #walk(base: Vector, { steps }: Path, members: NewTextColumn, { list, count }: Rows): number {
    const { arena } = this;
    const tags = jsonTags(arena, base);
    if (tags === undefined) return count;
    const words = arena.int32(steps.length * 2);
    steps.forEach((step, i) => {
      words[i * 2] = typeof step === 'number' ? step : this.place(step.bytes);
      words[i * 2 + 1] = typeof step === 'number' ? -1 : step.bytes.length;
    });
    // Keys with escapes are written out behind everything allocated, where nothing has to stay.
    const { top, capacity } = arena;
    const [from, to] = [base.views!.byteOffset, members.views.byteOffset];
    const { walkJson } = arena.kernels;
    const [out, found] = [members.tags.byteOffset, this.found.byteOffset];
    const room = capacity - top;
    const { byteOffset } = words;
    return walkJson(tags, from, list.byteOffset, count, byteOffset, steps.length, out, to, found, top, room);
  }

  /** Resolves rows of JSON. Returns how many rows are left, for one cannot do it by their bytes alone. */
  #resolve(raw: Vector, resolved: NewTextColumn, { list, count }: Rows): number {
    const tags = jsonTags(this.arena, raw);
    if (tags === undefined) return count;
    const { tags: out, numbers, views } = resolved;
    return this.arena.kernels.resolveJson(
      tags,
      raw.views!.byteOffset,
      list.byteOffset,
      count,
      out.byteOffset,
      numbers.byteOffset,
      views.byteOffset,
    );
  }

  #cached(cache: Map<string, NewTextColumn>, path: Path): NewTextColumn {
    let column = cache.get(path.key);
    if (!column) {
      column = newTexts(this.arena, this.batch.rows);
      column.tags.fill(UNKNOWN);
      cache.set(path.key, column);
    }
    return column;
  }
}

/** The address of the tags of a column that may hold JSON, 0 when all rows do; undefined where kernels cannot look. */
function jsonTags(arena: Arena, { uniform, tags, views }: Vector): number | undefined {
  if (uniform === Tag.JSON) return 0;
  const isInArena = tags.buffer === arena.memory.buffer;
  return uniform === undefined && views && isInArena ? tags.byteOffset : undefined;
}
