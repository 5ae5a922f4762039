import { readFile } from 'node:fs/promises';

let read: Promise<string | undefined> | undefined;

/**
 * What tells this boot of the machine from all others; undefined where the system does not say. While it is the same,
 * the machine has not lost power, and all that was ever handed to the system is still there.
 */
export function bootId(): Promise<string | undefined> {
  read ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
  return read;
}
