import {
  type Arena,
  ArenaWriter,
  type Document,
  type Records,
  setView,
  Tag,
  textVector,
  type Vector,
} from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { type PairParser, ValueKind } from './parser.js';

const encoder = new TextEncoder();
const TRUE = encoder.encode('true');
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
/** What a pair costs beside its bytes: quotes, colon, comma, `true`, brackets. */
const PAIR_BYTES = 16;

/** A wanted key and its values so far. */
interface Member {
  readonly name: string;
  readonly key: Uint8Array;
  readonly tags: Uint8Array;
  readonly views: Int32Array;
}

/** What becomes of a key that a record has more than once: its last value counts, or they all do, as an array. */
export type Repeated = 'last' | 'array';

/** Decodes records that name their own fields: values are texts, a key alone is `true`. */
export class PairsDecoder implements Decoder {
  readonly #parser: PairParser;
  readonly #repeated: Repeated;

  constructor(parser: PairParser, repeated: Repeated = 'last') {
    this.#parser = parser;
    this.#repeated = repeated;
  }

  decode(arena: Arena, records: Records, wanted: Wanted): Decoded {
    const { count } = records;
    const parser = this.#parser;
    const refused: Refusal[] = [];
    const members = [...wanted.names].map((name): Member => {
      const views = arena.int32(count * 4);
      return { name, key: encoder.encode(name), tags: arena.uint8(count).fill(Tag.ABSENT), views };
    });
    const trueAt = arena.place(TRUE);
    const starts = arena.int32(wanted.all ? count : 0);
    const lengths = arena.int32(wanted.all ? count : 0);
    parser.begin(arena);
    const writer = new ArenaWriter(arena);
    writer.begin();
    for (let row = 0; row < count; row++) {
      const start = records.starts[row]!;
      const message = parser.parse(arena.bytes, start, start + records.lengths[row]!, writer);
      if (message !== undefined) refused.push({ row, message });
      else if (this.#repeated === 'array') parser.pairs.linkRepeated(arena.bytes);
      if (message === undefined) for (const member of members) this.#member(writer, member, row, trueAt);
      if (!wanted.all) continue;
      starts[row] = writer.at;
      if (message === undefined) this.#document(writer);
      lengths[row] = message === undefined ? writer.at - starts[row]! : -1;
    }
    writer.end();
    const vectors = new Map(members.map((member) => [member.name, vectorOf(member, count)]));
    if (!wanted.all) return { columns: vectors, document: undefined, refused };
    const vector = textVector(arena, starts, lengths, count, Tag.JSON);
    const document: Document = { vector, hidden: new Set(), members: vectors };
    return { columns: new Map(), document, refused };
  }

  #member(writer: ArenaWriter, { key, tags, views }: Member, row: number, trueAt: number): void {
    const { arena } = writer;
    const { pairs } = this.#parser;
    const pair = pairs.findLast(arena.bytes, key);
    if (pair < 0) return;
    if (this.#repeated === 'array' && pairs.next[pair]! >= 0) {
      const start = writer.at;
      this.#value(writer, pair);
      tags[row] = Tag.JSON;
      setView(arena, views, row, start, writer.at - start);
      return;
    }
    const kind = pairs.kinds[pair];
    let start = pairs.valueStarts[pair]!;
    let end = pairs.valueEnds[pair]!;
    tags[row] = kind === ValueKind.TRUE || kind === ValueKind.JSON ? Tag.JSON : Tag.TEXT;
    if (kind === ValueKind.TRUE) {
      start = trueAt;
      end = trueAt + TRUE.length;
    } else if (kind === ValueKind.ESCAPED) {
      const to = writer.reserve(end - start);
      end = this.#parser.unescape(arena.bytes, start, end, to);
      start = to;
      writer.advance(end);
    } else if (kind === ValueKind.JSON && isPlainString(arena.bytes, start, end)) {
      tags[row] = Tag.TEXT;
      start++;
      end--;
    }
    setView(arena, views, row, start, end - start);
  }

  /** Writes the record's pairs as a JSON object. */
  #document(writer: ArenaWriter): void {
    const { keyStarts, keyEnds, count } = this.#parser.pairs;
    if (this.#repeated === 'last') this.#parser.pairs.dropRepeated(writer.arena.bytes);
    writer.byte(OPEN_BRACE);
    let isFirst = true;
    for (let pair = 0; pair < count; pair++) {
      const keyLength = keyEnds[pair]! - keyStarts[pair]!;
      if (keyLength === 0) continue;
      const { bytes, kernels } = writer.arena;
      let at = writer.reserve(keyLength * 6 + PAIR_BYTES);
      if (!isFirst) bytes[at++] = COMMA;
      isFirst = false;
      bytes[at++] = QUOTE;
      at = kernels.escapeJson(at, keyStarts[pair]!, keyLength);
      bytes[at++] = QUOTE;
      bytes[at++] = COLON;
      writer.advance(at);
      this.#value(writer, pair);
    }
    writer.byte(CLOSE_BRACE);
  }

  /** Writes the value of a key as JSON; several values as an array, without those that are but `true`. */
  #value(writer: ArenaWriter, first: number): void {
    const { kinds, next } = this.#parser.pairs;
    if (this.#repeated === 'last' || next[first]! < 0) {
      this.#single(writer, first);
      return;
    }
    let values = 0;
    let last = first;
    for (let pair = first; pair >= 0; pair = next[pair]!) {
      if (kinds[pair] === ValueKind.TRUE) continue;
      values++;
      last = pair;
    }
    if (values < 2) {
      this.#single(writer, last);
      return;
    }
    writer.byte(OPEN_BRACKET);
    for (let pair = first; pair >= 0; pair = next[pair]!) {
      if (kinds[pair] === ValueKind.TRUE) continue;
      this.#single(writer, pair);
      if (pair !== last) writer.byte(COMMA);
    }
    writer.byte(CLOSE_BRACKET);
  }

  #single(writer: ArenaWriter, pair: number): void {
    const { bytes, kernels } = writer.arena;
    const { kinds, valueStarts, valueEnds } = this.#parser.pairs;
    const kind = kinds[pair];
    let start = valueStarts[pair]!;
    let length = valueEnds[pair]! - start;
    if (kind === ValueKind.TRUE) {
      writer.bytes(TRUE);
      return;
    }
    if (kind === ValueKind.JSON) {
      writer.copy(start, length);
      return;
    }
    let at = writer.reserve(length * 7 + PAIR_BYTES);
    if (kind === ValueKind.ESCAPED) {
      const plain = at + length * 6 + PAIR_BYTES;
      length = this.#parser.unescape(bytes, start, valueEnds[pair]!, plain) - plain;
      start = plain;
    }
    bytes[at++] = QUOTE;
    at = kernels.escapeJson(at, start, length);
    bytes[at++] = QUOTE;
    writer.advance(at);
  }
}

/** Whether the JSON text is a string without escapes. */
function isPlainString(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== QUOTE) return false;
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return false;
  return true;
}

function vectorOf({ tags, views }: Member, length: number): Vector {
  const first = tags[0];
  const uniform = length > 0 && tags.every((tag) => tag === first) ? (first as Tag) : undefined;
  return { length, tags, uniform, numbers: undefined, views };
}
