import { type Arena, ArenaWriter, type Records } from '../../batch/index.js';
import type { MultilineFraming } from '../format.js';
import { type ContainerLines, containerLines, NONE } from './container-lines.js';
import { ContainerTraces } from './container-traces.js';

const NEWLINE = 10;
const SPACE = 32;

/** By their framings, which stay the same objects for as long as a thread has its plan. */
const traces = new WeakMap<MultilineFraming, ContainerTraces>();

function tracesOf(framing: MultilineFraming): ContainerTraces {
  let known = traces.get(framing);
  if (!known) {
    known = new ContainerTraces(framing);
    traces.set(framing, known);
  }
  return known;
}

/**
 * The records of a chunk at addresses [start, end): lines of a container runtime, where those that are one line of the
 * container's, and with `group` those that belong together, have become one record of the same form. They come in the order in
 * which they end; the position of each is that of its first line.
 * @param base position in the partition minus the arena address
 */
export function joinContainers(
  arena: Arena,
  framing: MultilineFraming,
  start: number,
  end: number,
  base: number,
): Records {
  const bytes = Buffer.from(arena.memory.buffer, 0, end);
  const lines = containerLines(framing, bytes, start, end, arena);
  const firsts = framing.of.group
    ? tracesOf(framing).group(bytes, lines, arena)
    : lines.firsts.subarray(0, lines.count);
  if (firsts.length === lines.rows && isAscending(firsts)) return asRead(arena, lines, base);
  const holdsNewlines = framing.of.group !== undefined && framing.of.type === 'cri';
  return { ...written(arena, lines, firsts, base), holdsNewlines };
}

function asRead(arena: Arena, { rows: count, starts, lengths }: ContainerLines, base: number): Records {
  const offsets = arena.float64(count);
  for (let row = 0; row < count; row++) offsets[row] = starts[row]! + base;
  return { count, starts, lengths, offsets };
}

function isAscending(rows: Int32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i]! < rows[i - 1]!) return false;
  return true;
}

/** Writes the records one behind another, each with a newline. */
function written(arena: Arena, lines: ContainerLines, firsts: Int32Array, base: number): Records {
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
    offsets[record] = lines.starts[first]! + base;
    writer.byte(NEWLINE);
  }
  writer.end();
  return { count, starts, lengths, offsets };
}

/** The first row with the texts of all, and with the last one's tag. */
function writeJoined(writer: ArenaWriter, lines: ContainerLines, first: number): void {
  const { starts, lengths, textStarts, textEnds, tagStarts, tagEnds, partial, next } = lines;
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
  for (let row = first; row !== NONE; row = next[row]!) {
    writer.copy(textStarts[row]!, textEnds[row]! - textStarts[row]!);
    // Docker's texts have their newlines themselves.
    if (hasTag && row !== last && partial[row] === 0) writer.byte(NEWLINE);
  }
  writer.copy(textEnds[first]!, start + lengths[first]! - textEnds[first]!);
}
