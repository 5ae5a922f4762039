import { type Arena, ArenaWriter, type Records } from '../../batch/index.js';
import type { MultilineFraming } from '../format.js';
import { ContainerJoiner } from './container-joiner.js';
import { STREAMS } from './container-line.js';

const NEWLINE = 10;
const SPACE = 32;
const NONE = -1;

/** The lines of a chunk, and how they hang together. */
interface Lines {
  readonly count: number;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly offsets: Float64Array;
  readonly textStarts: Int32Array;
  readonly textEnds: Int32Array;
  readonly tagStarts: Int32Array;
  readonly tagEnds: Int32Array;
  /** The line that goes on with this one, or -1. */
  readonly next: Int32Array;
}

/**
 * The records of a chunk at addresses [start, end): lines of a container runtime, where those that are one line of a
 * container's have become one line of the same form. They come in the order in which they end; the position of each is that
 * of its first line.
 * @param base position in the partition minus the arena address
 */
export function joinContainers(
  arena: Arena,
  framing: MultilineFraming,
  start: number,
  end: number,
  base: number,
): Records {
  const lines = linesOf(arena, start, end, base);
  const firsts = arena.int32(lines.count);
  const count = join(new ContainerJoiner(framing), arena, start, end, lines, firsts);
  const isAsRead = count === lines.count && isAscending(firsts);
  const { starts, lengths, offsets } = lines;
  return isAsRead ? { count, starts, lengths, offsets } : written(arena, lines, firsts.subarray(0, count));
}

function linesOf(arena: Arena, start: number, end: number, base: number): Lines {
  const bytes = Buffer.from(arena.memory.buffer, start, end - start);
  let most = 1;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) most++;
  const [starts, lengths, offsets] = [arena.int32(most), arena.int32(most), arena.float64(most)];
  const { byteOffset } = starts;
  const count = arena.kernels.frameLines(
    start,
    end,
    byteOffset,
    lengths.byteOffset,
    offsets.byteOffset,
    base,
    most,
  );
  const numbers = (): Int32Array => arena.int32(count);
  return {
    count,
    starts,
    lengths,
    offsets,
    textStarts: numbers(),
    textEnds: numbers(),
    tagStarts: numbers(),
    tagEnds: numbers(),
    next: numbers().fill(NONE),
  };
}

/** Links lines and writes each record's first line to `firsts`. Returns the number of records. */
function join(
  joiner: ContainerJoiner,
  arena: Arena,
  start: number,
  end: number,
  lines: Lines,
  firsts: Int32Array,
): number {
  const bytes = Buffer.from(arena.memory.buffer, start, end - start);
  const open = STREAMS.map(() => NONE);
  const last = STREAMS.map(() => NONE);
  let count = 0;
  for (let row = 0; row < lines.count; row++) {
    const at = lines.starts[row]! - start;
    joiner.take(bytes, at, at + lines.lengths[row]!);
    const { stream, textStart, textEnd, tagStart, tagEnd } = joiner.line;
    lines.textStarts[row] = start + textStart;
    lines.textEnds[row] = start + textEnd;
    lines.tagStarts[row] = start + tagStart;
    lines.tagEnds[row] = start + tagEnd;
    for (let other = 0; other < STREAMS.length; other++) {
      if ((joiner.expired & (1 << other)) === 0) continue;
      firsts[count++] = open[other]!;
      open[other] = NONE;
    }
    if (stream < 0) {
      firsts[count++] = row;
      continue;
    }
    if (joiner.begins) open[stream] = row;
    else lines.next[last[stream]!] = row;
    last[stream] = row;
    if (!joiner.ends) continue;
    firsts[count++] = open[stream]!;
    open[stream] = NONE;
  }
  for (const first of open.filter((row) => row !== NONE).sort((a, b) => a - b)) firsts[count++] = first;
  return count;
}

function isAscending(rows: Int32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i]! < rows[i - 1]!) return false;
  return true;
}

/** Writes the records one behind another, each with a newline. */
function written(arena: Arena, lines: Lines, firsts: Int32Array): Records {
  const count = firsts.length;
  const [starts, lengths, offsets] = [arena.int32(count), arena.int32(count), arena.float64(count)];
  const writer = new ArenaWriter(arena);
  writer.begin();
  for (let record = 0; record < count; record++) {
    const first = firsts[record]!;
    starts[record] = writer.at;
    if (lines.next[first] === NONE) writer.copy(lines.starts[first]!, lines.lengths[first]!);
    else writeJoined(writer, lines, first);
    lengths[record] = writer.at - starts[record]!;
    offsets[record] = lines.offsets[first]!;
    writer.byte(NEWLINE);
  }
  writer.end();
  return { count, starts, lengths, offsets };
}

/** The first line with the texts of all, and with the last one's tag. */
function writeJoined(writer: ArenaWriter, lines: Lines, first: number): void {
  const { starts, lengths, textStarts, textEnds, tagStarts, tagEnds, next } = lines;
  const start = starts[first]!;
  let last = first;
  while (next[last] !== NONE) last = next[last]!;
  const hasTag = tagEnds[first]! > tagStarts[first]!;
  if (hasTag) {
    writer.copy(start, tagStarts[first]! - start);
    writer.copy(tagStarts[last]!, tagEnds[last]! - tagStarts[last]!);
    writer.byte(SPACE);
  } else {
    writer.copy(start, textStarts[first]! - start);
  }
  for (let line = first; line !== NONE; line = next[line]!) {
    writer.copy(textStarts[line]!, textEnds[line]! - textStarts[line]!);
  }
  writer.copy(textEnds[first]!, start + lengths[first]! - textEnds[first]!);
}
