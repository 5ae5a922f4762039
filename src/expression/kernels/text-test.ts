import { type Arena, Tag, textAddress, textLength } from '../../batch/index.js';
import { typeNameOf } from './compare.js';
import { type PlacedConstant, placeConstant } from './equal-text.js';
import type { Frame } from './frame.js';
import { type Kernel, TestKernel } from './kernel.js';
import { addFailure, type Failures, type Rows, type Verdict } from './rows.js';

const encoder = new TextEncoder();

export type TextTest = 'startsWith' | 'endsWith' | 'contains';

/** `startsWith`, `endsWith` and `contains` with a constant. */
export class TextTestKernel extends TestKernel {
  readonly #test: TextTest;
  readonly #operand: Kernel;
  readonly #part: Uint8Array;

  constructor(test: TextTest, operand: Kernel, part: string) {
    super();
    this.#test = test;
    this.#operand = operand;
    this.#part = encoder.encode(part);
  }

  test(frame: Frame, rows: Rows): Verdict {
    const { arena } = frame;
    const { tags, uniform, views, numbers } = this.#operand.evaluate(frame, rows);
    const part = placeConstant(arena, this.#part);
    let texts = rows;
    let failures: Failures | undefined;
    if (uniform !== Tag.TEXT) {
      const textRows = arena.int32(rows.count);
      let count = 0;
      for (let i = 0; i < rows.count; i++) {
        const row = rows.list[i]!;
        const tag = tags[row]!;
        if (tag === Tag.TEXT) textRows[count++] = row;
        else
          failures = addFailure(
            failures,
            row,
            tag === Tag.ERROR ? numbers![row]! : this.#mismatch(frame, tag),
          );
      }
      texts = { list: textRows, count };
    }
    const list = arena.int32(texts.count);
    return { list, count: texts.count === 0 ? 0 : this.#select(arena, views!, part, texts, list), failures };
  }

  #mismatch(frame: Frame, tag: number): number {
    return frame.code(
      `expected string.${this.#test}(string), found ${typeNameOf(tag)}.${this.#test}(string)`,
    );
  }

  #select(arena: Arena, views: Int32Array, part: PlacedConstant, rows: Rows, list: Int32Array): number {
    switch (this.#test) {
      case 'startsWith':
        return selectStarting(arena, views, part, rows, list);
      case 'endsWith':
        return selectEnding(arena, views, part, rows, list);
      case 'contains':
        return selectContaining(arena, views, part, rows, list);
    }
  }
}

/** The first four bytes of any text lie in its view; only texts that agree in them are looked at. */
function selectStarting(
  arena: Arena,
  views: Int32Array,
  part: PlacedConstant,
  rows: Rows,
  list: Int32Array,
): number {
  const { address, length } = part;
  const { equalBytes } = arena.kernels;
  const first = part.view[1]!;
  const mask = length >= 4 ? -1 : (1 << (length * 8)) - 1;
  let count = 0;
  for (let i = 0; i < rows.count; i++) {
    const row = rows.list[i]!;
    if (views[row * 4]! < length || (views[row * 4 + 1]! & mask) !== first) continue;
    list[count] = row;
    count += length <= 4 ? 1 : equalBytes(textAddress(views, row), address, length);
  }
  return count;
}

function selectEnding(
  arena: Arena,
  views: Int32Array,
  part: PlacedConstant,
  rows: Rows,
  list: Int32Array,
): number {
  const { address, length } = part;
  const { bytes } = arena;
  const { equalBytes } = arena.kernels;
  const last = length === 0 ? 0 : bytes[address + length - 1]!;
  let count = 0;
  for (let i = 0; i < rows.count; i++) {
    const row = rows.list[i]!;
    const excess = textLength(views, row) - length;
    if (excess < 0) continue;
    const start = textAddress(views, row) + excess;
    if (length > 0 && bytes[start + length - 1] !== last) continue;
    list[count] = row;
    count += equalBytes(start, address, length);
  }
  return count;
}

function selectContaining(
  arena: Arena,
  views: Int32Array,
  part: PlacedConstant,
  rows: Rows,
  list: Int32Array,
): number {
  const { address, length } = part;
  const { findBytes } = arena.kernels;
  let count = 0;
  for (let i = 0; i < rows.count; i++) {
    const row = rows.list[i]!;
    const size = textLength(views, row);
    if (size < length) continue;
    const start = textAddress(views, row);
    list[count] = row;
    count += findBytes(start, start + size, address, length) >= 0 ? 1 : 0;
  }
  return count;
}
