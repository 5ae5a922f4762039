import { type Arena, type Records, Tag, textVector, type Vector } from '../batch/index.js';
import type { Chunk } from '../component/index.js';
import { type Framed, type Framing, frame, joinContainers, joinsContainers } from '../formats/index.js';
import type { MessagesInput, TripInput } from './trip.js';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Finds the records of a chunk that lies in the arena, some at a time. */
export interface Cutter {
  /** Where the first begins, and where nothing is left. */
  readonly from: number;
  readonly to: number;
  /** At most `limit` records from `from` on, and where the next begins. */
  cut(from: number, limit: number): Framed;
}

/**
 * Of bytes at [from, to) that are framed.
 * @param base position in the partition minus the arena address
 * @param rows where records cannot be told by the bytes that they lie in: those of them that are wanted
 */
export function framingCutter(
  arena: Arena,
  framing: Framing,
  extent: { readonly from: number; readonly to: number },
  base: number,
  rows?: { readonly from: number; readonly to: number },
): Cutter {
  if (joinsContainers(framing))
    return recordsCutter(joinContainers(arena, framing, extent.from, extent.to, base), rows);
  return { ...extent, cut: (from, limit) => frame(arena, framing, from, extent.to, limit, base) };
}

/** Of records that have been found, by their indexes. */
function recordsCutter(records: Records, rows = { from: 0, to: records.count }): Cutter {
  return {
    ...rows,
    cut(from, limit) {
      const next = Math.min(rows.to, from + limit);
      const starts = records.starts.subarray(from, next);
      const lengths = records.lengths.subarray(from, next);
      const offsets = records.offsets.subarray(from, next);
      return { records: { ...records, count: next - from, starts, lengths, offsets }, next };
    },
  };
}

/** Where messages and what is said of them lie in the arena. */
export interface PlacedMessages extends Pick<MessagesInput, 'ends' | 'positions'> {
  readonly start: number;
  readonly meta: { readonly start: number; readonly ends: Int32Array } | undefined;
}

/** What a trip gets of a chunk. */
export function inputOfChunk({
  bytes,
  partition,
  offset,
  readAtMs,
  messages,
}: Chunk): TripInput & { kind: 'bytes' } {
  const { buffer, byteOffset, length } = bytes;
  const input = { kind: 'bytes', buffer, byteOffset, length, partition, offset, readAtMs } as const;
  if (!messages) return input;
  const { ends, positions, meta } = messages;
  const said = meta && { byteOffset: meta.bytes.byteOffset, length: meta.bytes.length, ends: meta.ends };
  return { ...input, messages: { ends, positions, ...(said && { meta: said }) } };
}

/** Copies a chunk's messages into the arena. */
export function placeMessages(
  arena: Arena,
  { buffer, byteOffset, length }: TripInput & { kind: 'bytes' },
  { ends, positions, meta }: MessagesInput,
): PlacedMessages {
  const start = arena.place(new Uint8Array(buffer, byteOffset, length));
  if (!meta) return { start, ends, positions, meta: undefined };
  const metaStart = arena.place(new Uint8Array(buffer, meta.byteOffset, meta.length));
  return { start, ends, positions, meta: { start: metaStart, ends: meta.ends } };
}

/**
 * Of messages, by their indexes: each is one record, whatever it holds. A newline at its end, and a carriage return before that,
 * are no part of the record, as they are none of a line.
 */
export function messageCutter(
  arena: Arena,
  messages: PlacedMessages,
  rows = { from: 0, to: messages.ends.length },
): Cutter {
  return {
    ...rows,
    cut(from, limit) {
      const next = Math.min(rows.to, from + limit);
      return { records: recordsOf(arena, messages, from, next), next };
    },
  };
}

function recordsOf(arena: Arena, messages: PlacedMessages, from: number, to: number): Records {
  const count = to - from;
  const starts = arena.int32(count);
  const lengths = arena.int32(count);
  const offsets = arena.float64(count);
  const { start, ends, positions, meta } = messages;
  let holdsNewlines = false;
  for (let row = 0; row < count; row++) {
    const message = from + row;
    starts[row] = start + (message === 0 ? 0 : ends[message - 1]! + 1);
    const end = withoutLineEnd(arena.bytes, starts[row]!, start + ends[message]!);
    lengths[row] = end - starts[row]!;
    offsets[row] = positions[message]!;
    holdsNewlines ||= arena.kernels.findByte(starts[row]!, end, NEWLINE) < end;
  }
  const records = { count, starts, lengths, offsets, holdsNewlines };
  return meta ? { ...records, meta: metaVector(arena, meta, from, count) } : records;
}

/** Where a message at [start, end) ends as a record. */
export function withoutLineEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || bytes[end - 1] !== NEWLINE) return end;
  return end - 1 > start && bytes[end - 2] === CARRIAGE_RETURN ? end - 2 : end - 1;
}

function metaVector(
  arena: Arena,
  { start, ends }: { readonly start: number; readonly ends: Int32Array },
  from: number,
  count: number,
): Vector {
  const starts = arena.int32(count);
  const lengths = arena.int32(count);
  for (let row = 0; row < count; row++) {
    const end = ends[from + row]!;
    const before = from + row === 0 ? 0 : ends[from + row - 1]!;
    starts[row] = start + (before < 0 ? ~before : before);
    lengths[row] = end < 0 ? -1 : start + end - starts[row]!;
  }
  return textVector(arena, starts, lengths, count, Tag.JSON);
}
