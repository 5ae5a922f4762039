import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileIdentity, type Positions } from '#component';
import type { FoundFile } from './find.js';
import { identityIn, STARTED } from './identity.js';
import { type FileSourceOptions, openFile } from './open.js';
import { type FilePosition, stillValid } from './position.js';

interface Neighbour {
  readonly path: string;
  readonly size: number;
}

/**
 * Says of which files the end will not be read, because no pattern matches them any more: they were renamed while nothing
 * ran, or the patterns are others. It sees those that are still in their folder.
 */
export async function warnOfUnread(
  { patterns, context }: FileSourceOptions,
  from: Positions,
  found: readonly FoundFile[],
): Promise<void> {
  const present = new Set(found.map(({ stats }) => fileIdentity(stats)));
  const folders = new Map<string, ReadonlyMap<string, Neighbour>>();
  for (const [key, saved] of from) {
    const identity = identityIn(key);
    if (key === STARTED || present.has(identity)) continue;
    const { name, framing, isCompressed } = saved as unknown as FilePosition;
    // Its end cannot be told from the place that was reached in the decompressed bytes.
    if (isCompressed) continue;
    const folder = dirname(resolve(patterns.workingDirectory, name));
    const neighbours = folders.get(folder) ?? (await filesIn(folder));
    folders.set(folder, neighbours);
    const file = neighbours.get(identity);
    if (!file || file.size <= framing.offset || !(await isStill(saved, file.path))) continue;
    const unreadBytes = file.size - framing.offset;
    const isRenamed = file.path !== resolve(patterns.workingDirectory, name);
    const what = isRenamed ? `${file.path}, which was ${name},` : name;
    context.log.warn(
      { file: file.path, was: name, unreadBytes },
      `${what} is not matched by \`paths\` any more: its last ${unreadBytes} bytes are not read; to read them, match it as well`,
    );
  }
}

async function isStill(saved: Parameters<typeof stillValid>[0], path: string): Promise<boolean> {
  const handle = await openFile(path, path).catch(() => undefined);
  if (!handle) return false;
  try {
    return (await stillValid(saved, handle, false)) !== undefined;
  } finally {
    await handle.close();
  }
}

/** By their identities; those that cannot be looked at are left out. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, Neighbour>> {
  const files = new Map<string, Neighbour>();
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile()) files.set(fileIdentity(stats), { path, size: stats.size });
  }
  return files;
}
