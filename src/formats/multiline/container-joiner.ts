import type { MultilineFraming } from '../format.js';
import { ContainerLine, type Runtime, STREAMS } from './container-line.js';
import { endOfLine, lineAfter } from './grouper.js';

/**
 * Says which lines of a container runtime's log are one line of the container's. Those of its two streams may lie among each
 * other, so that a record's lines need not lie side by side.
 */
export class ContainerJoiner {
  readonly line: ContainerLine;
  /** Of the line that was taken last: whether a record begins with it, and whether it ends with it. */
  begins = true;
  ends = true;
  /** By streams, as bits: records that were open and ended before that line, since they must not grow. */
  expired = 0;
  readonly #maxLines: number;
  readonly #maxBytes: number;
  /** By stream: whether a record is open, and how many lines it has. */
  readonly #isOpen = STREAMS.map(() => false);
  readonly #lines = STREAMS.map(() => 0);
  #openSince = 0;

  constructor({ of, maxLines, maxBytes }: MultilineFraming) {
    this.line = new ContainerLine(of.type as Runtime);
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  /** No record is open. */
  reset(): void {
    this.#isOpen.fill(false);
  }

  /** Takes the next line, whose newline and carriage return are no part of it. */
  take(bytes: Buffer, start: number, end: number): void {
    const { line } = this;
    line.read(bytes, start, end);
    this.#expire(end);
    if (!this.#hasOpen) this.#openSince = start;
    const { stream } = line;
    this.ends = !line.isPartial;
    this.begins = stream < 0 || !this.#isOpen[stream];
    if (stream < 0) return;
    if (this.begins) this.#lines[stream] = 0;
    this.#lines[stream]!++;
    this.#isOpen[stream] = !this.ends;
  }

  /** Where the first of the lines begins since which a record has been open all the time. */
  get openSince(): number {
    return this.#openSince;
  }

  get #hasOpen(): boolean {
    return this.#isOpen.includes(true);
  }

  /** Ends what must not grow by a line that ends here. */
  #expire(end: number): void {
    this.expired = 0;
    const isTooLong = end - this.#openSince > this.#maxBytes;
    for (let stream = 0; stream < STREAMS.length; stream++) {
      const isFull = stream === this.line.stream && this.#lines[stream]! >= this.#maxLines;
      if (!this.#isOpen[stream] || !(isTooLong || isFull)) continue;
      this.expired |= 1 << stream;
      this.#isOpen[stream] = false;
    }
  }

  /**
   * Where the lines begin that hang together with lines behind `to`, or `to` when none do: of whole lines at [from, to), the
   * first of which begins a record.
   */
  openRecord(bytes: Buffer, from: number, to: number): number {
    this.reset();
    for (let line = from; line < to; ) {
      const next = lineAfter(bytes, line, to);
      this.take(bytes, line, endOfLine(bytes, line, next));
      line = next;
    }
    return this.#hasOpen ? this.#openSince : to;
  }
}
