import {
  type Arena,
  ArenaWriter,
  type Batch,
  type Document,
  fieldOf,
  Tag,
  textAddress,
  textLength,
  textVector,
  type Vector,
} from '../batch/index.js';
import type { Decoded } from '../formats/index.js';
import { Members } from '../formats/members.js';
import { coalesce, withField, withHidden, withoutFields } from './record.js';

const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const QUOTE = 34;
const COLON = 58;
const COMMA = 44;
const MESSAGE = new TextEncoder().encode('message');

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
  const joiner = new Joiner(writer, own.hidden);
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

class Joiner {
  readonly #writer: ArenaWriter;
  readonly #hidden: ReadonlySet<string>;
  readonly #members = new Members();
  readonly #parsedKeys = new Set<string>();
  #first = true;

  constructor(writer: ArenaWriter, hidden: ReadonlySet<string>) {
    this.#writer = writer;
    this.#hidden = hidden;
  }

  join(own: Vector, parsed: Vector, row: number): void {
    this.#parsedKeys.clear();
    this.#start(parsed, row);
    while (this.#members.next()) this.#parsedKeys.add(this.#members.key());
    this.#writer.byte(OPEN_BRACE);
    this.#first = true;
    this.#start(own, row);
    while (this.#members.next()) {
      const name = this.#members.key();
      if (!this.#hidden.has(name) && !this.#parsedKeys.has(name)) this.#copyMember();
    }
    this.#start(parsed, row);
    while (this.#members.next()) this.#copyMember();
    this.#writer.byte(CLOSE_BRACE);
  }

  #start({ views }: Vector, row: number): void {
    const address = textAddress(views!, row);
    this.#members.start(this.#writer.arena.bytes, address, address + textLength(views!, row));
  }

  #copyMember(): void {
    const { implied, keyStart, keyEnd, valueStart, valueEnd } = this.#members;
    const writer = this.#writer;
    if (!this.#first) writer.byte(COMMA);
    this.#first = false;
    writer.byte(QUOTE);
    if (implied) writer.bytes(MESSAGE);
    else writer.copy(keyStart, keyEnd - keyStart);
    writer.byte(QUOTE);
    writer.byte(COLON);
    writer.copy(valueStart, valueEnd - valueStart);
  }
}
