import { type Arena, ArenaWriter, type Document, Tag, textVector, type Vector } from '../../batch/index.js';
import { MemberWriter } from './encode.js';

const CLOSE = 125;

/**
 * The documents' texts without their hidden members: one JSON object a row, `{}` where a row has none. Whoever is going to
 * write a document more than once does not want to pass over what is hidden each time.
 */
export function visibleDocuments(arena: Arena, document: Document): Vector {
  const rows = document.vector.length;
  const starts = arena.int32(rows);
  const lengths = arena.int32(rows);
  const writer = new ArenaWriter(arena);
  writer.begin();
  const members = new MemberWriter(document, rows, false, writer);
  for (let row = 0; row < rows; row++) {
    starts[row] = writer.at;
    members.write(row);
    writer.byte(CLOSE);
    lengths[row] = writer.at - starts[row]!;
  }
  writer.end();
  return textVector(arena, starts, lengths, rows, Tag.JSON);
}
