import type { Framing } from '../formats/index.js';
import type { Outlet, Resume } from './source.js';

/** What becomes of a record over the limit: its beginning is passed on, it is refused, or it is dropped. */
export type LongLines = 'truncate' | 'dead_letter' | 'drop';

export interface FramingOptions {
  /** How the bytes are cut into records. `csv`: newlines between double quotes do not end a record. `arrow`: into messages. */
  readonly framing: Framing;
  /** This many records at the partition's beginning become its preamble. */
  readonly preambleLines: number;
  /** The longest record in bytes, its newline not counted (a carriage return is). */
  readonly maxLineBytes: number;
  readonly longLines: LongLines;
}

/**
 * Reads up to `into.length` bytes (which are more than none); 0 where there are no more, or none for now. `isFirst`
 * says that the buffer holds nothing new yet, so that there is nothing that could be passed on instead of waiting.
 */
export type ReadBytes = (into: Uint8Array, isFirst: boolean) => Promise<number>;

export interface Turn {
  readonly read: ReadBytes;
  readonly outlet: Outlet;
  readonly signal: AbortSignal;
  /** Asked when `read` has given 0 or the signal has aborted: whether bytes without a newline are a record as well. */
  readonly isFinal: () => boolean;
  /** When `read` has given 0: nothing more is waited for that could belong to the records which are open. */
  readonly flush?: true;
}

/** Where framing goes on after a chunk. Plain JSON data. */
export interface FramingState {
  /** Position of the first byte that has to be read again. */
  readonly offset: number;
  /** The line there is over the limit, and what becomes of it has been reported. */
  readonly isReported?: true;
  /** The partition's preamble in base64, where it has one. */
  readonly preamble?: string;
}

/** Says what a chunk's `resume` is, when framing goes on like this after it. */
export type ResumeOf = (state: FramingState) => Resume;
