import { formatSize } from '../base/units.js';
import type { FramingOptions } from './framing-types.js';
import type { RefusedRecord } from './source.js';

/** How much of a refused line is kept. */
const KEPT_BYTES = 64 * 1024;
/** So many bytes of refused lines are passed on at once, even when no record comes between them. */
const REFUSED_BYTES = 1024 * 1024;
/** What the account of one refused line takes beside its bytes. */
const REFUSED_OVERHEAD_BYTES = 256;

/** What has to be said of lines over the limit with the next chunk. */
export class RefusedLines {
  private refused: RefusedRecord[] = [];
  private bytes = 0;
  private dropped = 0;

  constructor(private readonly options: Pick<FramingOptions, 'maxLineBytes' | 'longLines'>) {}

  get isEmpty(): boolean {
    return this.refused.length === 0 && this.dropped === 0;
  }

  /** There is so much that it must not wait for a record. */
  get isFull(): boolean {
    return this.bytes >= REFUSED_BYTES;
  }

  /** @param offset of the line in its partition */
  add(offset: number, line: Uint8Array): void {
    const { maxLineBytes, longLines } = this.options;
    if (longLines === 'drop') this.dropped++;
    if (longLines !== 'dead_letter') return;
    const kept = Uint8Array.from(line.subarray(0, Math.min(maxLineBytes, KEPT_BYTES)));
    this.bytes += kept.length + REFUSED_OVERHEAD_BYTES;
    this.refused.push({
      offset,
      bytes: kept,
      code: 'line_too_long',
      message: `the line is longer than ${formatSize(maxLineBytes)} (max_line_bytes); its first ${formatSize(kept.length)} are kept`,
    });
  }

  /** For a chunk; then nothing is left. */
  take(): { readonly refused?: readonly RefusedRecord[]; readonly dropped?: number } {
    const { refused, dropped } = this;
    this.refused = [];
    this.bytes = 0;
    this.dropped = 0;
    return { ...(refused.length > 0 && { refused }), ...(dropped > 0 && { dropped }) };
  }
}
