import type { Edge } from '../../flow/index.js';
import type { SinkItem } from '../items.js';

/** Sends letters that were made in this thread, NDJSON lines, to where dead letters are kept. Waits for room there. */
export async function sendLetters(edge: Edge<SinkItem>, letters: readonly string[]): Promise<void> {
  const { buffer, length } = new TextEncoder().encode(letters.join(''));
  await edge.send(
    { kind: 'block', buffer, byteOffset: 0, length, records: letters.length },
    buffer.byteLength,
  );
}
