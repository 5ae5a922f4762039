import { Tag, textAddress, textLength, type Vector } from '../batch/index.js';
import type { HeaderValue } from './binding.js';
import { ByteTable } from './byte-table.js';

/** The values of one header as symbols: none, one that no binding has, and one for each that a binding has. */
export class HeaderSymbols {
  readonly absent: number;
  readonly count: number;
  readonly #other: number;
  readonly #texts: ByteTable;
  readonly #firstText: number;
  /** By value; -0 is 0, as in a Map. */
  readonly #integers = new Map<number, number>();
  readonly #doubles = new Map<number, number>();
  readonly #bools: readonly [number, number];

  constructor(first: number, values: readonly HeaderValue[]) {
    this.absent = first;
    this.#other = first + 1;
    this.#bools = [first + 2, first + 3];
    this.#firstText = first + 4;
    this.#texts = new ByteTable(values.filter((value) => typeof value === 'string'));
    let next = this.#firstText + this.#texts.size;
    for (const value of values) {
      if (typeof value !== 'number') continue;
      const numbers = this.#numbersLike(value);
      if (!numbers.has(value)) numbers.set(value, next++);
    }
    this.count = next - first;
  }

  /** The symbol of a value that a binding has, but for null. */
  ofValue(value: string | number | boolean): number {
    if (typeof value === 'string') return this.#firstText + this.#texts.numberOf(value);
    return typeof value === 'number' ? this.#numbersLike(value).get(value)! : this.#bools[value ? 1 : 0];
  }

  /** The symbol of a row's value. */
  of(bytes: Uint8Array, vector: Vector, row: number): number {
    switch (vector.uniform ?? vector.tags[row]) {
      case Tag.ABSENT:
        return this.absent;
      case Tag.TEXT: {
        const start = textAddress(vector.views!, row);
        const text = this.#texts.find(bytes, start, start + textLength(vector.views!, row));
        return text < 0 ? this.#other : this.#firstText + text;
      }
      case Tag.INT:
        return this.#integers.get(vector.numbers![row]!) ?? this.#other;
      case Tag.DOUBLE:
        return this.#doubles.get(vector.numbers![row]!) ?? this.#other;
      case Tag.BOOL:
        return this.#bools[vector.numbers![row] === 1 ? 1 : 0];
      default:
        return this.#other;
    }
  }

  #numbersLike(value: number): Map<number, number> {
    return Number.isInteger(value) ? this.#integers : this.#doubles;
  }
}
