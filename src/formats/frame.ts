import type { Arena, Records } from '../batch/index.js';
import { CsvScanner } from './csv/scanner.js';
import type { Framing } from './format.js';
import { frameGroups, isMultiline, joinContainers, joinsContainers } from './multiline/index.js';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/** Records found in a chunk, and where the next one begins. */
export interface Framed {
  readonly records: Records;
  readonly next: number;
}

/**
 * Frames the records at addresses [start, end), at most `limit` of them; all of them where containers' lines are joined.
 * @param base position in the partition minus the arena address, the same for every byte of the chunk
 */
export function frame(
  arena: Arena,
  framing: Framing,
  start: number,
  end: number,
  limit: number,
  base: number,
): Framed {
  if (joinsContainers(framing))
    return { records: joinContainers(arena, framing, start, end, base), next: end };
  if (isMultiline(framing)) return frameGroups(arena, framing, start, end, limit, base);
  const most = Math.min(limit, end - start);
  const starts = arena.int32(most);
  const lengths = arena.int32(most);
  const offsets = arena.float64(most);
  let count: number;
  if (framing === 'lines') {
    const { byteOffset } = starts;
    count = arena.kernels.frameLines(
      start,
      end,
      byteOffset,
      lengths.byteOffset,
      offsets.byteOffset,
      base,
      most,
    );
  } else {
    count =
      typeof framing === 'object'
        ? frameDialect(arena.bytes, new CsvScanner(framing), start, end, starts, lengths, most)
        : frameCsv(arena, start, end, starts, lengths, most);
    for (let row = 0; row < count; row++) offsets[row] = starts[row]! + base;
  }
  const last = count === 0 ? start : starts[count - 1]! + lengths[count - 1]!;
  const next = count < most ? end : arena.kernels.findByte(last, end, NEWLINE) + 1;
  return { records: { count, starts, lengths, offsets }, next };
}

/** CSV with comments, which are left out, or with escaped characters. */
function frameDialect(
  bytes: Uint8Array,
  scanner: CsvScanner,
  start: number,
  end: number,
  starts: Int32Array,
  lengths: Int32Array,
  limit: number,
): number {
  let count = 0;
  for (let at = start; at < end && count < limit; ) {
    const next = scanner.first(bytes, at, end);
    let to = next < 0 ? end : next - 1;
    if (!scanner.isComment(bytes, at)) {
      if (to > at && bytes[to - 1] === CARRIAGE_RETURN) to--;
      starts[count] = at;
      lengths[count++] = to - at;
    }
    at = next < 0 ? end : next;
  }
  return count;
}

/** As the kernel `frameLines`, but a newline inside double quotes ends nothing (RFC 4180, section 2). */
function frameCsv(
  arena: Arena,
  start: number,
  end: number,
  starts: Int32Array,
  lengths: Int32Array,
  limit: number,
): number {
  const { bytes, kernels } = arena;
  const top = arena.top;
  const index = arena.int32(end - start);
  const marks = kernels.indexBytes(start, end, index.byteOffset, NEWLINE, QUOTE, QUOTE);
  let quoted = false;
  let count = 0;
  let recordStart = start;
  const add = (recordEnd: number): void => {
    const stripped =
      recordEnd > recordStart && bytes[recordEnd - 1] === CARRIAGE_RETURN ? recordEnd - 1 : recordEnd;
    starts[count] = recordStart;
    lengths[count] = stripped - recordStart;
    count++;
    recordStart = recordEnd + 1;
  };
  for (let mark = 0; mark < marks && count < limit; mark++) {
    const at = index[mark]!;
    if (bytes[at] === QUOTE) quoted = !quoted;
    else if (!quoted) add(at);
  }
  if (count < limit && recordStart < end) add(end);
  arena.reset(top);
  return count;
}
