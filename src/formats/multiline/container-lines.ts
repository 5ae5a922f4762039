import type { MultilineFraming } from '../format.js';
import { ContainerJoiner } from './container-joiner.js';
import { type ContainerLine, STREAMS } from './container-line.js';
import { endOfLine, lineAfter } from './grouper.js';

const NEWLINE = 10;
export const NONE = -1;

/** What gives room for numbers: an arena, or the heap. */
export interface Room {
  int32(length: number): Int32Array;
  uint8(length: number): Uint8Array;
}

/** The lines of some bytes, by rows, and the lines of the container's that they are parts of. */
export interface ContainerLines {
  readonly rows: number;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Indexes in STREAMS; -1 of lines that are none of a runtime's. */
  readonly streams: Int32Array;
  readonly textStarts: Int32Array;
  readonly textEnds: Int32Array;
  readonly tagStarts: Int32Array;
  readonly tagEnds: Int32Array;
  /** 1 of those whose text goes on in another, else 0. */
  readonly partial: Uint8Array;
  /** The row that goes on with this one, or NONE. */
  readonly next: Int32Array;
  /** The first row of each line of the container's, in the order in which they end. */
  readonly firsts: Int32Array;
  /** Since where one of them or others has been open all the time, when each of them ended. */
  readonly openSince: Int32Array;
  /** How many of them there are, and how many of these have ended: those that have not are the last. */
  readonly count: number;
  readonly ended: number;
  /** Where those begin that hang together with what comes behind; the end of the bytes when none do. */
  readonly open: number;
}

/** Finds them in bytes at [from, to), the first of which begin a record. */
export function containerLines(
  framing: MultilineFraming,
  bytes: Buffer,
  from: number,
  to: number,
  room: Room,
): ContainerLines {
  const lines = roomFor(linesIn(bytes, from, to), room);
  const joiner = new ContainerJoiner(framing);
  const open = STREAMS.map(() => NONE);
  const last = STREAMS.map(() => NONE);
  let count = 0;
  const end = (first: number, openSince = joiner.openSince): void => {
    lines.openSince[count] = openSince;
    lines.firsts[count++] = first;
  };
  let row = 0;
  for (let at = from; at < to; row++) {
    const next = lineAfter(bytes, at, to);
    lines.starts[row] = at;
    lines.lengths[row] = endOfLine(bytes, at, next) - at;
    const { openSince } = joiner;
    joiner.take(bytes, at, at + lines.lengths[row]!);
    at = next;
    const { stream } = joiner.line;
    keep(joiner.line, lines, row);
    for (let other = 0; other < STREAMS.length; other++) {
      if ((joiner.expired & (1 << other)) === 0) continue;
      end(open[other]!, openSince);
      open[other] = NONE;
    }
    if (stream < 0) {
      end(row);
      continue;
    }
    if (joiner.begins) open[stream] = row;
    else lines.next[last[stream]!] = row;
    last[stream] = row;
    if (!joiner.ends) continue;
    end(open[stream]!);
    open[stream] = NONE;
  }
  const ended = count;
  for (const first of open.filter((one) => one !== NONE).sort((a, b) => a - b)) end(first);
  return { ...lines, rows: row, count, ended, open: count > ended ? joiner.openSince : to };
}

type Columns = Omit<ContainerLines, 'rows' | 'count' | 'ended' | 'open'>;

function keep(line: ContainerLine, columns: Columns, row: number): void {
  columns.streams[row] = line.stream;
  columns.partial[row] = line.isPartial ? 1 : 0;
  columns.textStarts[row] = line.textStart;
  columns.textEnds[row] = line.textEnd;
  columns.tagStarts[row] = line.tagStart;
  columns.tagEnds[row] = line.tagEnd;
}

function linesIn(bytes: Buffer, from: number, to: number): number {
  let count = 1;
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0 && at < to; at = bytes.indexOf(NEWLINE, at + 1))
    count++;
  return count;
}

function roomFor(rows: number, room: Room): Columns {
  const numbers = (): Int32Array => room.int32(rows);
  return {
    starts: numbers(),
    lengths: numbers(),
    streams: numbers(),
    textStarts: numbers(),
    textEnds: numbers(),
    tagStarts: numbers(),
    tagEnds: numbers(),
    partial: room.uint8(rows),
    next: numbers().fill(NONE),
    firsts: numbers(),
    openSince: numbers(),
  };
}
