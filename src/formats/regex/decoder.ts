import { isAscii, isUtf8 } from 'node:buffer';
import { type Arena, ArenaWriter, type Records, textVector } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { type CompiledPattern, compilePattern } from './pattern.js';

/** A UTF-16 unit takes at most so many bytes in UTF-8. */
const MAX_UNIT_BYTES = 3;

interface Column {
  readonly name: string;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

/**
 * Decodes records by a regular expression with named groups. A record that holds only ASCII, or is no UTF-8, is
 * matched byte by byte, so its fields are its own bytes; any other is matched as UTF-16, like all JavaScript text.
 */
export class RegexDecoder implements Decoder {
  readonly #pattern: CompiledPattern;

  constructor(pattern: string) {
    this.#pattern = compilePattern(pattern);
  }

  decode(arena: Arena, records: Records, wanted: Wanted): Decoded {
    const { expression } = this.#pattern;
    const { count } = records;
    const names = this.#pattern.names.filter((name) => wanted.all || wanted.names.has(name));
    const columns = names.map((name) => ({ name, starts: arena.int32(count), lengths: arena.int32(count) }));
    const refused: Refusal[] = [];
    const memory = Buffer.from(arena.memory.buffer);
    const writer = new ArenaWriter(arena);
    writer.begin();
    for (let row = 0; row < count; row++) {
      const start = records.starts[row]!;
      const record = memory.subarray(start, start + records.lengths[row]!);
      const encoding = !isAscii(record) && isUtf8(record) ? 'utf8' : 'latin1';
      const match = expression.exec(record.toString(encoding));
      if (!match) refused.push({ row, message: 'expected a record that the pattern matches' });
      for (const column of columns)
        store(writer, memory, column, row, match?.groups?.[column.name], encoding);
    }
    writer.end();
    const vectors = columns.map(
      ({ name, starts, lengths }) => [name, textVector(arena, starts, lengths, count)] as const,
    );
    return { columns: new Map(vectors), document: undefined, refused };
  }
}

function store(
  writer: ArenaWriter,
  memory: Buffer,
  { starts, lengths }: Column,
  row: number,
  text: string | undefined,
  encoding: 'utf8' | 'latin1',
): void {
  starts[row] = writer.reserve((text?.length ?? 0) * MAX_UNIT_BYTES);
  lengths[row] = text === undefined ? -1 : memory.write(text, starts[row]!, encoding);
  if (text !== undefined) writer.advance(starts[row]! + lengths[row]!);
}
