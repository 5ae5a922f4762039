import { join } from 'node:path';
import type { Storage } from '../../base/storage.js';
import type { StageLog } from '../../component/index.js';
import { type LogOptions, type LogState, LogWriter } from '../../log/index.js';
import { firstOutside, type Ranges } from './ranges.js';

export interface LogPlace {
  readonly storage: Storage;
  /** That of the letters alone. */
  readonly folder: string;
  readonly log: StageLog;
}

/** Small, so that what is resolved can soon be removed. */
const SEGMENT_BYTES = 8 * 2 ** 20;

export function letterLog({ storage, folder, log }: LogPlace): LogOptions {
  return { storage, folder, log, segmentBytes: SEGMENT_BYTES };
}

/**
 * Opens the log of the letters as a checkpoint knew it: what came later is undone. Undefined where there is none to open.
 * @param state null when the checkpoint knew of no letter; undefined when no checkpoint says, and all letters are kept
 */
export async function openLetterLog(
  place: LogPlace,
  state: LogState | null | undefined,
): Promise<LogWriter | undefined> {
  if (state) return await LogWriter.open(letterLog(place), state);
  const names = await place.storage.list(place.folder);
  if (names.length === 0) return undefined;
  if (state === undefined) return await LogWriter.open(letterLog(place), undefined);
  for (const name of names) await place.storage.unlink(join(place.folder, name));
  await place.storage.syncFolder(place.folder);
  return undefined;
}

/** Removes from the disk what lies before the first letter that is not resolved. */
export async function trimResolved(writer: LogWriter, resolved: Ranges): Promise<void> {
  const keep = Math.min(firstOutside(resolved, writer.firstOffset), writer.nextOffset);
  if (keep > writer.firstOffset) await writer.trim(keep);
}
