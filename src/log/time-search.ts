import { Scanner } from './scanner.js';
import { listSegments, openToRead, segmentName } from './segment.js';
import { loadIndex } from './segment-index.js';
import type { LogOptions } from './types.js';

/**
 * The first offset of the first frame whose time is not before `timestampMs`; the offset after the last frame when there
 * is none. Frames need not be in the order of their times.
 */
export async function offsetAtTime(options: LogOptions, timestampMs: number): Promise<number> {
  const { storage, folder } = options;
  const bases = await listSegments(storage, folder);
  let nextOffset = bases.at(-1) ?? 0;
  for (const [i, baseOffset] of bases.entries()) {
    const limit = bases[i + 1];
    const index = await loadIndex(storage, folder, baseOffset);
    const file = await openToRead(storage, folder, segmentName(baseOffset));
    if (!file) continue;
    try {
      const { size } = await file.stat();
      if (index && index.size === size && index.latestMs < timestampMs && limit !== undefined) continue;
      const knownIds = index ? [index.segmentId] : [];
      const scanner = await Scanner.open({
        file,
        baseOffset,
        end: size,
        limit,
        knownIds,
        onDamage: () => {},
      });
      if (index) await scanner.seek(index, ({ latestBeforeMs }) => latestBeforeMs < timestampMs);
      for (let found = await scanner.next(0, false); found; found = await scanner.next(0, false)) {
        if (found.header.timestampMs >= timestampMs) return found.header.baseOffset;
      }
      nextOffset = Math.max(nextOffset, scanner.nextOffset);
    } finally {
      await file.close();
    }
  }
  return nextOffset;
}
