import { LogReader } from './reader.js';
import { listSegments, openToRead, segmentName } from './segment.js';
import type { LogOptions, LogState } from './types.js';

/** What a log holds. */
export interface LogExtent {
  /** Of the oldest record that is there; `nextOffset` when there is none. */
  readonly firstOffset: number;
  readonly nextOffset: number;
  /** What its segments take on the disk. */
  readonly bytes: number;
  /** When the oldest record was appended; undefined when there is none that can be read. */
  readonly oldestMs: number | undefined;
}

/** Looks at a log up to a state. Changes nothing; a writer may append and trim meanwhile. */
export async function extentOf(options: LogOptions, end: LogState): Promise<LogExtent> {
  const { storage, folder } = options;
  const { nextOffset } = end;
  const bases = (await listSegments(storage, folder)).filter((base) => base < nextOffset);
  let bytes = 0;
  for (const base of bases) {
    const file = await openToRead(storage, folder, segmentName(base));
    if (!file) continue;
    try {
      bytes += (await file.stat()).size;
    } finally {
      await file.close();
    }
  }
  const firstOffset = bases[0] ?? nextOffset;
  return { firstOffset, nextOffset, bytes, oldestMs: await timeOfFirst(options, end) };
}

async function timeOfFirst({ storage, folder }: LogOptions, end: LogState): Promise<number | undefined> {
  const reader = await LogReader.open({ storage, folder }, { end });
  try {
    return (await reader.read())?.timestampMs;
  } finally {
    await reader.close();
  }
}
