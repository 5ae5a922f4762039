import type { CrashStorage } from './crash-storage.js';

/** The paths of files that were synced after a sync of them had failed, which would say that all is well where it may not be. */
export function syncedAgain({ operations }: CrashStorage): string[] {
  const failed = new Set<number>();
  const again: string[] = [];
  for (const operation of operations) {
    if (operation.kind === 'failed_sync') failed.add(operation.file);
    if (operation.kind === 'sync' && failed.has(operation.file)) again.push(operation.path);
  }
  return again;
}
