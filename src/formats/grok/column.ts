import { type Arena, type ArenaWriter, Tag, type Vector } from '../../batch/index.js';
import type { Tree } from './columns.js';
import { capturedValue, jsonOf, type Value } from './values.js';

/** A UTF-16 unit takes at most so many bytes in UTF-8. */
const MAX_UNIT_BYTES = 3;

/** The values of one field. */
export class Column {
  readonly name: string;
  readonly #rows: number;
  readonly #tags: Uint8Array;
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #numbers: Float64Array;
  readonly #memory: Buffer;

  constructor(arena: Arena, memory: Buffer, name: string, rows: number) {
    this.name = name;
    this.#rows = rows;
    this.#memory = memory;
    this.#tags = arena.uint8(rows).fill(Tag.ABSENT);
    this.#starts = arena.int32(rows);
    this.#lengths = arena.int32(rows).fill(-1);
    this.#numbers = arena.float64(rows);
  }

  /** Takes what the match holds of the field. Throws NoValue. */
  store(
    writer: ArenaWriter,
    row: number,
    tree: Tree,
    match: RegExpExecArray,
    encoding: 'utf8' | 'latin1',
  ): void {
    if ('captures' in tree && tree.captures.length === 1) {
      const value = capturedValue(tree.captures[0]!, match);
      if (value !== undefined) this.#value(writer, row, value, encoding);
      return;
    }
    const several = 'captures' in tree ? tree.captures.filter(({ number }) => match[number]) : undefined;
    if (several?.length === 1) {
      this.#value(writer, row, capturedValue(several[0]!, match)!, encoding);
      return;
    }
    const json = jsonOf(tree, match);
    if (json !== undefined) this.#text(writer, row, Tag.JSON, json, encoding);
  }

  /** Forgets what was stored of a record that was refused. */
  forget(row: number): void {
    this.#tags[row] = Tag.ABSENT;
    this.#lengths[row] = -1;
  }

  vector(arena: Arena): Vector {
    const rows = this.#rows;
    const tags = this.#tags;
    const views = arena.int32(rows * 4);
    arena.kernels.makeViews(this.#starts.byteOffset, this.#lengths.byteOffset, rows, views.byteOffset);
    let row = 1;
    while (row < rows && tags[row] === tags[0]) row++;
    const uniform = row >= rows && rows > 0 ? (tags[0] as Tag) : undefined;
    return { length: rows, tags, uniform, numbers: this.#numbers, views };
  }

  #value(writer: ArenaWriter, row: number, value: Value, encoding: 'utf8' | 'latin1'): void {
    switch (typeof value) {
      case 'string':
        this.#text(writer, row, Tag.TEXT, value, encoding);
        return;
      case 'bigint':
        this.#text(writer, row, Tag.BIGINT, String(value), encoding);
        return;
      case 'boolean':
        this.#tags[row] = Tag.BOOL;
        this.#numbers[row] = value ? 1 : 0;
        return;
      case 'number':
        this.#tags[row] = Number.isSafeInteger(value) ? Tag.INT : Tag.DOUBLE;
        this.#numbers[row] = value;
    }
  }

  #text(writer: ArenaWriter, row: number, tag: Tag, text: string, encoding: 'utf8' | 'latin1'): void {
    const start = writer.reserve(text.length * MAX_UNIT_BYTES);
    const length = this.#memory.write(text, start, encoding);
    this.#tags[row] = tag;
    this.#starts[row] = start;
    this.#lengths[row] = length;
    writer.advance(start + length);
  }
}
