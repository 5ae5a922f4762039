import {
  type Arena,
  ArenaWriter,
  type Batch,
  type Document,
  fieldOf,
  Tag,
  textVector,
} from '../batch/index.js';
import type { Decoded } from '../formats/index.js';
import { DocumentJoiner } from './join-documents.js';
import { coalesce, withField, withHidden, withoutFields } from './record.js';

/**
 * Adds the fields of `decoded` to the record, where they win over the record's own of the same name.
 * @param source the record's field that is left out before that
 */
export function mergeParsed(
  arena: Arena,
  record: Batch,
  decoded: Decoded,
  source: string | undefined,
): Batch {
  let merged: Batch = source === undefined ? record : withoutFields(record, [source]);
  if (decoded.document) merged = withDocument(arena, merged, decoded.document);
  for (const [name, vector] of decoded.columns) {
    merged = withField(merged, name, coalesce(arena, vector, fieldOf(merged, name)));
  }
  return { ...merged, untouched: undefined };
}

function withDocument(arena: Arena, record: Batch, parsed: Document): Batch {
  const columns = new Map(record.columns);
  const clashing: string[] = [];
  for (const [name, column] of record.columns) {
    const member = parsed.members.get(name);
    if (!member || member.uniform === Tag.ABSENT) continue;
    columns.set(name, coalesce(arena, member, column));
    clashing.push(name);
  }
  const document = record.document ? joinDocuments(arena, record.document, parsed) : parsed;
  return { ...record, columns, document: withHidden(document, clashing) };
}

/** One JSON object a row with the members of both that are not hidden; those of `parsed` win. */
function joinDocuments(arena: Arena, own: Document, parsed: Document): Document {
  const rows = own.vector.length;
  const starts = arena.int32(rows);
  const lengths = arena.int32(rows);
  const writer = new ArenaWriter(arena);
  const joiner = new DocumentJoiner(writer, own.hidden);
  writer.begin();
  for (let row = 0; row < rows; row++) {
    const start = writer.at;
    joiner.join(own.vector, parsed.vector, row);
    starts[row] = start;
    lengths[row] = writer.at - start;
  }
  writer.end();
  const members = new Map(parsed.members);
  for (const [name, vector] of own.members) {
    const member = members.get(name);
    if (!own.hidden.has(name)) members.set(name, member ? coalesce(arena, member, vector) : vector);
  }
  return { vector: textVector(arena, starts, lengths, rows, Tag.JSON), hidden: new Set(), members };
}
