import type { Storage } from '../base/storage.js';
import type { DetachedBatch } from '../batch/index.js';
import type { Config, Described, StageLog } from './described.js';
import type { Sink, SinkState } from './sink.js';
import type { Positions, Resume, Source } from './source.js';

/** A batch as it comes out of a durable queue. Its buffer was lent by the outlet, as a chunk's is. */
export interface QueuedBatch {
  readonly batch: DetachedBatch;
  readonly records: number;
  readonly resume?: Resume;
}

/** How records are spread over a queue's partitions. */
export interface Partitioning {
  readonly partitions: number;
  /** An expression: records of one key stay together and in order. Without it, those of one partition of a source do. */
  readonly key?: string;
  /** Its batches then say what each record is as JSON (`meta.messages`), and have no document. */
  readonly payload?: 'json';
}

/** What the runtime tells a queue about its surroundings. */
export interface QueueContext {
  readonly pipeline: string;
  /** The stage behind it. */
  readonly stage: string;
  /** Of this queue alone, for what it keeps on this machine. */
  readonly folder: string;
  /** The segments that put records in and are run in this process; other processes may run more where the queue joins them. */
  readonly producers: readonly string[];
  /** Others that have done so, as the pipeline was before: with the last state of their end. */
  readonly former: ReadonlyMap<string, SinkState>;
  /** Nobody takes anything out in this run, so that there is no room to be waited for. */
  readonly hasNoConsumer?: true;
  readonly storage: Storage;
  readonly log: StageLog;
}

export interface QueueEndContext {
  /** Asks for a checkpoint of the end's segment before the next is due. */
  readonly requestCheckpoint: () => void;
  /** Asked when the end closes: another one takes its place in this run, so that it is not the end of anything. */
  readonly isHandedOver: () => boolean;
}

/**
 * A durable queue in front of a stage: a sink and a source back to back, each of its own segment, which has its own
 * checkpoints. What goes in at one end comes out at the other once a durable checkpoint of its producer holds it.
 */
export interface Queue {
  /** The end into which a segment puts records. Its blocks are `queued`. Its close says that nothing follows, unless it is handed over. */
  sink(producer: string, context: QueueEndContext): Sink;
  /** The end from which they come. It ends when all producers have, or their segments are not run here. */
  source(context: QueueEndContext): Source<QueuedBatch>;
  /** How many records wait in it, where that is known. */
  readonly waiting?: number;
  /** Called when both ends have been closed. */
  close(): Promise<void>;
}

/** A batch as it lies in a queue, from where it can be copied any number of times. */
export interface StoredBatch {
  /** Of itself, or of its first record, in the partition. */
  readonly offset: number;
  /** The first one behind it. */
  readonly nextOffset: number;
  readonly records: number;
  /** When it was put in. */
  readonly timeMs: number;
  /** What a buffer needs for `copyTo`. */
  readonly bytes: number;
  /** Valid until the next batch of the partition is read. */
  copyTo(buffer: ArrayBuffer): DetachedBatch;
}

/** What one partition of a queue holds: what waits, and what is retained. */
export interface StoredPartition {
  /** As in the positions of the queue's source. */
  readonly key: string;
  /** An offset is one of a whole batch, not of a record, and some offsets have none. */
  readonly countsBatches?: true;
  /** Of the oldest that is there; `nextOffset` where there is none. */
  readonly firstOffset: number;
  readonly nextOffset: number;
  /** What it takes on the disk. */
  readonly bytes: number;
  /** When the oldest record was put in. */
  readonly oldestMs: number | undefined;
  /** The offset of the first record that was put in at that time or later; `nextOffset` where there is none. */
  offsetAtTime(timeMs: number): Promise<number>;
  /** Whole batches, from the one that holds `from` to the one that holds the last record before `to`. */
  read(from: number, to: number): AsyncIterable<StoredBatch>;
}

/** What a queue holds, opened. */
export interface StoredQueue {
  readonly partitions: readonly StoredPartition[];
  /** The offset at which the stage goes on in each partition, where the queue knows; otherwise the pipeline's checkpoints do. */
  readonly committed?: Positions;
  /** Lets the stage go on at other offsets, where they do not stand in checkpoints. Rejects while anybody takes records out. */
  readonly moveTo?: (offsets: ReadonlyMap<string, number>) => Promise<void>;
  close(): Promise<void>;
}

export interface StoredQueueContext
  extends Pick<QueueContext, 'pipeline' | 'stage' | 'folder' | 'storage' | 'log'> {
  /** The segments that have put records in, with what the last checkpoint of each says of its end. */
  readonly producers: ReadonlyMap<string, SinkState>;
}

export interface QueueDefinition extends Described {
  readonly kind: 'queue';
  /**
   * Its ends may be in different processes, of each any number, which share the work. Its source then ends when the producers of
   * its own process have ended and nothing is left; where there are none, it goes on until the run is stopped. `competing`: each
   * record goes to whoever is free. `partitions`: each process has some of these, so that more processes than partitions are idle.
   */
  readonly joinsProcesses?: 'competing' | 'partitions';
  readonly partitioning: (config: Config) => Partitioning;
  /** Opens what a queue holds to be looked at or read again, while a run may be under way. Changes nothing. */
  readonly stored?: (config: Config, context: StoredQueueContext) => Promise<StoredQueue>;
  /** Opens nothing; its ends do. */
  readonly create: (config: Config, context: QueueContext) => Queue;
}
