import type { TextColumn } from '#component';
import type { Slice } from './batch-builder.js';

/** One text of a column at a time, as bytes. */
export class Texts implements Slice {
  readonly bytes: Uint8Array;
  start = -1;
  end = -1;
  readonly #ends: Int32Array;
  #last: string | undefined;
  #lastStart = -1;
  #lastEnd = -1;

  constructor({ bytes, ends }: TextColumn) {
    this.bytes = bytes;
    this.#ends = ends;
  }

  set(row: number): void {
    const end = this.#ends[row]!;
    const before = row === 0 ? 0 : this.#ends[row - 1]!;
    this.start = end < 0 ? -1 : before < 0 ? ~before : before;
    this.end = end < 0 ? -1 : end;
  }

  /** As a string, which is made anew only where it differs from the last one. */
  at(row: number): string | undefined {
    this.set(row);
    if (this.start < 0) return undefined;
    if (this.#last !== undefined && this.#isLast()) return this.#last;
    this.#lastStart = this.start;
    this.#lastEnd = this.end;
    this.#last = Buffer.from(
      this.bytes.buffer,
      this.bytes.byteOffset + this.start,
      this.end - this.start,
    ).toString();
    return this.#last;
  }

  #isLast(): boolean {
    const length = this.end - this.start;
    if (length !== this.#lastEnd - this.#lastStart) return false;
    for (let i = 0; i < length; i++)
      if (this.bytes[this.start + i] !== this.bytes[this.#lastStart + i]) return false;
    return true;
  }
}

export const NONE: Slice = { bytes: new Uint8Array(0), start: -1, end: -1 };
