import type { Arena } from '../batch/index.js';
import { type ConsumerSets, NOBODY } from './consumer-sets.js';

/** Instead of the number of a set: the row has no key and is not routed. */
export const NO_KEY = -1;

/** Some rows of a batch, ascending: the first `count` of `list`. */
export interface RoutedRows {
  readonly list: Int32Array;
  readonly count: number;
}

/**
 * The rows of a batch for each consumer that gets any, and those that nobody gets. Takes time in proportion to the
 * rows and to what is delivered.
 * @param sets for each row the number of its set, or NO_KEY
 */
export function rowsByConsumer(
  arena: Arena,
  sets: Int32Array,
  consumers: ConsumerSets,
): { readonly delivered: ReadonlyMap<number, RoutedRows>; readonly unrouted: RoutedRows } {
  const rowsOfSet = new Int32Array(consumers.size);
  for (const set of sets) if (set !== NO_KEY) rowsOfSet[set]!++;
  const counts = new Map<number, number>();
  for (const [set, rows] of rowsOfSet.entries()) {
    if (rows === 0) continue;
    for (const consumer of consumers.of(set)) counts.set(consumer, (counts.get(consumer) ?? 0) + rows);
  }
  const delivered = new Map<number, { list: Int32Array; count: number }>();
  for (const [consumer, count] of counts) delivered.set(consumer, { list: arena.int32(count), count: 0 });
  const unrouted = { list: arena.int32(rowsOfSet[NOBODY]!), count: 0 };
  const receivers = receiversOf(rowsOfSet, consumers, delivered, unrouted);
  for (let row = 0; row < sets.length; row++) {
    if (sets[row] === NO_KEY) continue;
    for (const receiver of receivers[sets[row]!]!) receiver.list[receiver.count++] = row;
  }
  return { delivered, unrouted };
}

/** For each set that has rows, to whose lists they are added. */
function receiversOf<T>(
  rowsOfSet: Int32Array,
  consumers: ConsumerSets,
  delivered: ReadonlyMap<number, T>,
  unrouted: T,
): T[][] {
  return Array.from(rowsOfSet, (rows, set) => {
    if (rows === 0) return [];
    return set === NOBODY
      ? [unrouted]
      : Array.from(consumers.of(set), (consumer) => delivered.get(consumer)!);
  });
}
