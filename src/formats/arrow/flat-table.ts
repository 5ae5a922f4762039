/**
 * A table of FlatBuffers (https://flatbuffers.dev/internals/). Every look at it throws RangeError where it leads out of the
 * buffer, so that what is read here and found sound can be given to a library that trusts its input.
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  static rootOf(view: DataView): FlatTable {
    return new FlatTable(view, view.getUint32(0, true));
  }

  uint8(field: number): number {
    const at = this.#fieldAt(field);
    return at === 0 ? 0 : this.#view.getUint8(at);
  }

  int16(field: number): number {
    const at = this.#fieldAt(field);
    return at === 0 ? 0 : this.#view.getInt16(at, true);
  }

  /** Exact up to 2^53. */
  int64(field: number): number {
    const at = this.#fieldAt(field);
    return at === 0 ? 0 : Number(this.#view.getBigInt64(at, true));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#fieldAt(field);
    return at === 0 ? undefined : new FlatTable(this.#view, this.#follow(at));
  }

  tables(field: number): FlatTable[] {
    const { at, count } = this.#vector(field, 4);
    return Array.from({ length: count }, (_, i) => new FlatTable(this.#view, this.#follow(at + i * 4)));
  }

  text(field: number): string | undefined {
    const { at, count } = this.#vector(field, 1);
    const { buffer, byteOffset } = this.#view;
    return at === 0 ? undefined : Buffer.from(buffer, byteOffset + at, count).toString();
  }

  /** How many items of `itemBytes` bytes the vector has. */
  vectorLength(field: number, itemBytes: number): number {
    return this.#vector(field, itemBytes).count;
  }

  #vector(field: number, itemBytes: number): { readonly at: number; readonly count: number } {
    const at = this.#fieldAt(field);
    if (at === 0) return { at: 0, count: 0 };
    const start = this.#follow(at);
    const count = this.#view.getUint32(start, true);
    if (start + 4 + count * itemBytes > this.#view.byteLength)
      throw new RangeError('a vector lies outside of its buffer');
    return { at: start + 4, count };
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  /** 0 where the table has no such field. */
  #fieldAt(field: number): number {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const at = 4 + 2 * field;
    if (at >= this.#view.getUint16(vtable, true)) return 0;
    const offset = this.#view.getUint16(vtable + at, true);
    return offset === 0 ? 0 : this.#at + offset;
  }
}
