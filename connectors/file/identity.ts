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
