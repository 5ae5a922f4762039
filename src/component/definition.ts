import type { Arena, Batch, Shape } from '../batch/index.js';
import type { Wanted } from '../formats/index.js';
import type { ExchangeType, HeadersBinding } from '../routing/index.js';
import type { Config, Described } from './described.js';
import type { SinkDefinition } from './sink.js';
import type { SourceDefinition } from './source.js';

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

/**
 * What a transform remembers: a time for each key. The threads hash the keys, and one memory for the whole stage answers, in the
 * order of the records, whether each passes. It is part of the checkpoints. See docs/decisions/0017-memories.md.
 */
export interface KeyMemory {
  /** An expression. A record for which it cannot be evaluated fails. */
  readonly key: string;
  /** A record whose key is null passes, and nothing is remembered of it. Without it, null is a key as others are. */
  readonly nullPasses?: true;
  /** An expression: the time of a record. Without it, and where it is null, the time at which the record was read. */
  readonly time?: string;
  /** Beyond so many keys, those are forgotten of which nothing has passed for the longest. */
  readonly maxKeys: number;
  /** Told apart by this: a memory of another kind is not gone on with. */
  readonly rule: string;
  /**
   * Decides about a record, in the main thread: pure and without allocation.
   * @param untilMs what is remembered of its key, or -Infinity
   * @param nowMs the time of the record
   * @returns what shall be remembered: until when the key matters; or NaN: the record does not pass, and nothing changes
   */
  decide(untilMs: number, nowMs: number): number;
}

/** What a transform does with a batch's rows, and with those that it adds: each is passed on, dropped or fails. */
export interface Emit {
  readonly arena: Arena;
  /** Of transforms that have one. */
  readonly resource?: Resource | undefined;
  /** Of transforms with a memory: for each row 1 where it passes, else 0. */
  readonly answers?: Uint8Array | undefined;
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
  /** Such a stage gets whole batches in one order, whatever the number of threads. */
  readonly memory?: (config: Config) => KeyMemory;
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

export type Definition = SourceDefinition | TransformDefinition | ExchangeDefinition | SinkDefinition;
