import { constants, type FileHandle, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { bootId } from './boot-id.js';

/** What tells a file from all others, whatever it is called (device and inode), and how long it is. */
export interface StoredFileStats {
  readonly identity: string;
  readonly size: number;
  /** False for pipes and devices, which have no positions and cannot be synced. */
  readonly isFile: boolean;
}

/** An open file. Errors are those of the system, with their `code`. */
export interface StoredFile {
  /** Reads up to `into.length` bytes from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all bytes at `position`, or where the last write ended when it is undefined. */
  write(bytes: Uint8Array, position?: number): Promise<void>;
  /** Resolves when everything written, and the file's length, would survive a loss of power. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  stat(): Promise<StoredFileStats>;
  close(): Promise<void>;
}

/**
 * Everything that is written to last goes through here: checkpoints, logs and files of sinks; so that tests can crash
 * at any operation.
 */
export interface Storage {
  /**
   * `write`: for reading too; the file is made when it is not there, and never emptied. `write_own`: the same, but a symbolic
   * link in its place is an error.
   */
  open(path: string, mode: 'read' | 'write' | 'write_own'): Promise<StoredFile>;
  /** Whether anything has this name, be it a link that leads nowhere. */
  exists(path: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** With the folders above it; fine when it is there. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder, sorted; empty when it is not there. */
  list(path: string): Promise<string[]>;
  /** Makes what was created, renamed and unlinked in a folder last. */
  syncFolder(path: string): Promise<void>;
  /** While it stays the same, nothing that was written can have been lost, synced or not; undefined where that is not known. */
  bootId(): Promise<string | undefined>;
}

/** No room on the disk, or in the user's share of it. */
export function isDiskFull(error: unknown): error is { readonly code: 'ENOSPC' | 'EDQUOT' } {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Device and inode: what stays the same when a file is renamed. */
export function fileIdentity({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

class NodeFile implements StoredFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async write(bytes: Uint8Array, position?: number): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const to = position === undefined ? null : position + at;
      at += (await this.#handle.write(bytes, at, bytes.length - at, to)).bytesWritten;
    }
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  async stat(): Promise<StoredFileStats> {
    const stats = await this.#handle.stat();
    return { identity: fileIdentity(stats), size: stats.size, isFile: stats.isFile() };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** The file system of this machine. */
export const nodeStorage: Storage = {
  open: async (path, mode) =>
    new NodeFile(await (mode === 'read' ? open(path, 'r') : openToWrite(path, mode === 'write_own'))),
  exists: async (path) => {
    try {
      await lstat(path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return false;
      throw error;
    }
  },
  rename,
  unlink,
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true });
  },
  list: async (path) => {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  syncFolder: async (path) => {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  bootId,
};

/** No flag of `open` alone makes a file that is missing, keeps one that is there, and lets it be written anywhere. */
async function openToWrite(path: string, isOwn: boolean): Promise<FileHandle> {
  const there = constants.O_RDWR | (isOwn ? constants.O_NOFOLLOW : 0);
  try {
    return await open(path, there);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    return await open(path, 'wx+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await open(path, there);
  }
}
