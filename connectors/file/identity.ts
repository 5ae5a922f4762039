import type { Stats } from 'node:fs';

/** Device and inode: what stays the same when a file is renamed. */
export function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}
