import type { JsonValue } from '../base/json.js';
import type { Partition } from '../batch/index.js';
import type { Written } from '../formats/index.js';
import type { Config, Described, StageContext } from './described.js';
import type { QueuedAs } from './queued.js';
import type { RecordEnds } from './record-ends.js';
import type { TextColumn } from './source.js';

/** Encoded records on their way into a sink. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly records: number;
  /** The path of all its records, where the sink's definition has a `path`. */
  readonly key?: string;
  /** What goes with each of its messages, where the sink's definition has an `envelope`. */
  readonly envelope?: Envelope;
  /** The bytes are those of a batch on its way into a durable queue. */
  readonly queued?: QueuedAs;
}

/** What a sink has to know of a block's messages, without looking into their bytes. */
export interface Envelope {
  /**
   * Where each message ends in the block's bytes, which is where the next one begins. A message is one record with the
   * terminator that its format writes (`payloadOf` leaves that out), or with `batch` the whole block.
   */
  readonly ends: Int32Array;
  /** By the names in the definition's `envelope`: one value for each message. */
  readonly values: Readonly<Record<string, TextColumn>>;
  /** Where its records came from, so that each can become a dead letter of its own. */
  readonly origin: BlockOrigin;
}

export interface BlockOrigin {
  readonly partition: Partition;
  /** For each record. */
  readonly positions: Float64Array;
  /** The bytes that the source read for each record. */
  readonly records: TextColumn;
  /** What the source said of each, where it reads messages. */
  readonly meta: TextColumn | undefined;
}

/** What is to be known of each message. Plain data: it travels to the threads, which evaluate it for each record. */
export interface EnvelopeOfRecords {
  /** A value is a text; of an expression that is null or absent there is none. `as: 'json'` asks for it as a JSON text. */
  readonly values: Readonly<Record<string, EnvelopeValue>>;
  /** A block is then one message, whose records agree in all values but those that say `of: 'first'`. */
  readonly batch?: boolean;
}

export interface EnvelopeValue {
  /** A template that is one `{expression}` and nothing else has no value where that has none. */
  readonly template: string;
  readonly as?: 'json';
  /** Of a batch, that of the first record counts, whatever the others have. */
  readonly of?: 'first';
}

/** A record of a block that the sink did not take. */
export interface RefusedRow {
  /** Its index among the block's records. */
  readonly row: number;
  readonly code: string;
  readonly message: string;
  /** It comes again, after a pause, with others that were refused so; never where the envelope says `batch`. */
  readonly retryable?: boolean;
}

/** Of what a sink's records go to paths that they name themselves. Plain data: it travels to the threads. */
export interface PathOfRecords {
  /** A template of paths: `parsePathTemplate`. */
  readonly template: string;
  /** An expression: the time of strftime parts, and where it is null, the time at which the record was read. */
  readonly time: string;
}

export interface Sink {
  /** Says in the context's claims what it will write. All stages do so before any of them reads or writes. */
  claim?(): Promise<void>;
  /**
   * Opens the output before anything is written to it, and takes it back to `state`: what came after is undone. Without
   * a state it begins. Resolves to its state now.
   */
  open(state: SinkState | undefined): Promise<SinkState>;
  /**
   * Resolves when the bytes have been handed over; then the block's buffer is used again. Blocks come one at a time. After an
   * error that says `retryable` the same block comes again, whole: what was written of it has to be undone first. An error
   * that blames the `data` is about this block alone, which is given up: nothing of it may have been written.
   * A sink with an envelope may resolve to the records that it did not take: they follow `on_error` one by one, and all others
   * count as written.
   */
  write(block: Block, signal: AbortSignal): Promise<void> | Promise<readonly RefusedRow[]>;
  /** Called at a barrier, between two blocks. Later blocks come when it has resolved. */
  prepare(): Promise<Prepared>;
  /** Called in place of the last `prepare`: nothing comes any more, and what is unfinished can be finished. */
  finish?(): Promise<Prepared>;
  /** It has something to do at a barrier, so that there shall be one although nothing was read. */
  isDue?(): boolean;
  /** The checkpoint that holds this state is durable. */
  commit?(state: SinkState): Promise<void>;
  /** Also writes what only the end of an output can have. The state of the last `prepare` leads back before that. */
  close(): Promise<void>;
}

/** To what a sink can be taken back; made and understood by the sink alone. */
export type SinkState = JsonValue;

export interface Prepared {
  readonly state: SinkState;
  /** Resolves when all that `state` counts would survive a loss of power. Blocks are written meanwhile. */
  durable(): Promise<void>;
}

export interface SinkContext extends StageContext {
  /** Bytes that stand at the beginning and the end of each output of this format. */
  readonly header: Uint8Array | undefined;
  readonly footer: Uint8Array | undefined;
  /** Where the format asks for a file that is read to its end: makes the footer of one that holds `written`. */
  readonly footerOf?: (written: Written) => Promise<Uint8Array>;
  /** Finds in a block where it can be cut in two; without it nowhere. */
  readonly recordEnds?: RecordEnds;
}

export interface SinkDefinition extends Described {
  readonly kind: 'sink';
  /**
   * What it has written is there after the run. Where no sink of a pipeline says so (it prints, it throws away), there is
   * nothing to go on from, and every run begins anew.
   */
  readonly keepsState?: true;
  /** Blocks then hold records of one path each, which is their `key`. */
  readonly path?: (config: Config) => PathOfRecords | undefined;
  /** What is to be known of each record. Blocks then have an `envelope`. */
  readonly envelope?: (config: Config) => EnvelopeOfRecords | undefined;
  /** Opens nothing; the first write does. */
  readonly create: (config: Config, context: SinkContext) => Sink;
}
