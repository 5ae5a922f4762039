import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDiskFull, type StageContext, type Storage, type StoredFile } from '#component';
import type { Compressor } from './compressor.js';
import { fileError } from './errors.js';
import { HIDDEN_PREFIX, syncFolder } from './folders.js';
import { MEMBER_BYTES, MemberWriter } from './member-writer.js';
import type { Finished } from './rolling-state.js';
import { SinkFile } from './sink-file.js';

const FULL_DISK_PAUSE_MS = 500;
const AT_ONCE = 4;
/** For so many paths it is remembered which number comes next. */
const MOST_REMEMBERED = 10_000;

/** Where a series of unfinished files lies. */
export interface Series {
  readonly root: string;
  readonly series: string;
}

export function partPath({ root, series }: Series, number: number): string {
  return join(root, `${partPrefix(series)}${number}.part`);
}

/** With it the names of everything begin that belongs to a series. */
export function partPrefix(series: string): string {
  return `${HIDDEN_PREFIX}${series}-`;
}

/**
 * Gives finished files their names, all of them or what is left of them after a crash. A file is renamed when all of it
 * is durable and a checkpoint says so, hence it appears whole and never changes again.
 */
export class Publisher {
  readonly #compressor: Compressor | undefined;
  readonly #surroundings: Pick<StageContext, 'storage' | 'log'>;
  readonly #storage: Storage;
  /** By path. */
  readonly #nextNumbers = new Map<string, number>();

  constructor(compressor: Compressor | undefined, surroundings: Pick<StageContext, 'storage' | 'log'>) {
    this.#compressor = compressor;
    this.#surroundings = surroundings;
    this.#storage = surroundings.storage;
  }

  /**
   * Resolves when the names would survive a loss of power. Files that have theirs already are left alone.
   * @param signal ends the wait for room on the disk
   */
  async publish(series: Series, files: readonly Finished[], signal: AbortSignal | undefined): Promise<void> {
    const ready = this.#compressor
      ? await this.#compressAll(this.#compressor, series, files, signal)
      : files.map((file) => ({ ...file, ready: partPath(series, file.number) }));
    const folders = new Set<string>();
    for (const { path, ready: from } of ready) {
      if (!(await this.#storage.exists(from))) continue;
      await this.#whenThereIsRoom(path, signal, async () => {
        const final = await this.#freeName(resolve(path));
        await this.#storage.makeFolder(dirname(final));
        await this.#storage.rename(from, final);
        folders.add(dirname(final)).add(series.root);
      });
    }
    await this.#syncFolders(folders);
  }

  /**
   * Makes compressed files beside those that are not, and does away with the latter before the others get their names: were they
   * still there after a crash, they would get second ones.
   */
  async #compressAll(
    compressor: Compressor,
    series: Series,
    files: readonly Finished[],
    signal: AbortSignal | undefined,
  ): Promise<(Finished & { readonly ready: string })[]> {
    const all = files.map((file) => {
      const part = partPath(series, file.number);
      return { ...file, part, ready: `${part}.done` };
    });
    const changed = new Set<string>();
    await inTurns(all, async ({ path, part, ready }) => {
      if ((await this.#storage.exists(ready)) || !(await this.#storage.exists(part))) return;
      const unfinished = `${part}.new`;
      await this.#whenThereIsRoom(path, signal, async () => {
        await this.#compress(compressor, { from: part, to: unfinished, name: path }, signal);
        await this.#storage.rename(unfinished, ready);
      });
      changed.add(series.root);
    });
    await this.#syncFolders(changed);
    for (const { part } of all) {
      if (!(await this.#storage.exists(part))) continue;
      await this.#storage.unlink(part);
      changed.add(series.root);
    }
    await this.#syncFolders(changed);
    return all;
  }

  async #syncFolders(folders: ReadonlySet<string>): Promise<void> {
    for (const folder of folders) await syncFolder(folder, folder, this.#surroundings);
  }

  async #compress(
    compressor: Compressor,
    { from, to, name }: { readonly from: string; readonly to: string; readonly name: string },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const input = await this.#storage.open(from, 'read');
    try {
      const output = await SinkFile.openOwn(to, name, this.#surroundings);
      try {
        await output.cut(0);
        const members = new MemberWriter(compressor, (bytes) => output.append(bytes, signal));
        for await (const bytes of piecesOf(input)) await members.write(bytes);
        await members.finish();
        await output.sync();
      } finally {
        await output.close();
      }
    } finally {
      await input.close();
    }
  }

  /** The path, or where that is taken the first of `name-1`, `name-2` … that is not. */
  async #freeName(path: string): Promise<string> {
    for (let number = this.#nextNumbers.get(path) ?? 0; ; number++) {
      const name = numbered(path, number);
      if (await this.#storage.exists(name)) continue;
      if (this.#nextNumbers.size === MOST_REMEMBERED) this.#nextNumbers.clear();
      this.#nextNumbers.set(path, number + 1);
      return name;
    }
  }

  async #whenThereIsRoom(
    name: string,
    signal: AbortSignal | undefined,
    action: () => Promise<void>,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (!signal || !isDiskFull(error)) throw fileError(error, 'write', name);
        const { code } = error;
        if (attempt === 0)
          this.#surroundings.log.warn({ path: name, code }, `no room to finish ${name}: waiting`);
        await sleep(FULL_DISK_PAUSE_MS, undefined, { signal });
      }
    }
  }
}

/** `a/b.log.gz` with 2 is `a/b-2.log.gz`. */
export function numbered(path: string, number: number): string {
  if (number === 0) return path;
  const name = basename(path);
  const [, stem, ending] = /^(.+?)((?:\.[^.]+)?(?:\.gz|\.zst)?)$/.exec(name) ?? ['', name, ''];
  return join(dirname(path), `${stem}-${number}${ending}`);
}

/** Works on a few at once. */
async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE)
    await Promise.all(all.slice(at, at + AT_ONCE).map((one) => work(one)));
}

async function* piecesOf(file: StoredFile): AsyncGenerator<Uint8Array> {
  const bytes = new Uint8Array(MEMBER_BYTES);
  for (let at = 0; ; ) {
    const length = await file.read(bytes, at);
    if (length === 0) return;
    yield bytes.subarray(0, length);
    at += length;
  }
}
