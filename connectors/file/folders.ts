import { lstat, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { MillraceError, type StageContext } from '#component';

/** The folder of a file that may be new, and those into which the missing ones above it will be made. */
export async function foldersThatChange(path: string): Promise<string[]> {
  const folders = [dirname(path)];
  for (;;) {
    const folder = folders.at(-1)!;
    const above = dirname(folder);
    if (above === folder || (await stat(folder).catch(() => undefined))) return folders;
    folders.push(above);
  }
}

/** Makes last what was created and renamed in a folder, for the file that a person calls `name`. */
export async function syncFolder(
  folder: string,
  name: string,
  { storage, log }: Pick<StageContext, 'storage' | 'log'>,
): Promise<void> {
  try {
    await storage.syncFolder(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Who may write into a folder may not be allowed to open it, and not every file system can do this.
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
    const what = `cannot sync the folder ${folder} (${code})`;
    log.warn({ path: name, code }, `${what}: after a loss of power ${name} may be missing`);
  }
}

/** Names of unfinished files begin with it: hidden, so that no usual glob matches them. */
export const HIDDEN_PREFIX = '.millrace-';

/**
 * Sees to it that a file that records name lies below `root`: all that is there of its folder must be folders. Both paths are
 * absolute.
 * @throws MillraceError `path_refused`, which blames the data
 */
export async function checkPath(root: string, path: string): Promise<void> {
  const names = relative(root, path).split(sep);
  if (names.some((name) => name.startsWith(HIDDEN_PREFIX)))
    throw refused(path, `names that begin with "${HIDDEN_PREFIX}" are those of unfinished files`);
  let folder = root;
  for (const name of names.slice(0, -1)) {
    folder = join(folder, name);
    const stats = await lstat(folder).catch(() => undefined);
    if (!stats) return;
    if (stats.isDirectory()) continue;
    const found = stats.isSymbolicLink() ? 'a symbolic link' : 'a file';
    throw refused(path, `${folder} is ${found}, expected a folder`);
  }
}

function refused(path: string, problem: string): MillraceError {
  const message = `the path ${JSON.stringify(path)} is refused: ${problem}`;
  return new MillraceError('path_refused', message, { blame: 'data' });
}
