import type { Shape } from '../batch/index.js';
import type {
  Config,
  EnvelopeOfRecords,
  KeyMemory,
  Partitioning,
  PathOfRecords,
} from '../component/index.js';
import type { FormatConfig, Framing, Wanted } from '../formats/index.js';
import type { DurableQueueConfig, MemoryQueueConfig, OnError, Stage } from './pipeline.js';

/** What a node of a chain does with its batches. */
export type NodeKind = 'decode' | 'receive' | 'transform' | 'encode' | 'send';

/** One step of a chain. Plain data: chains travel to the threads. */
export interface NodePlan {
  readonly kind: NodeKind;
  /** The stage whose work this is: the source for `decode`, the sink for `encode`, the receiving stage for `send`. */
  readonly stage: string;
  readonly type: string;
  readonly config: Config;
  /** The nodes of this chain whose batches it gets. */
  readonly inputs: readonly number[];
  readonly onError: OnError['action'];
  /** For `decode` and `encode`. */
  readonly format?: FormatConfig;
  readonly framing?: Framing;
  /** For `decode`, `receive` and `transform`: what the nodes after it look into, and whether records go on whole. */
  readonly wantedNames?: readonly string[];
  readonly wantsAll?: boolean;
  /** Of an `encode`: to where records go that name their path themselves, and what arrives. */
  readonly path?: PathOfRecords;
  /** Of an `encode`: what the sink has to know of each record. */
  readonly envelope?: EnvelopeOfRecords;
  /** Of a `send` into a durable queue: to which of its partitions records go. */
  readonly partitioning?: Partitioning;
  /** Of a `send` to a stage with a memory: what it asks of each record. */
  readonly asks?: Pick<KeyMemory, 'key' | 'time' | 'nullPasses'>;
  readonly shape?: { readonly fields: readonly (readonly [string, string])[]; readonly open: boolean };
}

/**
 * Stages fused into one trip to a thread: a root that decodes a source's bytes or receives a queue's batches, the
 * transforms behind it, and leaves that encode for a sink or send to a queue. Nodes are in topological order.
 */
export interface ChainPlan {
  /** The source, the stage whose queue feeds the chain, or the durable queue. */
  readonly id: string;
  readonly nodes: readonly NodePlan[];
  readonly maxRecords: number;
  /** Lines go to sinks as they came: all that has to be known of them is their number. */
  readonly copiesLines: boolean;
  /** A record may keep it busy for ever, so that it must run where it can be ended. */
  readonly mayRunAway?: boolean;
  /** The stage at its beginning has a memory: it is asked about the chain's batches in their order. */
  readonly remembers?: string;
}

/**
 * The memory in front of a sink, of a chain or of a durable queue's end, with one edge for each input: between the parts of
 * a segment.
 */
export interface InboxPlan {
  /** What takes from it: a stage, or a durable queue. */
  readonly id: string;
  readonly inputs: readonly string[];
  readonly queue: Required<MemoryQueueConfig>;
}

/** A queue between two segments. */
export interface QueuePlan {
  readonly id: string;
  /** The stage behind it. */
  readonly stage: Stage;
  readonly queue: DurableQueueConfig;
  /** The segments that put records in. */
  readonly producers: readonly string[];
}

/** What a process runs between durable queues. */
export interface SegmentPlan {
  /** That of its first stage. */
  readonly id: string;
  readonly stages: readonly string[];
  /** The durable queues that it takes records from, and those that it puts records in, by their ids. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly chains: readonly ChainPlan[];
  readonly inboxes: readonly InboxPlan[];
}

export interface Plan {
  readonly name: string;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly segments: readonly SegmentPlan[];
  /** The durable queues, by id. */
  readonly queues: ReadonlyMap<string, QueuePlan>;
  /** What each source and transform puts out, and what is wanted of it. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly wanted: ReadonlyMap<string, Wanted>;
}
