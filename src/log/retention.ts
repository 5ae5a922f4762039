import type { Sealed } from './recover.js';
import { Scanner } from './scanner.js';
import { openToRead, segmentName } from './segment.js';
import { loadIndex } from './segment-index.js';
import type { LogOptions } from './types.js';

/** What of a log may go: whole segments, from the oldest on, as soon as one of `ageMs` and `bytes` allows it. */
export interface Retention {
  /** A segment may go when all its frames are older. */
  readonly ageMs?: number;
  /** A segment may go when those after it have so many bytes. */
  readonly bytes?: number;
  /** The first offset that a consumer or a checkpoint still needs: nothing from there on goes. */
  readonly below?: number;
}

/**
 * The offset up to which a log may be trimmed.
 * @param segments all of them
 * @param nextOffset the offset after the last record
 */
export async function retainedFrom(
  options: LogOptions,
  segments: readonly Sealed[],
  nextOffset: number,
  { ageMs, bytes, below = nextOffset }: Retention,
  nowMs: number,
): Promise<number> {
  let from = segments[0]?.baseOffset ?? nextOffset;
  let bytesAfter = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  for (const [i, segment] of segments.entries()) {
    bytesAfter -= segment.bytes;
    const offsetAfter = segments[i + 1]?.baseOffset ?? nextOffset;
    if (offsetAfter > below) break;
    if (bytes === undefined || bytesAfter < bytes) {
      if (ageMs === undefined) break;
      const latestMs = segment.latestMs ?? (await latestTimeIn(options, segment));
      // One that cannot be read goes with the next that can.
      if (latestMs === undefined) continue;
      if (latestMs >= nowMs - ageMs) break;
    }
    from = offsetAfter;
  }
  return from;
}

/** The time of the latest frame; undefined without a sound one. */
async function latestTimeIn(
  { storage, folder }: LogOptions,
  { baseOffset, bytes }: Sealed,
): Promise<number | undefined> {
  const index = await loadIndex(storage, folder, baseOffset);
  if (index?.size === bytes) return index.latestMs;
  const file = await openToRead(storage, folder, segmentName(baseOffset));
  if (!file) return undefined;
  try {
    const onDamage = () => {};
    const scanner = await Scanner.open({ file, baseOffset, end: bytes, limit: undefined, onDamage });
    let latestMs: number | undefined;
    for (let found = await scanner.next(0, false); found; found = await scanner.next(0, false))
      latestMs = Math.max(latestMs ?? Number.NEGATIVE_INFINITY, found.header.timestampMs);
    return latestMs;
  } finally {
    await file.close();
  }
}
