import type { MultilineFraming } from '../format.js';
import { unescapeJson } from '../plain.js';
import { ContainerLine, type Runtime, STREAMS } from './container-line.js';
import { type ContainerLines, containerLines, NONE, type Room } from './container-lines.js';
import { endOfLine, machineOf } from './grouper.js';
import type { LineMachine } from './machine.js';

/** An escape that is cut off may become longer by less. */
const BROKEN_ESCAPE = 4;
const HEAP: Room = {
  int32: (length) => new Int32Array(length),
  uint8: (length) => new Uint8Array(length),
};

/** Groups the lines that a container has written to records, those of each stream for themselves. */
export class ContainerTraces {
  readonly #framing: MultilineFraming;
  readonly #machine: LineMachine;
  readonly #line: ContainerLine;
  #bytes!: Buffer;
  #lines!: ContainerLines;
  /** Of each stream's open record: its first row (NONE: none is open), what the machine knows, and how many lines it has. */
  readonly #heads = STREAMS.map(() => NONE);
  readonly #states = STREAMS.map(() => 0);
  readonly #counts = STREAMS.map(() => 0);
  /** The first and the last row of its last line. */
  readonly #lasts = STREAMS.map(() => NONE);
  readonly #tails = STREAMS.map(() => NONE);
  /** The last place across which nothing hangs together. */
  #openSince = 0;
  /** The end of the lines of records that have ended. */
  #endedUpTo = 0;
  /** The first rows of these records, in the order in which they ended. */
  #firsts!: Int32Array;
  #count = 0;
  /** How many had ended before the line that is being taken: those that end with it do so in the order of their beginnings. */
  #endedBefore = 0;
  /** How many of them lie before that place. */
  #settled = 0;

  constructor(framing: MultilineFraming) {
    this.#framing = framing;
    this.#machine = machineOf(framing.of.group!);
    this.#line = new ContainerLine(framing.of.type as Runtime);
  }

  /**
   * Makes the lines of a record go on with each other in `lines.next`.
   * @returns the first rows of the records, in the order in which they end
   */
  group(bytes: Buffer, lines: ContainerLines, room: Room): Int32Array {
    this.#take(bytes, lines, lines.count, room);
    const open = this.#heads.filter((row) => row !== NONE).sort((a, b) => a - b);
    for (const head of open) this.#end(this.#heads.indexOf(head));
    return this.#firsts.subarray(0, this.#count);
  }

  /** As a ContainerJoiner's. */
  openRecord(bytes: Buffer, from: number, to: number): number {
    const lines = containerLines(this.#framing, bytes, from, to, HEAP);
    this.#take(bytes, lines, lines.ended, HEAP);
    const isOpen = this.#hasOpen || lines.open < this.#endedUpTo;
    return isOpen ? this.#openSince : lines.open;
  }

  /** Takes the first lines of the container's. Their texts are all written before, so that finders may look ahead. */
  #take(bytes: Buffer, lines: ContainerLines, count: number, room: Room): void {
    this.#bytes = bytes;
    this.#lines = lines;
    this.#heads.fill(NONE);
    this.#states.fill(0);
    this.#endedUpTo = 0;
    this.#firsts = room.int32(lines.count);
    this.#count = 0;
    this.#settled = 0;
    const ends = room.int32(count);
    const texts = this.#texts(ends, room);
    for (let i = 0; i < count; i++) this.#takeLine(i, texts, i === 0 ? 0 : ends[i - 1]!, ends[i]!);
  }

  /** Writes the texts of lines of the container's one behind another, without their newlines, and where they end. */
  #texts(ends: Int32Array, room: Room): Buffer {
    const { rows, firsts, next, textStarts, textEnds } = this.#lines;
    let size = 0;
    for (let row = 0; row < rows; row++) size += textEnds[row]! - textStarts[row]! + BROKEN_ESCAPE;
    const { buffer, byteOffset } = room.uint8(size);
    const texts = Buffer.from(buffer, byteOffset, size);
    const isJson = this.#framing.of.type === 'docker';
    let end = 0;
    for (let i = 0; i < ends.length; i++) {
      const start = end;
      for (let row = firsts[i]!; row !== NONE; row = next[row]!) {
        const [from, to] = [textStarts[row]!, textEnds[row]!];
        if (isJson) end = unescapeJson(this.#bytes, from, to, end, texts);
        else end += this.#bytes.copy(texts, end, from, to);
      }
      end = endOfLine(texts, start, end);
      ends[i] = end;
    }
    return texts;
  }

  /** Takes a line of the container's, whose text lies at [start, end). */
  #takeLine(index: number, texts: Buffer, start: number, end: number): void {
    const { streams, next, firsts, partial } = this.#lines;
    const first = firsts[index]!;
    const stream = streams[first]!;
    if (stream < 0) {
      this.#firsts[this.#count++] = first;
      return;
    }
    let last = first;
    while (next[last] !== NONE) last = next[last]!;
    this.#endedBefore = this.#count;
    this.#endOthers(stream, first, last);
    let state = this.#machine.step(texts, start, end, this.#states[stream]!);
    if (state >= 0 && this.#counts[stream]! >= this.#framing.maxLines)
      state = this.#machine.step(texts, start, end, 0);
    if (state >= 0) {
      next[this.#tails[stream]!] = first;
      this.#counts[stream]!++;
    } else {
      this.#begin(stream, index, last);
      state = ~state;
    }
    this.#states[stream] = state;
    this.#lasts[stream] = first;
    this.#tails[stream] = last;
    if (state === 0 || partial[last] === 1) this.#end(stream);
  }

  /** Ends records that must not grow any more, or that nothing more is waited for, before a line of this stream. */
  #endOthers(stream: number, first: number, last: number): void {
    const isTooLong = this.#endOf(last) - this.#openSince > this.#framing.maxBytes;
    for (let other = 0; other < STREAMS.length; other++) {
      if (this.#heads[other] === NONE) continue;
      if (isTooLong || (other !== stream && this.#isIdle(other, first))) this.#end(other);
    }
  }

  /** Whether the container wrote nothing more to that stream for long before this row. */
  #isIdle(stream: number, row: number): boolean {
    const micros = this.#microsOf(row) - this.#microsOf(this.#lasts[stream]!);
    return micros > this.#framing.flushAfterMs * 1000;
  }

  #microsOf(row: number): number {
    const start = this.#lines.starts[row]!;
    const end = this.#endOf(row);
    this.#line.read(this.#bytes, start, end);
    return this.#line.micros(this.#bytes, start, end);
  }

  #begin(stream: number, index: number, last: number): void {
    const openSince = this.#lines.openSince[index]!;
    this.#end(stream);
    // Else records of two busy streams could overlap for ever, and all would end in their middle, being too long.
    if (this.#endOf(last) - this.#openSince > this.#framing.maxBytes / 2)
      for (let other = 0; other < STREAMS.length; other++) this.#end(other);
    if (!this.#hasOpen && this.#endedUpTo <= openSince) this.#part(openSince);
    this.#heads[stream] = this.#lines.firsts[index]!;
    this.#counts[stream] = 1;
  }

  /** Nothing hangs together across this place: what ended before it comes first, so that a chunk may end there. */
  #part(at: number): void {
    this.#openSince = at;
    this.#firsts.subarray(this.#endedBefore, this.#count).sort();
    for (let i = this.#settled; i < this.#count; i++) {
      const first = this.#firsts[i]!;
      if (this.#lines.starts[first]! >= at) continue;
      this.#firsts.copyWithin(this.#settled + 1, this.#settled, i);
      this.#firsts[this.#settled++] = first;
    }
  }

  #end(stream: number): void {
    const head = this.#heads[stream]!;
    if (head === NONE) return;
    this.#firsts[this.#count++] = head;
    this.#endedUpTo = Math.max(this.#endedUpTo, this.#endOf(this.#tails[stream]!));
    this.#heads[stream] = NONE;
    this.#states[stream] = 0;
  }

  get #hasOpen(): boolean {
    return this.#heads.some((row) => row !== NONE);
  }

  #endOf(row: number): number {
    return this.#lines.starts[row]! + this.#lines.lengths[row]!;
  }
}
