import { type Arena, ArenaWriter, type Records, Tag, textVector, type Vector } from '../../batch/index.js';
import type { Decoded, Decoder, Refusal, Wanted } from '../format.js';
import { faultMessage } from './faults.js';
import { NameTable } from './names.js';

const NONE: ReadonlyMap<string, Vector> = new Map();
const NEWLINE = 10;
const SPACE = 32;
/** The member that a record which is no object counts as having. */
const WHOLE = 'message';

/**
 * Decodes records that are one JSON text each (RFC 8259, nested at most 128 levels deep). Bytes in strings that are
 * no UTF-8 are passed through. Blank records are refused. A byte order mark at the beginning of a partition is skipped.
 */
export class JsonDecoder implements Decoder {
  #wanted: Wanted | undefined;
  #names = new NameTable([]);

  decode(arena: Arena, given: Records, wanted: Wanted): Decoded {
    const records = given.holdsNewlines ? withoutNewlines(arena, given) : given;
    if (wanted !== this.#wanted) {
      this.#wanted = wanted;
      this.#names = new NameTable(wanted.names);
    }
    const names = this.#names;
    const slots = names.slots.length;
    const count = records.count;
    const skip = markLength(arena, records);
    const table = arena.allocate(names.size);
    names.place(arena, table);
    const texts = arena.int32(count * 2);
    const members = arena.int32(count * 2 * slots);
    const top = arena.top;
    const refused = arena.int32(count * 3);
    const refusals = arena.kernels.decodeJson(
      records.starts.byteOffset,
      records.lengths.byteOffset,
      count,
      skip,
      table,
      slots,
      names.slots.indexOf(WHOLE),
      texts.byteOffset,
      members.byteOffset,
      refused.byteOffset,
      arena.allocate(longest(records) * 5 + 1024),
    );
    const messages = refusalsOf(arena, records, refused, refusals, skip);
    arena.reset(top);
    const found = new Map<string, Vector>();
    for (const name of wanted.names) {
      found.set(name, vectorAt(arena, members, names.slots.indexOf(name) * count * 2, count));
    }
    if (!wanted.all) return { columns: found, document: undefined, refused: messages };
    const document = { vector: vectorAt(arena, texts, 0, count), hidden: new Set<string>(), members: found };
    return { columns: NONE, document, refused: messages };
  }
}

/** Bytes of the byte order mark before the first record of a partition. */
function markLength(arena: Arena, records: Records, row = 0): number {
  if (row >= records.count || records.offsets[row] !== 0 || records.lengths[row]! < 3) return 0;
  const start = records.starts[row]!;
  const bytes = arena.bytes;
  return bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? 3 : 0;
}

/**
 * The records with spaces in place of newlines, which in JSON stand between values only: what is written of them later, as it
 * stands, must fit on one line.
 */
function withoutNewlines(arena: Arena, records: Records): Records {
  const writer = new ArenaWriter(arena);
  const starts = arena.int32(records.count);
  writer.begin();
  for (let row = 0; row < records.count; row++) {
    starts[row] = writer.at;
    writer.copy(records.starts[row]!, records.lengths[row]!);
    const text = arena.bytes.subarray(starts[row], writer.at);
    for (let at = text.indexOf(NEWLINE); at >= 0; at = text.indexOf(NEWLINE, at + 1)) text[at] = SPACE;
    writer.byte(NEWLINE);
  }
  writer.end();
  return { ...records, starts };
}

function longest(records: Records): number {
  let length = 0;
  for (let row = 0; row < records.count; row++) length = Math.max(length, records.lengths[row]!);
  return length;
}

/** The vector of `count` starts and then `count` lengths that lie in `extents` from `at` on. */
function vectorAt(arena: Arena, extents: Int32Array, at: number, count: number): Vector {
  const starts = extents.subarray(at, at + count);
  const lengths = extents.subarray(at + count, at + count * 2);
  return textVector(arena, starts, lengths, count, Tag.JSON);
}

function refusalsOf(
  arena: Arena,
  records: Records,
  refused: Int32Array,
  count: number,
  skip: number,
): Refusal[] {
  const refusals: Refusal[] = [];
  for (let i = 0; i < count; i++) {
    const row = refused[i * 3]!;
    const start = records.starts[row]! + (row === 0 ? skip : 0);
    const record = arena.bytes.subarray(start, records.starts[row]! + records.lengths[row]!);
    refusals.push({ row, message: faultMessage(refused[i * 3 + 1]!, record, refused[i * 3 + 2]! - start) });
  }
  return refusals;
}
