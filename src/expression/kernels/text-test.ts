import { Tag } from '../../batch/index.js';
import { typeNameOf } from './compare.js';
import { placeConstant } from './equal-text.js';
import type { Frame } from './frame.js';
import { type Kernel, TestKernel } from './kernel.js';
import { addFailure, type Failures, type Rows, type Verdict } from './rows.js';

const encoder = new TextEncoder();

export type TextTest = 'startsWith' | 'endsWith' | 'contains';

const SELECTIONS = {
  startsWith: 'selectStarting',
  endsWith: 'selectEnding',
  contains: 'selectContaining',
} as const;

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
    if (texts.count === 0) return { list, count: 0, failures };
    const select = arena.kernels[SELECTIONS[this.#test]];
    const { address, length } = part;
    const count = select(
      views!.byteOffset,
      texts.list.byteOffset,
      texts.count,
      address,
      length,
      list.byteOffset,
    );
    return { list, count, failures };
  }

  #mismatch(frame: Frame, tag: number): number {
    return frame.code(
      `expected string.${this.#test}(string), found ${typeNameOf(tag)}.${this.#test}(string)`,
    );
  }
}
