import { setTimeout as sleep } from 'node:timers/promises';
import { isDiskFull } from '../base/storage.js';
import type { StageLog } from '../component/index.js';

const PAUSE_MS = 500;

/**
 * Writes, as often as it takes while the disk is full. The input is not acknowledged and the queues fill meanwhile: a full disk
 * stops the flow and loses nothing.
 * @param what is written, for the log
 */
export async function waitForRoom(
  what: string,
  write: () => Promise<void>,
  { log, signal }: { readonly log: StageLog; readonly signal: AbortSignal },
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const { code } = error;
      if (attempt === 0) log.warn({ code }, `no room for ${what}: waiting until the disk has some`);
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}
