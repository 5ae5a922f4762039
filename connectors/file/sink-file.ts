import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isDiskFull,
  MillraceError,
  messageOf,
  type StageContext,
  type StoredFile,
  SyncGroup,
} from '#component';
import { fileError } from './errors.js';
import { foldersThatChange, syncFolder } from './folders.js';

type Surroundings = Pick<StageContext, 'storage' | 'log'>;

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1000;

/**
 * The file of a sink. It counts itself how long the file is, waits while a disk is full, and is given up after any other
 * failure: what the device holds then is unknown.
 */
export class SinkFile {
  readonly identity: string;
  /** Pipes and devices such as /dev/null have no positions, and cannot be synced. */
  readonly isFile: boolean;
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #file: StoredFile;
  /** Those in which names were made, or may have been by a run that did not come to sync them. */
  readonly #foldersToSync: string[];
  #length: number;
  /** Where the file ends; after `length` comes what will be written over. */
  #end: number;
  #failure: MillraceError | undefined;
  /** What an earlier run wrote may not have been synced either. */
  #isUnsynced = true;
  readonly #syncs = new SyncGroup(() => this.#syncNow());
  #isClosed = false;

  private constructor(
    name: string,
    surroundings: Surroundings,
    file: StoredFile,
    stats: { readonly identity: string; readonly isFile: boolean; readonly size: number },
    foldersToSync: string[],
  ) {
    this.#name = name;
    this.#surroundings = surroundings;
    this.#file = file;
    this.#foldersToSync = foldersToSync;
    this.identity = stats.identity;
    this.isFile = stats.isFile;
    this.#length = this.#end = stats.isFile ? stats.size : 0;
  }

  /** Makes the file and its folders where they are missing. It stands at its end. */
  static async open(path: string, name: string, surroundings: Surroundings): Promise<SinkFile> {
    try {
      const foldersToSync = await foldersThatChange(path);
      await surroundings.storage.makeFolder(dirname(path));
      return await SinkFile.#open(path, 'write', name, surroundings, foldersToSync);
    } catch (error) {
      throw fileError(error, 'write', name);
    }
  }

  /** The same in a folder that is there, which others sync, and never through a symbolic link. */
  static async openOwn(path: string, name: string, surroundings: Surroundings): Promise<SinkFile> {
    return await SinkFile.#open(path, 'write_own', name, surroundings, []);
  }

  static async #open(
    path: string,
    mode: 'write' | 'write_own',
    name: string,
    surroundings: Surroundings,
    foldersToSync: string[],
  ): Promise<SinkFile> {
    let file: StoredFile | undefined;
    try {
      file = await surroundings.storage.open(path, mode);
      return new SinkFile(name, surroundings, file, await file.stat(), foldersToSync);
    } catch (error) {
      await file?.close().catch(() => {});
      throw fileError(error, 'write', name);
    }
  }

  /** Up to where the file counts. */
  get length(): number {
    return this.#length;
  }

  /** Reads up to `into.length` bytes from `position`; 0 at the end. */
  async read(into: Uint8Array, position: number): Promise<number> {
    const end = Math.max(0, this.#length - position);
    return await this.#file.read(into.subarray(0, end), position);
  }

  /** Cuts off everything after `length`. */
  async cut(length = this.#length): Promise<void> {
    await this.#orFail(async () => {
      this.#length = length;
      if (!this.isFile || this.#end <= length) return;
      await this.#file.truncate(length);
      this.#end = length;
      this.#isUnsynced = true;
    });
  }

  /** @param signal waits for room until it aborts; without it, a full disk is an error */
  async append(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#orFail(async () => {
      if (this.isFile) await this.#writeWhenThereIsRoom(bytes, signal);
      else await this.#file.write(bytes);
      this.#length += bytes.length;
      this.#end = Math.max(this.#end, this.#length);
    });
  }

  /** Writes after `length` what the next `append` writes over. Does without where there is no room for it. */
  async appendForNow(bytes: Uint8Array): Promise<void> {
    await this.#orFail(async () => {
      try {
        await this.#write(bytes);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        await this.#cutOff();
        return;
      }
      const end = this.#length + bytes.length;
      if (this.#end > end) await this.#file.truncate(end);
      this.#end = end;
    });
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** @throws MillraceError what made the file unusable */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Makes last what was written before the call. One sync serves all who ask for it before it begins. */
  sync(): Promise<void> {
    return this.#syncs.run();
  }

  async close(): Promise<void> {
    await this.#syncs.idle();
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close().catch((error) => {
      throw fileError(error, 'write', this.#name);
    });
  }

  async #syncNow(): Promise<void> {
    this.check();
    if (!this.isFile || !this.#isUnsynced) return;
    this.#isUnsynced = false;
    try {
      await this.#file.datasync();
      for (const folder of this.#foldersToSync.splice(0))
        await syncFolder(folder, this.#name, this.#surroundings);
    } catch (error) {
      throw this.#giveUp(error);
    }
  }

  /**
   * After a failed fsync the system may take what it could not write for written, so that another one would succeed without
   * it: https://wiki.postgresql.org/wiki/Fsync_Errors. Hence there is no other one.
   */
  #giveUp(cause: unknown): MillraceError {
    const message = `cannot sync ${this.#name} (${messageOf(cause)}): what the disk holds of it is unknown; check the disk, then run again, which starts from the last checkpoint`;
    this.#failure = new MillraceError('sync_failed', message, { blame: 'external', cause });
    this.#isClosed = true;
    this.#file.close().catch(() => {});
    return this.#failure;
  }

  async #writeWhenThereIsRoom(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { log } = this.#surroundings;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#write(bytes);
        if (attempt > 1) log.info({ path: this.#name }, `there is room again: going on with ${this.#name}`);
        return;
      } catch (error) {
        if (!signal || !isDiskFull(error)) throw error;
        await this.#cutOff();
        const { code } = error;
        const what = code === 'EDQUOT' ? "this user's quota is used up" : 'the disk is full';
        if (attempt === 1)
          log.warn({ path: this.#name, code }, `${what}: waiting for room for ${this.#name}`);
        await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)), signal);
      }
    }
  }

  /** Writes at `length`; doing it twice is as good as once. */
  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    try {
      await this.#file.write(bytes, this.#length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINTR') throw error;
      await this.#write(bytes);
    } finally {
      // Set afterwards: a sync that began before may have left this out.
      this.#isUnsynced = true;
    }
  }

  /** Takes back what was half written, which gives its room to others. It would be written over in any case. */
  async #cutOff(): Promise<void> {
    const isCut = await this.#file.truncate(this.#length).then(
      () => true,
      () => false,
    );
    // Whatever is left there has to go later.
    this.#end = isCut ? this.#length : Number.POSITIVE_INFINITY;
  }

  async #orFail(action: () => Promise<void>): Promise<void> {
    this.check();
    try {
      await action();
    } catch (error) {
      if (error instanceof Broken) throw error.reason;
      this.#failure ??= fileError(error, 'write', this.#name);
      throw this.#failure;
    }
  }
}

/** The wait was broken off, which is no failure of the file. */
class Broken {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new Broken(signal.reason);
  }
}
