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
import { LogfmtRow, ValueKind } from './row.js';

const encoder = new TextEncoder();
const TRUE = encoder.encode('true');
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
/** What a pair costs beside its bytes: quotes, colon, comma, `true`. */
const PAIR_BYTES = 16;

/** A wanted key and its values so far. */
interface Member {
  readonly name: string;
  readonly key: Uint8Array;
  readonly tags: Uint8Array;
  readonly views: Int32Array;
}

/** Decodes logfmt: values are texts, a key without `=` is `true`. Of a key that comes twice the last value counts. */
export class LogfmtDecoder implements Decoder {
  readonly #row = new LogfmtRow();

  decode(arena: Arena, records: Records, wanted: Wanted): Decoded {
    const { count } = records;
    const refused: Refusal[] = [];
    const members = [...wanted.names].map((name): Member => {
      const views = arena.int32(count * 4);
      return { name, key: encoder.encode(name), tags: arena.uint8(count).fill(Tag.ABSENT), views };
    });
    const trueAt = arena.place(TRUE);
    const starts = arena.int32(wanted.all ? count : 0);
    const lengths = arena.int32(wanted.all ? count : 0);
    const writer = new ArenaWriter(arena);
    writer.begin();
    for (let row = 0; row < count; row++) {
      const start = records.starts[row]!;
      const message = this.#row.parse(arena.bytes, start, start + records.lengths[row]!);
      if (message !== undefined) refused.push({ row, message });
      else for (const member of members) this.#member(arena, member, row, trueAt);
      if (!wanted.all) continue;
      starts[row] = writer.at;
      if (message === undefined) this.#document(arena, writer, records.lengths[row]!);
      lengths[row] = message === undefined ? writer.at - starts[row]! : -1;
    }
    writer.end();
    const vectors = new Map(members.map((member) => [member.name, vectorOf(member, count)]));
    if (!wanted.all) return { columns: vectors, document: undefined, refused };
    const vector = textVector(arena, starts, lengths, count, Tag.JSON);
    const document: Document = { vector, hidden: new Set(), members: vectors };
    return { columns: new Map(), document, refused };
  }

  #member(arena: Arena, { key, tags, views }: Member, row: number, trueAt: number): void {
    const pairs = this.#row;
    for (let pair = pairs.count - 1; pair >= 0; pair--) {
      const start = pairs.keyStarts[pair]!;
      if (pairs.keyEnds[pair]! - start !== key.length || !matches(arena.bytes, start, key)) continue;
      this.#value(arena, tags, views, row, pair, trueAt);
      return;
    }
  }

  #value(arena: Arena, tags: Uint8Array, views: Int32Array, row: number, pair: number, trueAt: number): void {
    const kind = this.#row.kinds[pair];
    const start = this.#row.valueStarts[pair]!;
    const end = this.#row.valueEnds[pair]!;
    if (kind === ValueKind.BARE) {
      tags[row] = Tag.JSON;
      setView(arena, views, row, trueAt, TRUE.length);
    } else if (kind === ValueKind.PLAIN) {
      tags[row] = Tag.TEXT;
      setView(arena, views, row, start, end - start);
    } else if (hasEscape(arena.bytes, start, end)) {
      tags[row] = Tag.JSON;
      setView(arena, views, row, start, end - start);
    } else {
      tags[row] = Tag.TEXT;
      setView(arena, views, row, start + 1, end - start - 2);
    }
  }

  /** Writes the row's pairs as a JSON object. */
  #document(arena: Arena, writer: ArenaWriter, length: number): void {
    const pairs = this.#row;
    const { bytes, kernels } = arena;
    dropRepeated(bytes, pairs);
    let at = writer.reserve(length * 6 + pairs.count * PAIR_BYTES + 2);
    bytes[at++] = 123;
    let first = true;
    for (let pair = 0; pair < pairs.count; pair++) {
      const keyStart = pairs.keyStarts[pair]!;
      const keyEnd = pairs.keyEnds[pair]!;
      if (keyEnd === keyStart) continue;
      if (!first) bytes[at++] = COMMA;
      first = false;
      bytes[at++] = QUOTE;
      at = kernels.escapeJson(at, keyStart, keyEnd - keyStart);
      bytes[at++] = QUOTE;
      bytes[at++] = COLON;
      const start = pairs.valueStarts[pair]!;
      const valueLength = pairs.valueEnds[pair]! - start;
      const kind = pairs.kinds[pair];
      if (kind === ValueKind.QUOTED) {
        at = kernels.copyBytes(at, start, valueLength);
      } else if (kind === ValueKind.PLAIN) {
        bytes[at++] = QUOTE;
        at = kernels.escapeJson(at, start, valueLength);
        bytes[at++] = QUOTE;
      } else {
        for (let i = 0; i < TRUE.length; i++) bytes[at++] = TRUE[i]!;
      }
    }
    bytes[at++] = 125;
    writer.advance(at);
  }
}

/** Empties the key of each pair whose key comes again. Most keys differ in a few bits that are compared first. */
function dropRepeated(bytes: Uint8Array, pairs: LogfmtRow): void {
  let seen = 0;
  for (let pair = pairs.count - 1; pair >= 0; pair--) {
    const start = pairs.keyStarts[pair]!;
    const end = pairs.keyEnds[pair]!;
    const bit = 1 << ((end - start) * 7 + bytes[start]! + bytes[end - 1]! * 3);
    if (seen & bit && comesAgain(bytes, pairs, pair, start, end)) pairs.keyEnds[pair] = start;
    seen |= bit;
  }
}

function comesAgain(bytes: Uint8Array, pairs: LogfmtRow, pair: number, start: number, end: number): boolean {
  for (let later = pair + 1; later < pairs.count; later++) {
    const laterStart = pairs.keyStarts[later]!;
    if (pairs.keyEnds[later]! - laterStart !== end - start) continue;
    let i = 0;
    while (i < end - start && bytes[start + i] === bytes[laterStart + i]) i++;
    if (i === end - start) return true;
  }
  return false;
}

function matches(bytes: Uint8Array, start: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
  return true;
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 92) return true;
  return false;
}

function vectorOf({ tags, views }: Member, length: number): Vector {
  const first = tags[0];
  const uniform = length > 0 && tags.every((tag) => tag === first) ? (first as Tag) : undefined;
  return { length, tags, uniform, numbers: undefined, views };
}
