import type { JsonValue } from '../base/json.js';
import type { Storage } from '../base/storage.js';
import type { Arena, Batch, Partition, Shape } from '../batch/index.js';
import type { Field } from '../config/fields.js';
import type { Framing, Wanted, Written } from '../formats/index.js';
import type { ExchangeType, HeadersBinding } from '../routing/index.js';
import type { Claims } from './claims.js';
import type { QueuedAs } from './queue.js';
import type { RecordEnds } from './record-ends.js';

/** Checked options of a component, defaults filled in. Plain data: it travels to the threads. */
export type Config = Readonly<Record<string, unknown>>;

export interface Described {
  /** The name in `type:`. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly fields: readonly Field[];
  /** The stage as it would stand in a pipeline's YAML, without its id. It is validated and shown by `list`. */
  readonly example: string;
  /** Finds what single fields cannot tell. Pure: connects to nothing. `field` is a path such as `routes.slow`. */
  readonly check?: (config: Config) => readonly { readonly field: string; readonly message: string }[];
}

// ---------------------------------------------------------------------------------------------- sources

/** Whole records as they were read, one after another, from one partition. */
export interface Chunk {
  readonly partition: Partition;
  /** The bytes of whole records with their terminators. The buffer belongs to the receiver, which gives it back. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Position of the first byte in the partition. */
  readonly offset: number;
  readonly readAtMs: number;
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
  /** Those of the positions that may still be needed; called now and then, so that they do not grow for ever. */
  prune?(positions: Positions): Promise<Positions>;
  /** Bytes read and in all, of the input as it lies there (compressed where it is); `total` only where known. */
  progress?(): { readonly read: number; readonly total: number | undefined };
  close(): Promise<void>;
}

export interface SourceDefinition extends Described {
  readonly kind: 'source';
  /** Whether it reads bytes that a `format` decodes. */
  readonly create: (config: Config, context: StageContext) => Source;
}

/** What the runtime tells a stage about its surroundings. */
export interface StageContext {
  readonly pipeline: string;
  readonly stage: string;
  /** How the source's format cuts bytes into records, and how many lines come before them. */
  readonly framing: Framing;
  readonly preambleLines: number;
  readonly claims: Claims;
  readonly log: StageLog;
  readonly storage: Storage;
}

export interface StageLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

// ---------------------------------------------------------------------------------------------- transforms

/**
 * A file that a transform needs beside its records. The main thread reads it before the first record, and again when it has
 * changed; what is made of it goes to the threads with each batch.
 */
export interface FileResource {
  readonly path: string;
  readonly maxBytes: number;
  /**
   * Makes what the threads get: data that can be cloned, its bytes in a SharedArrayBuffer. Gives way to other work now and then.
   * Rejects where the content is not what it should be: before the first record the run fails, later the last content stays.
   */
  readonly build: (content: Uint8Array) => Promise<unknown>;
}

/** What was made of a transform's file. */
export interface Resource {
  /** Grows with each change. */
  readonly version: number;
  readonly content: unknown;
}

/** What a transform does with a batch's rows, and with those that it adds: each is passed on, dropped or fails. */
export interface Emit {
  readonly arena: Arena;
  /** Of transforms that have one. */
  readonly resource?: Resource | undefined;
  /** Passes rows on: to all who read the stage, or to one of its `readers` alone. Then `passed` counts them. */
  batch(batch: Batch, reader?: string): void;
  /** Rows that were passed on to one reader or more, each counted once. */
  passed(count: number): void;
  /** Rows that the stage leaves out on purpose (a filter). */
  drop(count: number): void;
  /** Rows that the stage made beyond those that it got (the items of a list). */
  added(count: number): void;
  /** One row of `batch` that failed; it follows the stage's `on_error`. */
  fail(batch: Batch, row: number, code: string, message: string): void;
  /** Counts something that went wrong but cost no record, such as a `where` that could not be evaluated. */
  count(code: string, times: number): void;
}

/** Runs in a worker thread, without I/O. One instance serves one stage in one thread. */
export interface Transform {
  apply(batch: Batch, emit: Emit): void;
}

/** What the stage of a definition's example makes of some records: one JSON document a line. */
export interface TransformSample {
  readonly input: string;
  readonly output: string;
  /** Files that the example names, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface TransformDefinition extends Described {
  readonly kind: 'transform';
  /** Shown in the reference. */
  readonly sample?: TransformSample;
  /** It passes each record on as it is, or not at all. */
  readonly keepsRecords?: true;
  /** The fields that it needs of its input when `wanted` is wanted of its output. */
  readonly needs: (config: Config, wanted: Wanted) => Wanted;
  /** A record may keep it busy for ever, or for far longer than others: it then never runs in the main thread. */
  readonly mayRunAway?: (config: Config) => boolean;
  /** What its output looks like. */
  readonly shape: (config: Config, input: Shape) => Shape;
  /**
   * The names of its outputs, where it has several: stages then read `id.output`, and the config that `create` gets has
   * `readers`.
   */
  readonly outputs?: (config: Config) => readonly string[];
  readonly resource?: (config: Config) => FileResource;
  /** @param wanted what is wanted of its output; without it, all that the record holds but no field by name */
  readonly create: (config: Config, stage: string, wanted?: Wanted) => Transform;
}

/** An exchange: a transform that passes records on to the readers whose bindings match. Its config has `readers`. */
export interface ExchangeDefinition extends Omit<TransformDefinition, 'kind' | 'outputs'> {
  readonly kind: 'exchange';
  readonly name: ExchangeType;
}

/**
 * For each reader, by its id, what it has asked for: names of outputs, binding keys, or headers. A record goes once to
 * each reader that has asked for it. Plain data.
 */
export type Readers = Readonly<Record<string, readonly (string | HeadersAsked)[]>>;
export type HeadersAsked = Omit<HeadersBinding, 'consumer'>;

// ---------------------------------------------------------------------------------------------- sinks

/** Encoded records on their way into a sink. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly records: number;
  /** The path of all its records, where the sink's definition has a `path`. */
  readonly key?: string;
  /** The bytes are those of a batch on its way into a durable queue. */
  readonly queued?: QueuedAs;
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
   */
  write(block: Block, signal: AbortSignal): Promise<void>;
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
  /** Opens nothing; the first write does. */
  readonly create: (config: Config, context: SinkContext) => Sink;
}

export type Definition = SourceDefinition | TransformDefinition | ExchangeDefinition | SinkDefinition;
