import type { Storage } from '../base/storage.js';

export interface LogOptions {
  readonly storage: Storage;
  /** Holds one partition and nothing else; it is made when it is missing. */
  readonly folder: string;
  /** Once a segment is so long, the next frame goes into a new one. 64 MiB unless said. */
  readonly segmentBytes?: number;
  readonly log?: { warn(fields: object, message: string): void };
}

/** What a checkpoint keeps of a log: plain JSON data. */
export interface LogState {
  /** The offset that the next record gets. */
  readonly nextOffset: number;
  /** Base offset of the last segment. */
  readonly segment: number;
  /** How many bytes of that segment count. */
  readonly position: number;
  readonly segmentId: string;
}

/** What is said of a payload when it is appended. */
export interface AppendAbout {
  /** How many records the payload holds: 1 to 2^32 - 1. */
  readonly records: number;
  readonly timestampMs: number;
  /** For the user of the log to tell payloads apart: 0 to 2^32 - 1. */
  readonly kind: number;
  /** The `checksum` of the payload, when it is known already. */
  readonly payloadCrc?: number;
}

/** One payload as it was appended. */
export interface LogFrame {
  /** The offset of its first record. */
  readonly baseOffset: number;
  readonly records: number;
  readonly timestampMs: number;
  readonly kind: number;
  /** Valid until the next `read`: it lies in a buffer that the reader uses again. */
  readonly payload: Uint8Array;
}

/** A stretch of a segment that could not be read. */
export interface SkippedRegion {
  /** The name of the segment's file. */
  readonly segment: string;
  /** The bytes from here … */
  readonly from: number;
  /** … up to here; the same as `from` when the bytes are not even there. */
  readonly to: number;
  /** How many records it held; undefined where nothing says. */
  readonly records: number | undefined;
}
