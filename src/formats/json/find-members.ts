import { type Arena, type Document, Tag, textAddress, textLength, type Vector } from '../../batch/index.js';
import { JsonDecoder } from './decode.js';

const EMPTY_OBJECT = new TextEncoder().encode('{}');

/** Finds members of documents that nobody has looked into so far. */
export class MemberFinder {
  readonly #decoder = new JsonDecoder();
  #wanted = { names: new Set<string>(), all: false };

  /** The document with these members; those that it has already, or that are hidden, are left as they are. */
  with(arena: Arena, document: Document, names: ReadonlySet<string>): Document {
    const missing = [...names].filter((name) => !document.members.has(name) && !document.hidden.has(name));
    if (missing.length === 0) return document;
    const { names: last } = this.#wanted;
    const isSame = missing.length === last.size && missing.every((name) => last.has(name));
    if (!isSame) this.#wanted = { names: new Set(missing), all: false };
    const { columns } = this.#decoder.decode(arena, recordsOf(arena, document.vector), this.#wanted);
    return { ...document, members: new Map([...document.members, ...columns]) };
  }
}

/** The documents' texts as records; a row without a document is an empty one. */
function recordsOf(arena: Arena, { length: count, uniform, tags, views }: Vector) {
  const starts = arena.int32(count);
  const lengths = arena.int32(count);
  // Not the beginning of a partition, where a byte order mark could stand.
  const offsets = arena.float64(count).fill(1);
  const empty = arena.place(EMPTY_OBJECT);
  for (let row = 0; row < count; row++) {
    const isText = views !== undefined && (uniform ?? tags[row]) === Tag.JSON;
    starts[row] = isText ? textAddress(views, row) : empty;
    lengths[row] = isText ? textLength(views, row) : EMPTY_OBJECT.length;
  }
  return { count, starts, lengths, offsets };
}
