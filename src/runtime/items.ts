import type { DetachedBatch } from '../batch/index.js';
import type { Chunk, Envelope, QueuedBatch, Source } from '../component/index.js';
import { buffersOfEnvelope, envelopesOf, type OutputPart } from '../workers/index.js';

/** A stage that reads bytes, or the end of a durable queue from which batches come. */
export type AnySource = Source<Chunk> | Source<QueuedBatch>;

/** A source's chunk in front of its chain. */
export interface ChunkItem {
  readonly kind: 'chunk';
  readonly chunk: Chunk;
}

/** A batch that a chain sent, in front of another chain or of a durable queue. */
export interface BatchItem {
  readonly kind: 'batch';
  readonly batch: DetachedBatch;
  readonly records: number;
  /** Of the durable queue. */
  readonly partition?: number;
}

/** Encoded records in front of a sink, in a buffer of their own. */
export interface BlockItem {
  readonly kind: 'block';
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly length: number;
  readonly records: number;
  readonly parts?: readonly OutputPart[];
  readonly envelope?: Envelope;
}

/** What waits in front of a chain. */
export type ChainItem = ChunkItem | BatchItem;

/** What waits in front of a sink, or of a durable queue. */
export type SinkItem = BlockItem | BatchItem;

/** What an item costs in credit: the bytes of all that it holds. */
export function costOf(item: ChainItem | SinkItem): number {
  const { byteLength } = bufferOf(item);
  if (item.kind !== 'block') return byteLength;
  const others = envelopesOf(item).flatMap(buffersOfEnvelope);
  return others.reduce((sum, buffer) => sum + buffer.byteLength, byteLength);
}

/** The buffer that an item holds. */
export function bufferOf(item: ChainItem | SinkItem): ArrayBuffer {
  if (item.kind === 'block') return item.buffer;
  return item.kind === 'chunk' ? item.chunk.bytes.buffer : item.batch.buffer;
}
