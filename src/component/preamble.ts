import { MillraceError } from '../base/errors.js';
import { formatSize } from '../base/units.js';
import type { RecordEnds } from './record-ends.js';

/** Collects the lines at the beginning of a partition that are no records. */
export class Preamble {
  private linesLeft: number;
  private readonly maxLineBytes: number;
  private readonly ends: RecordEnds;
  private readonly lines: Buffer[] = [];

  constructor(lines: number, maxLineBytes: number, ends: RecordEnds) {
    this.linesLeft = lines;
    this.maxLineBytes = maxLineBytes;
    this.ends = ends;
  }

  get isWhole(): boolean {
    return this.linesLeft === 0;
  }

  /** The lines, without the last one's newline. */
  bytes(): Uint8Array {
    const all = Buffer.concat(this.lines);
    return new Uint8Array(this.ends.isText && all.at(-1) === 10 ? all.subarray(0, -1) : all);
  }

  /** Takes the lines that are whole, from the start of one on; answers where the first byte lies that it left. */
  take(bytes: Buffer, from: number, isLast: boolean, partition: string): number {
    let at = from;
    while (this.linesLeft > 0 && at < bytes.length) {
      const problem = this.ends.problemOfPreamble?.(bytes, at, isLast);
      if (problem !== undefined) throw this.refused(partition, problem);
      const end = this.ends.first(bytes, at);
      const length = end < 0 ? bytes.length - at : end - 1 - at;
      if (length > this.maxLineBytes) throw this.lineTooLong(partition);
      if (end < 0 && !isLast) return at;
      if (!this.ends.isComment?.(bytes, at)) {
        this.lines.push(Buffer.from(bytes.subarray(at, end < 0 ? bytes.length : end)));
        this.linesLeft--;
      }
      at = end < 0 ? bytes.length : end;
    }
    return at;
  }

  private refused(partition: string, problem: string): MillraceError {
    return new MillraceError('wrong_format', `${partition}: ${problem}; check \`format\``, { blame: 'data' });
  }

  private lineTooLong(partition: string): MillraceError {
    const limit = formatSize(this.maxLineBytes);
    const message = `${partition}: expected a header line, found more than ${limit} without a line's end; check the format, or set max_line_bytes`;
    return new MillraceError('line_too_long', message, { blame: 'data' });
  }
}

/** A preamble as positions keep it. */
export function base64(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('base64');
}
