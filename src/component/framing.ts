import type { Partition } from '../batch/index.js';
import { isMultiline, mostBytesOf, type OpenRecords, openRecordsOf } from '../formats/index.js';
import { withRoomForMessages } from './arrow-ends.js';
import type { FramingOptions, FramingState, ResumeOf, Turn } from './framing-types.js';
import { base64, Preamble } from './preamble.js';
import { type RecordEnds, recordEndsOf } from './record-ends.js';
import { RefusedLines } from './refused-lines.js';
import type { Chunk, Outlet } from './source.js';

interface TurnState extends Turn {
  ended: boolean;
  final: boolean;
  error: unknown;
}

const NOTHING = Buffer.alloc(0);
const NEWLINE = 10;

/**
 * Cuts the bytes of one partition into chunks of whole records at the speed of memory: it looks only for the last
 * end of a record in a buffer, and carries the bytes behind it over to the next buffer. Holds at most
 * `maxLineBytes` of its own, and as much in the lent buffer, however long a line is.
 */
export class Framer {
  private readonly options: FramingOptions;
  private readonly ends: RecordEnds;
  private partition: Partition;
  /** Bytes that were read but not passed on: the beginning of a record, or what came behind a long line. */
  private pending: Buffer = NOTHING;
  /** Whether `pending` may hold the end of a record. */
  private pendingHasEnds = false;
  /** Position of the first byte that was not passed on. */
  private offset: number;
  private inLongLine = false;
  /** Where the last long line begins. */
  private longLineAt = -1;
  private readonly preamble: Preamble;
  /** As the state has it: made once, not with each chunk. */
  private keptPreamble: string | undefined;
  private readonly refused: RefusedLines;
  /** Where lines belong together. */
  private readonly groups: OpenRecords | undefined;
  /** A lent buffer out of which no chunk came. */
  private spare: ArrayBuffer | undefined;
  /** Where a long line begins that a run before this one has reported. */
  private readonly reportedAt: number;

  /**
   * @param start where the first byte that will be read lies, and what was known there
   * @param resumeOf makes the `resume` of the chunks; without it they have none
   */
  constructor(
    options: FramingOptions,
    partition: Partition,
    start: FramingState = { offset: 0 },
    private readonly resumeOf?: ResumeOf,
  ) {
    this.options = withRoomForMessages(options);
    this.ends = recordEndsOf(options.framing);
    this.groups = isMultiline(options.framing) ? openRecordsOf(options.framing) : undefined;
    this.refused = new RefusedLines(this.options);
    this.partition =
      start.preamble === undefined
        ? partition
        : { ...partition, preamble: Uint8Array.from(Buffer.from(start.preamble, 'base64')) };
    this.keptPreamble = base64(this.partition.preamble);
    this.offset = start.offset;
    this.reportedAt = start.isReported ? start.offset : -1;
    const preambleLines = this.partition.preamble ? 0 : options.preambleLines;
    this.preamble = new Preamble(preambleLines, this.options.maxLineBytes, this.ends);
  }

  /** Where framing goes on after the last chunk. */
  get state(): FramingState {
    const preamble = this.keptPreamble;
    return {
      ...(this.inLongLine ? { offset: this.longLineAt, isReported: true } : { offset: this.offset }),
      ...(preamble !== undefined && { preamble }),
    };
  }

  /** Position of the next byte that will be read. */
  get position(): number {
    return this.offset + this.pending.length;
  }

  /** How long whole lines wait for others that may belong to the same record; undefined when none do. */
  get flushAfterMs(): number | undefined {
    const { framing } = this.options;
    if (!isMultiline(framing) || this.inLongLine || !this.pending.includes(NEWLINE)) return undefined;
    return framing.flushAfterMs;
  }

  /** The partition as the last chunk had it, with its preamble as soon as that was read. */
  get currentPartition(): Partition {
    return this.partition;
  }

  /**
   * Chunks of all that `read` gives until it gives 0; can be called again when there is more. While the receiver has
   * a chunk, the next one is being read. When `read` fails, what was read whole comes before the error.
   */
  async *chunks(turn: Turn): AsyncGenerator<Chunk, void, undefined> {
    const state: TurnState = { ...turn, ended: false, final: false, error: undefined };
    let next: Promise<Chunk | undefined> | undefined = this.nextChunk(state);
    try {
      for (;;) {
        const chunk: Chunk | undefined = await next;
        next = undefined;
        if (chunk === undefined) break;
        next = this.nextChunk(state);
        next.catch(() => {});
        yield chunk;
      }
      if (state.error !== undefined) throw state.error;
    } finally {
      // Not awaited: it may wait for credit that the receiver gives back only after this generator has ended.
      if (next === undefined) this.giveBackSpare(turn.outlet);
      else
        next.then(
          (chunk) => this.abandon(chunk, turn.outlet),
          () => this.giveBackSpare(turn.outlet),
        );
    }
  }

  private abandon(chunk: Chunk | undefined, outlet: Outlet): void {
    if (chunk) outlet.giveBack(chunk.bytes.buffer);
    this.giveBackSpare(outlet);
  }

  private giveBackSpare(outlet: Outlet): void {
    if (this.spare) outlet.giveBack(this.spare);
    this.spare = undefined;
  }

  private async nextChunk(turn: TurnState): Promise<Chunk | undefined> {
    for (;;) {
      const chunk = this.pendingHasEnds ? await this.chunkOfPending(turn) : await this.chunkOfNewBytes(turn);
      if (chunk) return chunk;
      if (turn.ended && !this.pendingHasEnds) return this.lastChunk(turn);
    }
  }

  /** Passes on what came behind a long line, up to the next long line. */
  private async chunkOfPending({ outlet }: TurnState): Promise<Chunk | undefined> {
    const bytes = this.pending;
    const offset = this.offset;
    const [from, to] = this.cut(bytes, false, false);
    // Lent only now, and the bytes are our own: nothing here must be paid for before it is passed on.
    return to > from || this.refused.isFull
      ? this.copyOut(bytes.subarray(from, to), offset + from, outlet)
      : undefined;
  }

  private async chunkOfNewBytes(turn: TurnState): Promise<Chunk | undefined> {
    if (turn.ended) return undefined;
    const size = this.sizeToLend(turn.outlet);
    if (this.spare && this.spare.byteLength < size) this.giveBackSpare(turn.outlet);
    const buffer = this.spare ?? (await turn.outlet.lend(size));
    this.spare = buffer;
    const bytes = Buffer.from(buffer, 0, size);
    bytes.set(this.pending);
    const length = await fill(bytes, this.pending.length, turn);
    const offset = this.offset;
    const [from, to] = this.cut(bytes.subarray(0, length), turn.final, turn.flush === true && turn.ended);
    if (to === from && !this.refused.isFull) return undefined;
    this.spare = undefined;
    return this.chunk(new Uint8Array(buffer, from, to - from), offset + from);
  }

  /** What is left at the end of the input: a record without a newline, and lines that were refused or dropped. */
  private async lastChunk(turn: TurnState): Promise<Chunk | undefined> {
    const bytes = this.pending;
    const offset = this.offset;
    const [from, to] = turn.final && bytes.length > 0 ? this.cut(bytes, true, true) : [0, 0];
    if (to === from && this.refused.isEmpty) return undefined;
    return this.copyOut(bytes.subarray(from, to), offset + from, turn.outlet);
  }

  /**
   * Takes the whole records at the beginning of `bytes`, whose first byte lies at `offset`: answers where they lie,
   * and keeps what comes behind them.
   * @param isLast no bytes come behind these; `flush`: no line does that belongs to a record of theirs
   */
  private cut(bytes: Buffer, isLast: boolean, flush: boolean): [from: number, to: number] {
    const { maxLineBytes, longLines } = this.options;
    let from = this.inLongLine ? this.leaveLongLine(bytes, 0) : 0;
    if (!this.preamble.isWhole) from = this.takePreamble(bytes, from, isLast);
    let to = this.preamble.isWhole ? this.lastEnd(bytes, from) : from;
    const isLong = bytes.length - to > maxLineBytes && this.preamble.isWhole;
    if (this.groups && !isLong && !flush) to = this.groups.openRecord(bytes, from, to);
    let rest = to;
    if (isLong) {
      const isReported = this.offset + to === this.reportedAt;
      this.beginLongLine(bytes, to, isReported);
      if (longLines === 'truncate' && !isReported) to += maxLineBytes;
      rest = this.leaveLongLine(bytes, rest);
      this.pendingHasEnds = rest < bytes.length;
    } else {
      if (isLast) rest = to = bytes.length;
      this.pendingHasEnds = false;
    }
    this.offset += rest;
    // Bytes in our own memory stay where they are; those in a lent buffer are copied, for it will be passed on.
    const isOurs = bytes.buffer === this.pending.buffer;
    this.pending = isOurs ? bytes.subarray(rest) : Buffer.from(bytes.subarray(rest));
    return [from, to];
  }

  /** The end of the last record before the first that is over the limit. */
  private lastEnd(bytes: Buffer, from: number): number {
    const { maxLineBytes } = this.options;
    let at = from;
    while (at < bytes.length) {
      const windowEnd = Math.min(bytes.length, at + maxLineBytes + 1);
      const end = this.ends.last(bytes, at, windowEnd);
      if (end < 0) break;
      at = end;
    }
    return at;
  }

  private beginLongLine(bytes: Buffer, start: number, isReported: boolean): void {
    this.inLongLine = true;
    this.longLineAt = this.offset + start;
    this.ends.begin();
    if (!isReported) this.refused.add(this.offset + start, bytes.subarray(start));
  }

  /** Where the next record starts behind the long line that `from` lies in, or the end of the bytes. */
  private leaveLongLine(bytes: Buffer, from: number): number {
    const end = this.ends.resume(bytes, from);
    this.inLongLine = end < 0;
    return end < 0 ? bytes.length : end;
  }

  private takePreamble(bytes: Buffer, from: number, isLast: boolean): number {
    const { preamble, partition } = this;
    const at = preamble.take(bytes, from, isLast, partition.name);
    if (!preamble.isWhole) return at;
    this.partition = { ...partition, preamble: preamble.bytes() };
    this.keptPreamble = base64(this.partition.preamble);
    return at;
  }

  /** Grows only for a record that did not fit into a buffer of the usual size. */
  private sizeToLend(outlet: Outlet): number {
    const held = this.pending.length;
    if (held < outlet.batchBytes) return outlet.batchBytes;
    const { framing, maxLineBytes } = this.options;
    const most = isMultiline(framing) ? mostBytesOf(framing) + maxLineBytes : maxLineBytes;
    return Math.min(2 * held, most + 1);
  }

  private async copyOut(bytes: Buffer, offset: number, outlet: Outlet): Promise<Chunk> {
    const buffer = await outlet.lend(bytes.length);
    const copy = new Uint8Array(buffer, 0, bytes.length);
    copy.set(bytes);
    return this.chunk(copy, offset);
  }

  private chunk(bytes: Uint8Array<ArrayBuffer>, offset: number): Chunk {
    const { partition } = this;
    const resume = this.resumeOf?.(this.state);
    return {
      partition,
      bytes,
      offset,
      readAtMs: Date.now(),
      ...(resume && { resume }),
      ...this.refused.take(),
    };
  }
}

/** Reads until `bytes` is full or there is no more; answers how many bytes it holds then. */
async function fill(bytes: Buffer, from: number, turn: TurnState): Promise<number> {
  let length = from;
  try {
    while (length < bytes.length && !turn.ended) {
      const count = turn.signal.aborted ? 0 : await turn.read(bytes.subarray(length), length === from);
      length += count;
      if (count === 0) {
        turn.ended = true;
        turn.final = turn.isFinal();
      }
    }
  } catch (error) {
    turn.ended = true;
    turn.error = error;
  }
  return length;
}
