import { Tag } from '../../batch/index.js';
import { HARD } from './column.js';
import { equalsConstant, placeConstant } from './equal-text.js';
import type { Frame } from './frame.js';
import { type Kernel, TestKernel } from './kernel.js';
import { addFailure, type Failures, type Rows, type Verdict } from './rows.js';

const encoder = new TextEncoder();

/** `in` a list of constant texts and numbers. */
export class InConstantsKernel extends TestKernel {
  readonly #operand: Kernel;
  readonly #texts: readonly Uint8Array[];
  readonly #numbers: ReadonlySet<number>;

  constructor(operand: Kernel, texts: readonly string[], numbers: readonly number[]) {
    super();
    this.#operand = operand;
    this.#texts = texts.map((text) => encoder.encode(text));
    this.#numbers = new Set(numbers);
  }

  test(frame: Frame, rows: Rows): Verdict {
    const { arena } = frame;
    const { tags, numbers, views } = this.#operand.evaluate(frame, rows);
    const texts = this.#texts.map((text) => placeConstant(arena, text));
    const list = arena.int32(rows.count);
    let count = 0;
    let failures: Failures | undefined;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      const tag = tags[row]!;
      let isIn = false;
      if (tag === Tag.TEXT) {
        for (let t = 0; t < texts.length && !isIn; t++) isIn = equalsConstant(arena, views!, row, texts[t]!);
      } else if (tag === Tag.INT || tag === Tag.DOUBLE) {
        isIn = this.#numbers.has(numbers![row]!);
      } else if (tag === Tag.ERROR || tag === Tag.BIGINT) {
        failures = addFailure(failures, row, tag === Tag.ERROR ? numbers![row]! : HARD);
      }
      if (isIn) list[count++] = row;
    }
    return { list, count, failures };
  }
}
