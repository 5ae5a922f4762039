import { type Arena, setView, Tag, textAddress, textLength } from '../../batch/index.js';
import type { Frame, Path } from './frame.js';
import type { Kernel } from './kernel.js';
import { TestKernel } from './kernel.js';
import { PathKernel } from './path.js';
import { hasBackslash } from './resolve.js';
import { addFailure, type Failures, mergeRows, type Rows, type Verdict } from './rows.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The longest text that lies in its view itself. */
const INLINE_BYTES = 12;
const QUOTE = 0x22;
/** The longest escape, `\u0041`, has six bytes for one. */
const LONGEST_ESCAPE = 6;

/** Compares a column with a constant text: of short texts four integers, and JSON strings without unquoting them. */
export class EqualTextKernel extends TestKernel {
  readonly #operand: Kernel;
  readonly #path: Path | undefined;
  readonly #text: string;
  readonly #plain: Uint8Array;
  readonly #quoted: Uint8Array;

  constructor(operand: Kernel, text: string) {
    super();
    this.#operand = operand;
    this.#text = text;
    this.#plain = encoder.encode(text);
    this.#quoted = encoder.encode(`"${text}"`);
    // A text that must be escaped never stands in JSON as it is.
    const isPlainInJson = !/[\\"\p{Cc}\p{Surrogate}]/u.test(text);
    this.#path = operand instanceof PathKernel && isPlainInJson ? operand.path : undefined;
  }

  test(frame: Frame, rows: Rows): Verdict {
    const vector = this.#path ? frame.raw(this.#path, rows) : this.#operand.evaluate(frame, rows);
    const { arena } = frame;
    const list = arena.int32(rows.count);
    const plain = placeConstant(arena, this.#plain);
    if (vector.uniform === Tag.TEXT) {
      const [views, from] = [vector.views!.byteOffset, rows.list.byteOffset];
      const { selectEqual } = arena.kernels;
      const count = selectEqual(views, from, rows.count, plain.view.byteOffset, list.byteOffset);
      return { list, count, failures: undefined };
    }
    const quoted = placeConstant(arena, this.#quoted);
    if (vector.uniform === Tag.JSON) {
      return { ...this.#selectJson(arena, vector.views!, quoted, rows), failures: undefined };
    }
    let count = 0;
    let failures: Failures | undefined;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.list[i]!;
      const tag = vector.tags[row]!;
      let isEqual = false;
      if (tag === Tag.JSON) isEqual = this.#equalsJson(arena, vector.views!, row, quoted);
      else if (tag === Tag.TEXT) isEqual = equalsConstant(arena, vector.views!, row, plain);
      else if (tag === Tag.ERROR) failures = addFailure(failures, row, vector.numbers![row]!);
      if (isEqual) list[count++] = row;
    }
    return { list, count, failures };
  }

  /** The rows of a column of JSON that are the text. */
  #selectJson(arena: Arena, views: Int32Array, quoted: PlacedConstant, rows: Rows): Rows {
    const list = arena.int32(rows.count);
    const doubtful = arena.int32(rows.count + 1);
    const count = arena.kernels.selectEqualJson(
      views.byteOffset,
      rows.list.byteOffset,
      rows.count,
      quoted.view.byteOffset,
      quoted.length * LONGEST_ESCAPE,
      list.byteOffset,
      doubtful.byteOffset,
    );
    const escaped = doubtful.subarray(1);
    let equal = 0;
    for (let i = 0; i < doubtful[0]!; i++) {
      if (this.#equalsEscaped(arena, views, escaped[i]!)) escaped[equal++] = escaped[i]!;
    }
    return mergeRows(arena, { list, count }, { list: escaped, count: equal });
  }

  /** A JSON string without escapes is equal exactly when its quoted bytes are. */
  #equalsJson(arena: Arena, views: Int32Array, row: number, quoted: PlacedConstant): boolean {
    const length = textLength(views, row);
    if (length <= quoted.length) return equalsConstant(arena, views, row, quoted);
    return length <= quoted.length * LONGEST_ESCAPE && this.#equalsEscaped(arena, views, row);
  }

  /** An escape is longer than what it stands for, so only longer JSON can be the text in another spelling. */
  #equalsEscaped(arena: Arena, views: Int32Array, row: number): boolean {
    const start = textAddress(views, row);
    const length = textLength(views, row);
    if (arena.bytes[start] !== QUOTE || !hasBackslash(arena, start, length)) return false;
    return JSON.parse(decoder.decode(arena.bytes.subarray(start, start + length))) === this.#text;
  }
}

/** A constant text in the arena, and the four integers of its view. */
export interface PlacedConstant {
  readonly address: number;
  readonly length: number;
  readonly view: Int32Array;
}

export function placeConstant(arena: Arena, bytes: Uint8Array): PlacedConstant {
  const address = arena.place(bytes);
  const view = arena.int32(4);
  setView(arena, view, 0, address, bytes.length);
  return { address, length: bytes.length, view };
}

/** Whether row `row`'s text is the constant. */
export function equalsConstant(
  arena: Arena,
  views: Int32Array,
  row: number,
  constant: PlacedConstant,
): boolean {
  const at = row * 4;
  const { view } = constant;
  if (views[at] !== view[0] || views[at + 1] !== view[1]) return false;
  if (constant.length <= INLINE_BYTES) return views[at + 2] === view[2] && views[at + 3] === view[3];
  return arena.kernels.equalBytes(views[at + 3]!, constant.address, constant.length) === 1;
}
