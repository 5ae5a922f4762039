import type { Arena, Partition, Records } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { lineColumns } from './columns.js';
import type { LineParser } from './parser.js';

/** Decodes records of which a parser knows all fields; only the wanted ones become columns. */
export class LineDecoder implements Decoder {
  readonly #parser: LineParser;

  constructor(parser: LineParser) {
    this.#parser = parser;
  }

  decode(arena: Arena, records: Records, wanted: Wanted, _partition: Partition, readAtMs: number): Decoded {
    const parser = this.#parser;
    const { count, starts, lengths } = records;
    const columns = lineColumns(arena, parser.fields, count, wanted);
    const refused: Refusal[] = [];
    for (let row = 0; row < count; row++) {
      const start = starts[row]!;
      const message = parser.parse(arena.bytes, start, start + lengths[row]!, readAtMs);
      if (message !== undefined) refused.push({ row, message });
      for (const column of columns) column.store(row, parser, message === undefined);
    }
    return {
      columns: new Map(columns.map((column) => [column.field.name, column.vector()])),
      document: undefined,
      refused,
    };
  }
}
