import type { Config, RecordEnds } from '#component';

/** When the files of a template end that nothing else ends: without it they would be unfinished for ever. */
const IDLE_MS = 5 * 60_000;

/** What counts of a file that is being written. */
export interface Progress {
  /** In bytes, before compression. */
  readonly length: number;
  readonly begunMs: number;
  readonly writtenMs: number;
}

/** Says when a file is finished and the next one begins. */
export class Rotation {
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #maxIdleMs: number;
  readonly #ends: RecordEnds | undefined;
  readonly #emptyBytes: number;

  /**
   * @param rotate the option
   * @param ends without it, blocks are not cut
   * @param emptyBytes how long a file without records is
   */
  constructor(
    rotate: Config | undefined,
    isTemplate: boolean,
    ends: RecordEnds | undefined,
    emptyBytes: number,
  ) {
    this.#maxBytes = (rotate?.max_bytes as number | undefined) ?? Number.POSITIVE_INFINITY;
    this.#maxAgeMs = (rotate?.max_age as number | undefined) ?? Number.POSITIVE_INFINITY;
    this.#maxIdleMs =
      (rotate?.max_idle as number | undefined) ?? (isTemplate ? IDLE_MS : Number.POSITIVE_INFINITY);
    this.#ends = ends;
    this.#emptyBytes = emptyBytes;
  }

  isOver({ begunMs, writtenMs }: Progress, nowMs: number): boolean {
    return nowMs - begunMs >= this.#maxAgeMs || nowMs - writtenMs >= this.#maxIdleMs;
  }

  /**
   * How many bytes at the beginning of a block, whole records, still go into a file: it depends on the records alone, not on
   * the blocks in which they came. A record that is larger than a file may be has one to itself.
   */
  room(length: number, block: Buffer): number {
    const room = this.#maxBytes - Math.max(length, this.#emptyBytes);
    if (block.length <= room) return block.length;
    const end = (room > 0 && this.#ends?.last(block, 0, room)) || -1;
    if (end > 0) return end;
    if (length > this.#emptyBytes) return 0;
    const first = this.#ends?.first(block, 0) ?? -1;
    return first < 0 ? block.length : first;
  }
}
