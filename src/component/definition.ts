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

export type Definition = SourceDefinition | TransformDefinition | ExchangeDefinition | SinkDefinition;
