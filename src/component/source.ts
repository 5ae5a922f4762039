import type { JsonValue } from '../base/json.js';
import type { Partition } from '../batch/index.js';
import type { Config, Described, StageContext } from './described.js';

/** Whole records as they were read, one after another, from one partition. */
export interface Chunk {
  readonly partition: Partition;
  /** The bytes of whole records with their terminators. The buffer belongs to the receiver, which gives it back. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Position of the first byte in the partition. */
  readonly offset: number;
  readonly readAtMs: number;
  /** Of a source that reads messages: then `bytes` are these, and `offset` is the position of the first. */
  readonly messages?: Messages;
  /** Records that the framing itself refused (lines over the limit), with as many of their bytes as were kept. */
  readonly refused?: readonly RefusedRecord[];
  /** How many records the framing dropped, where the configuration says so. */
  readonly dropped?: number;
  /**
   * Where its part of the input goes on after this chunk. A chunk without bytes (in a buffer of length 0, which need
   * not be lent) may carry this alone.
   */
  readonly resume?: Resume;
}

/**
 * The messages of a chunk, each of which is one record, whatever bytes it holds. They lie one behind another in the chunk's
 * `bytes`, each with a newline behind it that is no part of it, as `MessageWriter` writes them.
 */
export interface Messages {
  /** Where each ends in `bytes`, without its newline. */
  readonly ends: Int32Array;
  /** The position of each in its partition. With the partition's name it tells a message from all others. */
  readonly positions: Float64Array;
  /**
   * What the source says of each: JSON objects as texts, in the chunk's buffer behind `bytes`. Their members are `meta.<name>` in
   * expressions. A member `id` is the record's stable id, in place of the one made of its position.
   */
  readonly meta?: TextColumn & { readonly bytes: Uint8Array<ArrayBuffer> };
}

/** One text, or none, for each of some records: one behind another. */
export interface TextColumn {
  readonly bytes: Uint8Array;
  /** Where each ends in `bytes`, which is where the next one begins; the complement (`~end`) of one that there is not. */
  readonly ends: Int32Array;
}

/** How far a source has come in one part of its input. */
export interface Resume {
  /** What tells the part from all others of the source in this run and in later ones: a file's identity. */
  readonly key: string;
  /** Made and understood by the source alone. */
  readonly position: JsonValue;
}

/** The newest position of each part of a source's input, by key. */
export type Positions = ReadonlyMap<string, JsonValue>;

export interface RefusedRecord {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly code: string;
  readonly message: string;
}

/**
 * Where a source's chunks go, and the only thing that it waits for: room. A source reads only into a buffer that
 * it was lent, so what it holds is paid for with credit.
 */
export interface Outlet {
  /**
   * Waits for credit and lends a buffer of at least `bytes`. Each lent buffer is either yielded in one chunk or
   * returned by `giveBack`. Rejects when the run stops.
   */
  lend(bytes: number): Promise<ArrayBuffer>;
  giveBack(buffer: ArrayBuffer): void;
  /** The size of a batch that the configuration asks for. */
  readonly batchBytes: number;
  /** How long a source may wait for more before it passes on a batch that is not full. */
  readonly lingerMs: number;
}

/** @template C what it reads: chunks of bytes, or for the end of a durable queue batches */
export interface Source<C = Chunk> {
  /** Says in the context's claims what it will read. All stages do so before any of them reads or writes. */
  claim?(): Promise<void>;
  /**
   * Reads on after `from`, which is empty at a beginning. Ends at the end of the input, or soon after `signal` aborts (then what was read
   * whole is still yielded).
   */
  read(outlet: Outlet, signal: AbortSignal, from: Positions): AsyncIterable<C>;
  /** What it has read cannot be read again: each checkpoint waits for the disk. */
  readonly readsOnce?: boolean;
  /** The checkpoint that holds these positions is durable: what lies before them will never be asked for again. */
  commit?(positions: Positions): Promise<void>;
  /**
   * A record could not be processed and was rejected: it is to be given back as dead when the checkpoint that holds it is committed.
   * Only of sources whose definition takes rejections.
   * @param partition the name of the record's partition
   * @param offset its position there
   * @returns false where it is no record of this run, which cannot be given back
   */
  reject?(partition: string, offset: number): boolean;
  /** Those of the positions that may still be needed; called now and then, so that they do not grow for ever. */
  prune?(positions: Positions): Promise<Positions>;
  /** Bytes read and in all, of the input as it lies there (compressed where it is); `total` only where known. */
  progress?(): { readonly read: number; readonly total: number | undefined };
  close(): Promise<void>;
}

export interface SourceDefinition extends Described {
  readonly kind: 'source';
  /** Its chunks hold messages. */
  readonly readsMessages?: true;
  /** It gives back what stages reject. */
  readonly takesRejections?: true;
  /** Whether it reads bytes that a `format` decodes. */
  readonly create: (config: Config, context: StageContext) => Source;
}
