import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Chunk, fileIdentity, type JsonValue, MillraceError } from '#component';
import { fileError } from './errors.js';
import { type FoundFile, findFiles } from './find.js';
import { type Finished, FollowedFile } from './followed.js';
import { STARTED } from './identity.js';
import { type Compression, detectCompression } from './input.js';
import { type FileSourceOptions, openFile } from './open.js';
import { onlyResume, stillValid } from './position.js';
import { type OpenedFile, type Reading, readRegular } from './regular.js';
import { warnOfUnread } from './unread.js';

/**
 * Reads files for as long as they grow, each in turn, until the signal aborts. A file is known by its device and
 * inode, and told from a later one with the same inode by its first bytes; so a renamed file is read to its end and
 * never twice, and one that was emptied, or copied and then emptied, is read from its beginning.
 * @param open keeps the identities of the files that are being read
 */
export async function* followFiles(
  options: FileSourceOptions,
  reading: Reading,
  open: Set<string>,
): AsyncGenerator<Chunk> {
  const { signal } = reading;
  const watch = new Watch(options, reading, open);
  try {
    while (!signal.aborted) {
      const positionBefore = watch.bytesRead;
      yield* watch.findNew();
      yield* watch.readAll();
      if (watch.bytesRead === positionBefore) await pause(options.pollIntervalMs, signal);
    }
  } finally {
    await watch.close();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An abort only ends the pause.
  await sleep(ms, undefined, { signal }).catch(() => {});
}

class Watch {
  bytesRead = 0;
  private readonly files = new Map<string, FollowedFile>();
  private finished = new Map<string, Finished>();
  /** The newest of each file, of earlier runs and of this one. */
  private readonly positions: Map<string, JsonValue>;
  /** No earlier run has looked for files: whatever is there was there before. */
  private readonly isFresh: boolean;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private isFirstLook = true;

  constructor(
    private readonly options: FileSourceOptions,
    private readonly reading: Reading,
    private readonly open: Set<string>,
  ) {
    this.positions = new Map(reading.from);
    this.isFresh = !reading.from.has(STARTED);
  }

  /** Looks for files that came, went or changed places. Compressed ones do not grow: they are read at once. */
  async *findNew(): AsyncGenerator<Chunk> {
    const { options, reading, isFirstLook } = this;
    const nowMs = Date.now();
    if (nowMs - this.lookedAtMs < options.pollIntervalMs) return;
    this.lookedAtMs = nowMs;
    const found = (await findFiles(options.patterns)).files.filter(({ stats }) => stats.isFile());
    if (isFirstLook) await warnOfUnread(options, reading.from, found);
    this.noticeMoves(found, nowMs);
    for (const file of found) {
      if (reading.signal.aborted) return;
      if (this.isNews(file)) yield* this.kept(this.begin(file));
    }
    this.isFirstLook = false;
    if (!isFirstLook || !this.isFresh) return;
    // Even where no file was found: those that come while nothing runs are new, and are read from their beginning.
    yield onlyResume({ source: options.context.stage, name: '' }, 0, { key: STARTED, position: true });
  }

  private noticeMoves(found: readonly FoundFile[], nowMs: number): void {
    const identities = new Map(found.map((file) => [file.path, fileIdentity(file.stats)]));
    for (const file of this.files.values()) {
      const isInPlace = identities.get(file.path) === file.identity;
      file.detachedAtMs = isInPlace ? undefined : (file.detachedAtMs ?? nowMs);
    }
    // What no path leads to any more need not be remembered: if its inode comes again, it is another file.
    const present = new Set(identities.values());
    for (const identity of [...this.finished.keys()].filter((one) => !present.has(one))) {
      this.finished.delete(identity);
      this.positions.delete(identity);
    }
  }

  private isNews({ stats }: FoundFile): boolean {
    const identity = fileIdentity(stats);
    if (this.files.has(identity)) return false;
    const before = this.finished.get(identity);
    return !before || before.size !== stats.size || before.modifiedMs !== stats.mtimeMs;
  }

  private async *kept(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
    for await (const chunk of chunks) {
      if (chunk.resume) this.positions.set(chunk.resume.key, chunk.resume.position);
      yield chunk;
    }
  }

  private async *begin(file: FoundFile): AsyncGenerator<Chunk> {
    const { options, positions } = this;
    const { outlet, signal } = this.reading;
    const { claims, stage } = options.context;
    const key = fileIdentity(file.stats);
    claims.read(stage, key, file.name);
    const opened = await this.openFound(file, key);
    if (opened === undefined) {
      claims.release(stage, key);
      return;
    }
    if (opened.compression !== 'none') {
      yield* this.readCompressed(opened);
      return;
    }
    const followed = new FollowedFile(file, opened.handle, stage, options.framing);
    this.files.set(key, followed);
    this.open.add(key);
    const saved = await stillValid(positions.get(key), opened.handle, false);
    if (saved) await followed.goOn(saved);
    // The position of an earlier file must not be taken for one in this file once it has grown.
    else if (positions.has(key)) yield followed.whereItIs();
    else if (this.isFirstLook && options.start === 'end' && this.isFresh) {
      yield* followed.skipToEnd(outlet, signal);
    }
  }

  /** Nothing when meanwhile the file has gone, or another has its name: the next look will tell. */
  private async openFound({ path, name }: FoundFile, key: string): Promise<OpenedFile | undefined> {
    let handle: FileHandle | undefined;
    try {
      handle = await openFile(path, name);
      const stats = await handle.stat();
      if (fileIdentity(stats) === key) {
        const compression = await this.compressionOf(name, handle);
        return { key, name, handle, stats, compression };
      }
    } catch (error) {
      await handle?.close();
      if (error instanceof MillraceError && error.code === 'file_not_found') return undefined;
      throw fileError(error, 'read', name);
    }
    await handle.close();
    return undefined;
  }

  private async compressionOf(name: string, handle: FileHandle): Promise<Compression> {
    const { compression } = this.options;
    return compression === 'auto' ? await detectCompression(name, handle) : compression;
  }

  private async *readCompressed(opened: OpenedFile): AsyncGenerator<Chunk> {
    const { key, handle, stats } = opened;
    const { signal } = this.reading;
    try {
      yield* readRegular(opened, this.options, { ...this.reading, from: this.positions });
      if (!signal.aborted) this.finished.set(key, { size: stats.size, modifiedMs: stats.mtimeMs });
    } finally {
      await handle.close();
    }
  }

  /** One turn for each file. */
  async *readAll(): AsyncGenerator<Chunk> {
    const { outlet, signal } = this.reading;
    const { claims, stage } = this.options.context;
    for (const file of this.files.values()) {
      if (signal.aborted) return;
      for await (const chunk of this.kept(file.turn(outlet, signal))) {
        this.bytesRead += chunk.bytes.length;
        yield chunk;
      }
      if (!file.isOver(Date.now(), this.options.rotateWaitMs)) continue;
      yield* this.kept(file.finish(outlet, signal));
      this.files.delete(file.identity);
      this.open.delete(file.identity);
      claims.release(stage, file.identity);
      this.finished.set(file.identity, file.remember());
      await file.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.close()));
  }
}
