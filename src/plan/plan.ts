import type { Shape } from '../batch/index.js';
import type { Config, PathOfRecords } from '../component/index.js';
import type { FormatConfig, Framing, Wanted } from '../formats/index.js';
import type { OnError, QueueConfig, Stage } from './pipeline.js';

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
  /** For `decode` and `transform`: what the nodes after it look into, and whether records go on whole. */
  readonly wantedNames?: readonly string[];
  readonly wantsAll?: boolean;
  /** Of an `encode`: to where records go that name their path themselves, and what arrives. */
  readonly path?: PathOfRecords;
  readonly shape?: { readonly fields: readonly (readonly [string, string])[]; readonly open: boolean };
}

/**
 * Stages fused into one trip to a thread: a root that decodes a source's bytes or receives a queue's batches, the
 * transforms behind it, and leaves that encode for a sink or send to a queue. Nodes are in topological order.
 */
export interface ChainPlan {
  /** The source, or the stage whose queue feeds the chain. */
  readonly id: string;
  readonly nodes: readonly NodePlan[];
  readonly maxRecords: number;
  /** Lines go to sinks as they came: all that has to be known of them is their number. */
  readonly copiesLines: boolean;
  /** A record may keep it busy for ever, so that it must run where it can be ended. */
  readonly mayRunAway?: boolean;
}

/** The queue in front of a sink, a chain's root or a stage with a queue of its own, with one edge for each input. */
export interface InboxPlan {
  readonly stage: string;
  readonly inputs: readonly string[];
  readonly queue: Required<QueueConfig>;
}

/** What a process runs between durable queues. */
export interface SegmentPlan {
  readonly id: string;
  readonly stages: readonly string[];
  readonly chains: readonly ChainPlan[];
  readonly inboxes: readonly InboxPlan[];
}

export interface Plan {
  readonly name: string;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly segments: readonly SegmentPlan[];
  /** What each source and transform puts out, and what is wanted of it. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly wanted: ReadonlyMap<string, Wanted>;
}
