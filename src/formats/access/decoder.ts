import { type Arena, type Partition, type Records, setView, Tag, type Vector } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { ACCESS_FIELDS, AccessLine } from './line.js';

const NUMBERS: ReadonlySet<string> = new Set(['timestamp', 'status', 'size']);
/** Integers of so many digits are exact as numbers. */
const MAX_EXACT_DIGITS = 15;
const ZERO = 48;

interface Column {
  readonly index: number;
  readonly name: string;
  readonly tags: Uint8Array;
  readonly numbers: Float64Array | undefined;
  views: Int32Array | undefined;
  absent: number;
  mixed: boolean;
}

/**
 * Decodes access logs: the kernel `splitAccessLog` splits the lines of the usual shape, `AccessLine` the others.
 * `-` is an absent field; status and size are integers.
 */
export class AccessLogDecoder implements Decoder {
  readonly #combined: boolean;
  readonly #line = new AccessLine();

  constructor(combined: boolean) {
    this.#combined = combined;
  }

  decode(arena: Arena, records: Records, wanted: Wanted, _partition: Partition): Decoded {
    const { count } = records;
    const columns = this.#allocate(arena, count, wanted);
    const table = describe(arena, columns);
    const others = arena.int32(count);
    const left = arena.kernels.splitAccessLog(
      records.starts.byteOffset,
      records.lengths.byteOffset,
      count,
      table.byteOffset,
      others.byteOffset,
      this.#combined ? 1 : 0,
    );
    for (const column of columns) column.absent = table[column.index * 3 + 2]!;
    const refused: Refusal[] = [];
    for (let i = 0; i < left; i++) {
      const row = others[i]!;
      const start = records.starts[row]!;
      const message = this.#line.parse(arena.bytes, start, start + records.lengths[row]!, this.#combined);
      if (message !== undefined) refused.push({ row, message });
      for (const column of columns) this.#store(arena, column, row, message === undefined);
    }
    return {
      columns: new Map(columns.map((column) => [column.name, toVector(column, count)])),
      document: undefined,
      refused,
    };
  }

  #allocate(arena: Arena, count: number, wanted: Wanted): Column[] {
    const names = this.#combined ? ACCESS_FIELDS : ACCESS_FIELDS.slice(0, -2);
    const columns: Column[] = [];
    names.forEach((name, index) => {
      if (!wanted.all && !wanted.names.has(name)) return;
      const numbers = NUMBERS.has(name) ? arena.float64(count) : undefined;
      const views = numbers ? undefined : arena.int32(count * 4);
      columns.push({ index, name, tags: arena.uint8(count), numbers, views, absent: 0, mixed: false });
    });
    return columns;
  }

  #store(arena: Arena, column: Column, row: number, accepted: boolean): void {
    const start = this.#line.starts[column.index]!;
    const end = this.#line.ends[column.index]!;
    if (!accepted || start === 0) {
      column.tags[row] = Tag.ABSENT;
      column.absent++;
    } else if (!column.numbers) {
      column.tags[row] = Tag.TEXT;
      setView(arena, column.views!, row, start, end - start);
    } else if (column.name === 'timestamp') {
      column.tags[row] = Tag.TIMESTAMP;
      column.numbers[row] = this.#line.timestampMicros;
    } else {
      storeInteger(arena, column, row, start, end);
    }
  }
}

function storeInteger(arena: Arena, column: Column, row: number, start: number, end: number): void {
  let first = start;
  while (first < end - 1 && arena.bytes[first] === ZERO) first++;
  if (end - first <= MAX_EXACT_DIGITS) {
    let value = 0;
    for (let at = first; at < end; at++) value = value * 10 + arena.bytes[at]! - ZERO;
    column.tags[row] = Tag.INT;
    column.numbers![row] = value;
    return;
  }
  column.views ??= arena.int32(column.tags.length * 4);
  column.mixed = true;
  column.tags[row] = Tag.BIGINT;
  setView(arena, column.views, row, first, end - first);
}

/** The table of columns that the kernel reads: for each field the addresses of its tags and payload, and a counter. */
function describe(arena: Arena, columns: readonly Column[]): Int32Array {
  const table = arena.int32(ACCESS_FIELDS.length * 3).fill(0);
  for (const { index, tags, numbers, views } of columns) {
    table[index * 3] = tags.byteOffset;
    table[index * 3 + 1] = (numbers ?? views!).byteOffset;
  }
  return table;
}

function toVector({ name, tags, numbers, views, absent, mixed }: Column, length: number): Vector {
  const tag = name === 'timestamp' ? Tag.TIMESTAMP : numbers ? Tag.INT : Tag.TEXT;
  const uniform = absent === length ? Tag.ABSENT : absent === 0 && !mixed ? tag : undefined;
  return { length, tags, uniform, numbers, views };
}
