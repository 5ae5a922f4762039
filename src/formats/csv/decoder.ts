import { type Arena, type Partition, type Records, textVector, type Vector } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { CellKind, type CsvDialect, CsvRow, headerNames, unquote } from './row.js';

const QUOTE = 34;

interface Column {
  readonly name: string;
  readonly cell: number;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

/** Decodes CSV: all values are texts, an empty cell is the empty text, and each record has the header's number of cells. */
export class CsvDecoder implements Decoder {
  readonly #dialect: CsvDialect;
  readonly #columns: readonly string[] | undefined;
  readonly #row: CsvRow;
  #preamble: Uint8Array | undefined;
  #header: readonly string[] | string | undefined;

  constructor(dialect: CsvDialect, columns: readonly string[] | undefined) {
    this.#dialect = dialect;
    this.#columns = columns;
    this.#row = new CsvRow(dialect);
  }

  decode(arena: Arena, records: Records, wanted: Wanted, partition: Partition): Decoded {
    const { count } = records;
    const names = this.#columns ?? this.#headerOf(partition);
    if (typeof names === 'string') {
      const refused = Array.from({ length: count }, (_, row) => ({ row, message: names }));
      return { columns: new Map(), document: undefined, refused };
    }
    const columns: Column[] = [];
    names.forEach((name, cell) => {
      if (!wanted.all && !wanted.names.has(name)) return;
      columns.push({ name, cell, starts: arena.int32(count), lengths: arena.int32(count) });
    });
    const refused: Refusal[] = [];
    if (count > 0) this.#rows(arena, records, names.length, columns, refused);
    const vectors = new Map<string, Vector>();
    for (const { name, starts, lengths } of columns)
      vectors.set(name, textVector(arena, starts, lengths, count));
    return { columns: vectors, document: undefined, refused };
  }

  #headerOf(partition: Partition): readonly string[] | string {
    const { preamble } = partition;
    if (!preamble) return 'there is no header line that names the columns: list them in columns';
    if (!this.#header || !this.#preamble || Buffer.compare(preamble, this.#preamble) !== 0) {
      this.#preamble = preamble;
      this.#header = headerNames(preamble, this.#dialect);
    }
    return this.#header;
  }

  #rows(arena: Arena, records: Records, width: number, columns: readonly Column[], refused: Refusal[]): void {
    const { starts, lengths, count } = records;
    const first = starts[0]!;
    const last = starts[count - 1]! + lengths[count - 1]!;
    const marks = arena.int32(last - first + 1);
    const { delimiter, escapeByte } = this.#dialect;
    const third = escapeByte < 0 ? QUOTE : escapeByte;
    const marked = arena.kernels.indexBytes(first, last, marks.byteOffset, delimiter, QUOTE, third);
    let mark = 0;
    for (let row = 0; row < count; row++) {
      const start = starts[row]!;
      while (mark < marked && marks[mark]! < start) mark++;
      const end = start + lengths[row]!;
      let problem = this.#row.parse(arena.bytes, start, end, marks, marked, mark);
      mark = this.#row.mark;
      if (problem === undefined && this.#row.count !== width)
        problem = wrongWidth(width, this.#row.count, end > start);
      if (problem !== undefined) refused.push({ row, message: problem });
      for (const column of columns) this.#store(arena, column, row, problem === undefined);
    }
  }

  #store(arena: Arena, { cell, starts, lengths }: Column, row: number, accepted: boolean): void {
    const start = this.#row.starts[cell]!;
    const end = this.#row.ends[cell]!;
    if (!accepted) {
      starts[row] = 0;
      lengths[row] = -1;
    } else if (this.#row.kinds[cell] !== CellKind.PLAIN) {
      const copy = arena.allocate(end - start);
      const kind = this.#row.kinds[cell]!;
      starts[row] = copy;
      lengths[row] = unquote(arena.bytes, start, end, kind, this.#dialect, copy) - copy;
    } else {
      starts[row] = start;
      lengths[row] = end - start;
    }
  }
}

function wrongWidth(expected: number, found: number, hasText: boolean): string {
  const cells = (n: number): string => `${n} ${n === 1 ? 'cell' : 'cells'}`;
  return `expected ${cells(expected)} as there are columns, found ${hasText ? cells(found) : 'an empty line'}`;
}
