import { type CsvFraming, CsvScanner, type Framing, isMultiline } from '../formats/index.js';
import { ArrowEnds } from './arrow-ends.js';

const NEWLINE = 10;
const QUOTE = 34;

/**
 * Finds where records end. A record's end is the address after its newline, so it is where the next one starts;
 * -1 says that there is none. Every search starts at the start of a record unless it says otherwise.
 */
export interface RecordEnds {
  /** Records end in a newline, which is no part of them. */
  readonly isText: boolean;
  /** The last end in `bytes[from .. to)`. */
  last(bytes: Buffer, from: number, to: number): number;
  /** The first end at or after `from`. */
  first(bytes: Buffer, from: number): number;
  /** Of a record that `resume` will see from its start on: forgets whatever record it was in before. */
  begin(): void;
  /** The end of the record in whose middle `from` lies. What it saw until then is remembered for the next bytes. */
  resume(bytes: Buffer, from: number): number;
  /** Whether what begins at `from` is no record, and no line of a preamble either. */
  isComment?(bytes: Buffer, from: number): boolean;
  /** What is wrong with the bytes of a preamble that begins at `from`, as far as they are there. */
  problemOfPreamble?(bytes: Buffer, from: number, isLast: boolean): string | undefined;
}

/** A record ends at every newline. */
class LineEnds implements RecordEnds {
  readonly isText = true;

  last(bytes: Buffer, from: number, to: number): number {
    const newline = to > from ? bytes.lastIndexOf(NEWLINE, to - 1) : -1;
    return newline < from ? -1 : newline + 1;
  }

  first(bytes: Buffer, from: number): number {
    // A negative or zero result of `indexOf + 1` cannot be mistaken: a record ends at 1 at the earliest.
    return bytes.indexOf(NEWLINE, from) + 1 || -1;
  }

  begin(): void {}

  resume(bytes: Buffer, from: number): number {
    return this.first(bytes, from);
  }
}

/** A record ends at a newline with an even number of double quotes between the record's start and it (RFC 4180). */
class CsvEnds implements RecordEnds {
  readonly isText = true;
  private inQuotes = 0;

  last(bytes: Buffer, from: number, to: number): number {
    let inQuotes = quoteParity(bytes, from, to);
    for (let at = to - 1; at >= from; at--) {
      const byte = bytes[at];
      if (byte === QUOTE) inQuotes ^= 1;
      else if (byte === NEWLINE && inQuotes === 0) return at + 1;
    }
    return -1;
  }

  first(bytes: Buffer, from: number): number {
    this.begin();
    return this.resume(bytes, from);
  }

  begin(): void {
    this.inQuotes = 0;
  }

  resume(bytes: Buffer, from: number): number {
    let at = from;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      this.inQuotes ^= quoteParity(bytes, at, end);
      if (newline < 0) return -1;
      if (this.inQuotes === 0) return newline + 1;
      at = newline + 1;
    }
  }
}

/** The same where there are comments or escaped characters: only reading from the start tells what a quote means. */
class CsvDialectEnds implements RecordEnds {
  readonly isText = true;
  private readonly scanner: CsvScanner;

  constructor(framing: CsvFraming) {
    this.scanner = new CsvScanner(framing);
  }

  last(bytes: Buffer, from: number, to: number): number {
    let at = -1;
    for (let end = from; end >= 0 && end < to; ) {
      end = this.scanner.first(bytes, end, to);
      if (end >= 0) at = end;
    }
    return at;
  }

  first(bytes: Buffer, from: number): number {
    return this.scanner.first(bytes, from, bytes.length);
  }

  begin(): void {
    this.scanner.begin();
  }

  resume(bytes: Buffer, from: number): number {
    return this.scanner.resume(bytes, from, bytes.length);
  }

  isComment(bytes: Buffer, from: number): boolean {
    return this.scanner.isComment(bytes, from);
  }
}

/** For bytes that are cut in this way; of lines that belong together, for the lines. */
export function recordEndsOf(framing: Framing): RecordEnds {
  if (isMultiline(framing)) return new LineEnds();
  if (typeof framing === 'object') return new CsvDialectEnds(framing);
  if (framing === 'arrow') return new ArrowEnds();
  return framing === 'csv' ? new CsvEnds() : new LineEnds();
}

const LOW_BITS = 0x7f7f7f7f;
const FOUR_QUOTES = 0x22222222;

/**
 * 1 when `bytes[from .. to)` holds an odd number of double quotes, else 0. Four bytes at a time: each lane that is
 * zero after the xor sets its high bit (Warren, Hacker's Delight, 6-1), and only the parity of all of them counts.
 */
export function quoteParity(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  let parity = 0;
  const aligned = Math.min(to, at + (-(bytes.byteOffset + at) & 3));
  for (; at < aligned; at++) if (bytes[at] === QUOTE) parity ^= 1;
  const count = (to - at) >> 2;
  if (count > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const word = words[i]! ^ FOUR_QUOTES;
      seen ^= ~(((word & LOW_BITS) + LOW_BITS) | 0 | word | LOW_BITS);
    }
    seen ^= seen >>> 16;
    parity ^= ((seen >>> 15) ^ (seen >>> 7)) & 1;
    at += count << 2;
  }
  for (; at < to; at++) if (bytes[at] === QUOTE) parity ^= 1;
  return parity;
}
