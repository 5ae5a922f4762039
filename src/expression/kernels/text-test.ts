import { type Arena, Tag } from '../../batch/index.js';
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

/** Says that a function takes a text, where it got a value of this type. */
export type Mismatch = (type: string) => string;

/** A condition on texts, which fails for all other values. */
export abstract class TextConditionKernel extends TestKernel {
  readonly #operand: Kernel;
  readonly #mismatch: Mismatch;

  constructor(operand: Kernel, mismatch: Mismatch) {
    super();
    this.#operand = operand;
    this.#mismatch = mismatch;
  }

  /** Writes those of the rows, all of which are texts, that fulfil it to `list`; answers how many. */
  protected abstract select(arena: Arena, views: Int32Array, rows: Rows, list: Int32Array): number;

  test(frame: Frame, rows: Rows): Verdict {
    const { arena } = frame;
    const { tags, uniform, views, numbers } = this.#operand.evaluate(frame, rows);
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
            tag === Tag.ERROR ? numbers![row]! : frame.code(this.#mismatch(typeNameOf(tag))),
          );
      }
      texts = { list: textRows, count };
    }
    const list = arena.int32(texts.count);
    const count = texts.count === 0 ? 0 : this.select(arena, views!, texts, list);
    return { list, count, failures };
  }
}

/** `startsWith`, `endsWith` and `contains` with a constant. */
export class TextTestKernel extends TextConditionKernel {
  readonly #test: TextTest;
  readonly #part: Uint8Array;

  constructor(
    test: TextTest,
    operand: Kernel,
    part: string,
    mismatch: Mismatch = (type) => `expected string.${test}(string), found ${type}.${test}(string)`,
  ) {
    super(operand, mismatch);
    this.#test = test;
    this.#part = encoder.encode(part);
  }

  protected select(arena: Arena, views: Int32Array, rows: Rows, into: Int32Array): number {
    return selectTexts(arena, this.#test, this.#part, views, rows, into);
  }
}

/** Writes the rows whose text passes the test to `into`; answers how many. */
export function selectTexts(
  arena: Arena,
  test: TextTest,
  part: Uint8Array,
  views: Int32Array,
  { list, count }: Rows,
  into: Int32Array,
): number {
  const { address, length } = placeConstant(arena, part);
  const select = arena.kernels[SELECTIONS[test]];
  return select(views.byteOffset, list.byteOffset, count, address, length, into.byteOffset);
}
