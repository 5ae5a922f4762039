import type { StoredPartition } from '../../component/index.js';
import { nextFor, type QueueGroup, within } from './pipeline-queues.js';

/** A place in every partition of a queue. `committed` is where a group goes on. */
export type QueuePoint =
  | 'earliest'
  | 'latest'
  | 'committed'
  | { readonly offset: number }
  | { readonly timeMs: number };

/** Some of a partition's records: from the first offset up to, but without, the second. */
export interface StoredRange {
  readonly partition: StoredPartition;
  readonly from: number;
  readonly to: number;
}

/** Where a point lies in a partition, among the records that are there. */
export async function offsetAt(
  point: QueuePoint,
  partition: StoredPartition,
  group: QueueGroup,
): Promise<number> {
  const { firstOffset, nextOffset } = partition;
  if (point === 'earliest') return firstOffset;
  if (point === 'latest') return nextOffset;
  if (point === 'committed') return nextFor(group, partition);
  const offset = 'offset' in point ? point.offset : await partition.offsetAtTime(point.timeMs);
  return within(offset, firstOffset, nextOffset);
}

/** The records between two points, of all partitions that have some. */
export async function rangesBetween(
  partitions: readonly StoredPartition[],
  from: QueuePoint,
  to: QueuePoint,
  group: QueueGroup,
): Promise<StoredRange[]> {
  const ranges: StoredRange[] = [];
  for (const partition of partitions) {
    const begin = await offsetAt(from, partition, group);
    const end = await offsetAt(to, partition, group);
    if (begin < end) ranges.push({ partition, from: begin, to: end });
  }
  return ranges;
}

export function recordsIn(ranges: readonly StoredRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
