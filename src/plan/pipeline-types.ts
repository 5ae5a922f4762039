import type {
  Config,
  Definition,
  ExchangeDefinition,
  QueueDefinition,
  SinkDefinition,
  SourceDefinition,
  TransformDefinition,
} from '../component/index.js';
import type { Problem } from '../config/index.js';
import type { FormatDefinition } from '../formats/index.js';
import type { PipelineTest } from './tests/types.js';

/** What pipelines can be made of. */
export interface Catalogue {
  readonly sources: ReadonlyMap<string, SourceDefinition>;
  readonly transforms: ReadonlyMap<string, TransformDefinition>;
  readonly exchanges: ReadonlyMap<string, ExchangeDefinition>;
  readonly sinks: ReadonlyMap<string, SinkDefinition>;
  /** The durable queues; that in memory is the plan's own. */
  readonly queues: ReadonlyMap<string, QueueDefinition>;
  readonly formats: readonly FormatDefinition[];
}

export type StageKind = 'source' | 'transform' | 'exchange' | 'sink';

/** A checked pipeline. Its stages form a graph without cycles in which every input exists. */
export interface Pipeline {
  readonly name: string;
  /** In the order of the file: sources, transforms, exchanges and sinks as their sections stand in it. */
  readonly stages: readonly Stage[];
  readonly runtime: RuntimeConfig;
  readonly deadLetter: DeadLetterConfig;
  /** What must not be shown, and what is shown instead. */
  readonly secrets: ReadonlyMap<string, string>;
  /** What is no mistake, but may become one. */
  readonly warnings: readonly Problem[];
  /** Those that stand in its file. */
  readonly tests: readonly PipelineTest[];
}

export interface Stage {
  readonly id: string;
  readonly kind: StageKind;
  /** The name of its definition. */
  readonly type: string;
  readonly definition: Definition;
  /** The definition's own fields, checked; of a stage that does not give all records to all readers, its `readers`, too. */
  readonly config: Config;
  /** Ids of the stages that it reads, each once; empty for a source. */
  readonly inputs: readonly string[];
  /** Its inbox, where the file names one. */
  readonly queue?: QueueConfig;
  readonly onError: OnError;
  /** Where its id stands in the file. */
  readonly position: { readonly line: number; readonly column: number };
}

export type QueueConfig = MemoryQueueConfig | DurableQueueConfig;

export interface MemoryQueueConfig {
  readonly type: 'memory';
  /** Where the file gives none, the plan decides: the queues share `runtime.memory`. */
  readonly maxBytes?: number;
  readonly whenFull: 'block' | 'spill' | 'drop_newest' | 'drop_oldest';
}

/** A queue that outlives the run: it cuts the pipeline into segments. */
export interface DurableQueueConfig {
  readonly type: string;
  readonly definition: QueueDefinition;
  /** The definition's own fields, checked. */
  readonly config: Config;
}

/** What becomes of a record on which the stage fails. */
export interface OnError {
  readonly action: 'dead_letter' | 'drop' | 'stop' | 'reject';
  /** How often a sink's writes are tried before that. Without it, those that can succeed later are tried for ever. */
  readonly retry?: RetryConfig;
}

export interface RetryConfig {
  /** How often in all, the first time included. */
  readonly attempts: number;
  /** The longest wait after the first failure. It doubles with each further one, up to `maxBackoffMs`. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** No attempt begins later than this after the first. */
  readonly maxElapsedMs?: number;
}

export interface RuntimeConfig {
  readonly workers: number | 'auto';
  readonly memoryBytes: number;
  readonly checkpointMs: number;
  /** How long one trip of a batch to a worker may take. */
  readonly tripTimeoutMs: number;
  /** The folder of everything that outlives a run. */
  readonly state: string;
  readonly batch: { readonly maxBytes: number; readonly maxRecords: number; readonly lingerMs: number };
}

export interface DeadLetterConfig {
  /** The run stops when a larger share than this of the last records failed. */
  readonly maxShare?: number;
  /** The source waits while the dead letters are as large as this. */
  readonly maxBytes: number;
}
