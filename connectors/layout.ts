import { type DetachedVector, Tag } from '#component';

export const VIEW_BYTES = 16;
/** Texts that are no longer stand in their view. */
export const INLINE_BYTES = 12;

/** A value in a column; texts of all kinds are strings. */
export interface Cell {
  readonly tag: Tag;
  readonly value?: string | number;
}

/** Lays a detached batch out: each part at a multiple of 8. */
export class Layout {
  readonly #rows: number;
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  constructor(rows: number) {
    this.#rows = rows;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts, this.#length);
  }

  /** The records one behind another, each with a newline. */
  records(values: readonly Uint8Array[]): { readonly starts: number[]; readonly lengths: number[] } {
    const newline = Uint8Array.of(10);
    let at = this.#length;
    const starts = values.map((value) => {
      const start = at;
      at += value.length + 1;
      return start;
    });
    this.#add(Buffer.concat(values.flatMap((value) => [value, newline])));
    return { starts, lengths: values.map((value) => value.length) };
  }

  /** @param starts where the texts lie */
  texts(name: string, texts: readonly Uint8Array[], starts: readonly number[]): DetachedVector {
    const views = Buffer.alloc(this.#rows * VIEW_BYTES);
    for (const [row, text] of texts.entries()) writeView(views, row, text, starts[row]!);
    const tags = this.#add(new Uint8Array(this.#rows).fill(Tag.JSON));
    return { name, uniform: Tag.JSON, tags, numbers: undefined, views: this.#add(views), errors: undefined };
  }

  vector(name: string, cells: readonly Cell[]): DetachedVector {
    const tags = this.#add(Uint8Array.from(cells, ({ tag }) => tag));
    const numbers = Float64Array.from(cells, ({ value }) => (typeof value === 'number' ? value : 0));
    const texts = cells.map(({ value }) => Buffer.from(typeof value === 'string' ? value : ''));
    const hasTexts = cells.some(({ value }) => typeof value === 'string');
    const hasNumbers = cells.some(({ value }) => typeof value === 'number');
    return {
      name,
      uniform: undefined,
      tags,
      numbers: hasNumbers ? this.#add(new Uint8Array(numbers.buffer)) : undefined,
      views: hasTexts ? this.#textViews(texts) : undefined,
      errors: undefined,
    };
  }

  int32(numbers: readonly number[]): number {
    return this.#add(new Uint8Array(Int32Array.from(numbers).buffer));
  }

  float64(numbers: readonly number[]): number {
    return this.#add(new Uint8Array(Float64Array.from(numbers).buffer));
  }

  #textViews(texts: readonly Buffer[]): number {
    const views = Buffer.alloc(this.#rows * VIEW_BYTES);
    let at = this.#add(Buffer.concat(texts));
    for (const [row, text] of texts.entries()) {
      writeView(views, row, text, at);
      at += text.length;
    }
    return this.#add(views);
  }

  /** Returns the place of the part. */
  #add(part: Uint8Array): number {
    const at = this.#length;
    const rest = (8 - (part.length % 8)) % 8;
    this.#parts.push(part, new Uint8Array(rest));
    this.#length += part.length + rest;
    return at;
  }
}

function writeView(views: Buffer, row: number, text: Uint8Array, start: number): void {
  const at = row * VIEW_BYTES;
  views.writeInt32LE(text.length, at);
  views.set(text.subarray(0, text.length > INLINE_BYTES ? 4 : INLINE_BYTES), at + 4);
  if (text.length > INLINE_BYTES) views.writeInt32LE(start, at + 12);
}
