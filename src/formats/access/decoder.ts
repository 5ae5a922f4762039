import type { Arena, Partition, Records } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { type LineColumn, lineColumns } from '../line/index.js';
import { AccessLine, COMBINED_FIELDS } from './line.js';

/**
 * Decodes access logs: the kernel `splitAccessLog` splits the lines of the usual shape, `AccessLine` the others.
 * `-` is an absent field; status and size are integers.
 */
export class AccessLogDecoder implements Decoder {
  readonly #combined: boolean;
  readonly #line: AccessLine;

  constructor(combined: boolean) {
    this.#combined = combined;
    this.#line = new AccessLine(combined);
  }

  decode(arena: Arena, records: Records, wanted: Wanted, _partition: Partition, readAtMs: number): Decoded {
    const { count } = records;
    const columns = lineColumns(arena, this.#line.fields, count, wanted);
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
      const message = this.#line.parse(arena.bytes, start, start + records.lengths[row]!, readAtMs);
      if (message !== undefined) refused.push({ row, message });
      for (const column of columns) column.store(row, this.#line, message === undefined);
    }
    return {
      columns: new Map(columns.map((column) => [column.field.name, column.vector()])),
      document: undefined,
      refused,
    };
  }
}

/** The table of columns that the kernel reads: for each field the addresses of its tags and payload, and a counter. */
function describe(arena: Arena, columns: readonly LineColumn[]): Int32Array {
  const table = arena.int32(COMBINED_FIELDS.length * 3).fill(0);
  for (const { index, tags, payload } of columns) {
    table[index * 3] = tags.byteOffset;
    table[index * 3 + 1] = payload;
  }
  return table;
}
