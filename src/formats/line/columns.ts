import { isDigit } from '../../base/ascii.js';
import {
  type Arena,
  ArenaWriter,
  type FieldKind,
  type Shape,
  setView,
  Tag,
  type Vector,
} from '../../batch/index.js';
import type { Wanted } from '../format.js';
import type { LineField, LineParser } from './parser.js';

/** Integers of so many digits are exact as numbers. */
const MAX_EXACT_DIGITS = 15;
/** Up to this power of ten, quotients of exact integers are rounded once only. */
const MAX_EXACT_POWER = 22;
const ZERO = 48;
const POINT = 46;
const MAX_INLINE_BYTES = 12;

/** What the plan knows of records with these fields. */
export function shapeOfLine(fields: readonly LineField[]): Shape {
  const kindOf = ({ kind }: LineField): FieldKind => (kind === 'json' ? 'any' : kind);
  return { fields: new Map(fields.map((field) => [field.name, kindOf(field)])), open: false };
}

/** A column under construction: one field of all records of a batch. */
export class LineColumn {
  readonly field: LineField;
  readonly index: number;
  readonly tags: Uint8Array;
  readonly numbers: Float64Array | undefined;
  views: Int32Array | undefined;
  absent = 0;
  readonly #arena: Arena;
  readonly #values: Int32Array | undefined;
  readonly #writer: ArenaWriter;
  #mixed = false;

  constructor(arena: Arena, field: LineField, index: number, count: number) {
    this.field = field;
    this.index = index;
    this.#arena = arena;
    this.#writer = new ArenaWriter(arena);
    const { kind, values } = field;
    this.tags = arena.uint8(count);
    this.numbers = kind === 'text' || kind === 'json' ? undefined : arena.float64(count);
    this.views = this.numbers ? undefined : arena.int32(count * 4);
    this.#values = values && inlineViews(values);
  }

  /** The address of what the column holds for each row. */
  get payload(): number {
    return (this.numbers ?? this.views!).byteOffset;
  }

  /** Stores the field of the record that the parser has read, as absent where the record was refused. */
  store(row: number, parser: LineParser, accepted: boolean): void {
    const start = parser.starts[this.index]!;
    if (!accepted || start === 0) {
      this.tags[row] = Tag.ABSENT;
      this.absent++;
      return;
    }
    const end = parser.ends[this.index]!;
    switch (this.field.kind) {
      case 'text':
        this.tags[row] = Tag.TEXT;
        if (this.#values) this.#value(row, parser.numbers[this.index]!);
        else setView(this.#arena, this.views!, row, start, end - start);
        return;
      case 'int':
        this.#integer(row, start, end);
        return;
      case 'double':
        this.tags[row] = Tag.DOUBLE;
        this.numbers![row] = numberAt(this.#arena.bytes, start, end);
        return;
      case 'timestamp':
        this.tags[row] = Tag.TIMESTAMP;
        this.numbers![row] = parser.numbers[this.index]!;
        return;
      case 'json':
        this.#json(row, parser);
    }
  }

  vector(): Vector {
    const { tags, numbers, views, absent } = this;
    const { length } = tags;
    const tag = TAGS[this.field.kind];
    const uniform = absent === length ? Tag.ABSENT : absent === 0 && !this.#mixed ? tag : undefined;
    return { length, tags, uniform, numbers, views };
  }

  #value(row: number, value: number): void {
    for (let i = 0; i < 4; i++) this.views![row * 4 + i] = this.#values![value * 4 + i]!;
  }

  #integer(row: number, start: number, end: number): void {
    const { bytes } = this.#arena;
    let first = start;
    while (first < end - 1 && bytes[first] === ZERO) first++;
    if (end - first <= MAX_EXACT_DIGITS) {
      let value = 0;
      for (let at = first; at < end; at++) value = value * 10 + bytes[at]! - ZERO;
      this.tags[row] = Tag.INT;
      this.numbers![row] = value;
      return;
    }
    this.views ??= this.#arena.int32(this.tags.length * 4);
    this.#mixed = true;
    this.tags[row] = Tag.BIGINT;
    setView(this.#arena, this.views, row, first, end - first);
  }

  #json(row: number, parser: LineParser): void {
    this.#writer.begin();
    parser.writeJson(this.index, this.#writer);
    const { start, end } = this.#writer.end();
    this.tags[row] = Tag.JSON;
    setView(this.#arena, this.views!, row, start, end - start);
  }
}

const TAGS: Readonly<Record<LineField['kind'], Tag>> = {
  text: Tag.TEXT,
  int: Tag.INT,
  double: Tag.DOUBLE,
  timestamp: Tag.TIMESTAMP,
  json: Tag.JSON,
};

/** The columns of those fields that are wanted. */
export function lineColumns(
  arena: Arena,
  fields: readonly LineField[],
  count: number,
  wanted: Wanted,
): LineColumn[] {
  return fields.flatMap((field, index) =>
    wanted.all || wanted.names.has(field.name) ? [new LineColumn(arena, field, index, count)] : [],
  );
}

/** The number whose digits, perhaps with a point among them, stand at [start, end). */
export function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let digits = 0;
  let point = end;
  for (let at = start; at < end; at++) {
    if (isDigit(bytes[at]!)) {
      value = value * 10 + bytes[at]! - ZERO;
      if (value > 0) digits++;
    } else if (bytes[at] === POINT) {
      point = at + 1;
    }
  }
  if (digits <= MAX_EXACT_DIGITS && end - point <= MAX_EXACT_POWER) return value / 10 ** (end - point);
  return Number(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
}

/** The views of short texts, which hold them in full. */
function inlineViews(texts: readonly string[]): Int32Array {
  const views = new Int32Array(texts.length * 4);
  const bytes = new Uint8Array(views.buffer);
  texts.forEach((text, index) => {
    if (text.length > MAX_INLINE_BYTES) throw new Error(`"${text}" is too long to stand in its view`);
    views[index * 4] = text.length;
    bytes.set(new TextEncoder().encode(text), index * 16 + 4);
  });
  return views;
}
