import type { Stats } from 'node:fs';

/** Device and inode: what stays the same when a file is renamed. */
export function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** The key of the position that says only that an earlier run has looked for files. */
export const STARTED = 'started';

/** The key of a file's position, where it is read once by each of its names. */
export function keyOf(identity: string, readBefore: number): string {
  return readBefore === 0 ? identity : `${identity}:${readBefore}`;
}

/** The identity of the file whose position has this key. */
export function identityIn(key: string): string {
  return key.split(':', 2).join(':');
}
