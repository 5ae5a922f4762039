import type { DetachedBatch } from '../batch/index.js';
import type { Chunk } from '../component/index.js';
import type { OutputPart } from '../workers/index.js';

/** What waits in front of a chain: a source's chunk, or a batch that another chain sent. */
export type ChainItem =
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  | { readonly kind: 'batch'; readonly batch: DetachedBatch; readonly records: number };

/** What waits in front of a sink: encoded records in a buffer of their own. */
export interface SinkItem {
  readonly kind: 'block';
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly length: number;
  readonly records: number;
  readonly parts?: readonly OutputPart[];
}

/** The buffer that an item holds, and thereby what it costs. */
export function bufferOf(item: ChainItem | SinkItem): ArrayBuffer {
  if (item.kind === 'block') return item.buffer;
  return item.kind === 'chunk' ? item.chunk.bytes.buffer : item.batch.buffer;
}
