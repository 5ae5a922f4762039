import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chunk, Outlet } from '#component';
import { fileError } from './errors.js';
import { type FoundFile, findFiles } from './find.js';
import { type Finished, FollowedFile } from './followed.js';
import { identityOf } from './identity.js';
import { type Compression, detectCompression } from './input.js';
import { type FileSourceOptions, openFile } from './open.js';
import { stillValid } from './position.js';
import { type Reading, readRegular } from './regular.js';

/**
 * Reads files for as long as they grow, each in turn, until the signal aborts. A file is known by its device and
 * inode, and told from a later one with the same inode by its first bytes; so a renamed file is read to its end and
 * never twice, and one that was emptied, or copied and then emptied, is read from its beginning.
 */
export async function* followFiles(options: FileSourceOptions, reading: Reading): AsyncGenerator<Chunk> {
  const { signal } = reading;
  const watch = new Watch(options, reading);
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
  private readonly options: FileSourceOptions;
  private readonly reading: Reading;
  private readonly outlet: Outlet;
  private readonly signal: AbortSignal;
  private readonly files = new Map<string, FollowedFile>();
  private finished = new Map<string, Finished>();
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private isFirstLook = true;

  constructor(options: FileSourceOptions, reading: Reading) {
    this.options = options;
    this.reading = reading;
    this.outlet = reading.outlet;
    this.signal = reading.signal;
  }

  /** Looks for files that came, went or changed places. Compressed ones do not grow: they are read at once. */
  async *findNew(): AsyncGenerator<Chunk> {
    const nowMs = Date.now();
    if (nowMs - this.lookedAtMs < this.options.pollIntervalMs) return;
    this.lookedAtMs = nowMs;
    const found = (await findFiles(this.options.patterns)).files.filter(({ stats }) => stats.isFile());
    this.noticeMoves(found, nowMs);
    for (const file of found) {
      if (this.signal.aborted) return;
      if (this.isNews(file)) yield* this.begin(file);
    }
    this.isFirstLook = false;
  }

  private noticeMoves(found: readonly FoundFile[], nowMs: number): void {
    const identities = new Map(found.map((file) => [file.path, identityOf(file.stats)]));
    for (const file of this.files.values()) {
      const isInPlace = identities.get(file.path) === file.identity;
      file.detachedAtMs = isInPlace ? undefined : (file.detachedAtMs ?? nowMs);
    }
    // What no path leads to any more need not be remembered: if its inode comes again, it is another file.
    const present = new Set(identities.values());
    this.finished = new Map([...this.finished].filter(([identity]) => present.has(identity)));
  }

  private isNews({ stats }: FoundFile): boolean {
    const identity = identityOf(stats);
    if (this.files.has(identity)) return false;
    const before = this.finished.get(identity);
    return !before || before.position !== stats.size || before.modifiedMs !== stats.mtimeMs;
  }

  private async *begin(file: FoundFile): AsyncGenerator<Chunk> {
    const { options, outlet, signal } = this;
    const { from } = this.reading;
    const identity = identityOf(file.stats);
    options.context.claims.read(options.context.stage, identity, file.name);
    const handle = await openFile(file.path, file.name);
    const compression = await this.compressionOf(file, handle);
    if (compression !== 'none') {
      yield* this.readCompressed(file, handle, compression);
      return;
    }
    const followed = new FollowedFile(file, handle, options.context.stage, options.framing);
    this.files.set(identity, followed);
    const before = this.finished.get(identity);
    const saved = before ? undefined : await stillValid(from.get(identity), handle, false);
    if (before) await followed.resume(before);
    else if (saved) await followed.goOn(saved);
    else if (this.isFirstLook && options.start === 'end' && from.size === 0) {
      yield await followed.skipToEnd(outlet, signal);
    }
  }

  private async compressionOf(file: FoundFile, handle: FileHandle): Promise<Compression> {
    if (this.options.compression !== 'auto') return this.options.compression;
    try {
      return await detectCompression(file.name, handle);
    } catch (error) {
      await handle.close();
      throw fileError(error, 'read', file.name);
    }
  }

  private async *readCompressed(
    file: FoundFile,
    handle: FileHandle,
    compression: Compression,
  ): AsyncGenerator<Chunk> {
    const { stats } = file;
    try {
      yield* readRegular({ file, handle, compression }, this.options, this.reading);
      const finished = { position: stats.size, fingerprint: Buffer.alloc(0), modifiedMs: stats.mtimeMs };
      this.finished.set(identityOf(stats), finished);
    } finally {
      await handle.close();
    }
  }

  /** One turn for each file. */
  async *readAll(): AsyncGenerator<Chunk> {
    for (const file of this.files.values()) {
      if (this.signal.aborted) return;
      for await (const chunk of file.turn(this.outlet, this.signal)) {
        this.bytesRead += chunk.bytes.length;
        yield chunk;
      }
      if (!file.isOver(Date.now(), this.options.rotateWaitMs)) continue;
      yield* file.finish(this.outlet, this.signal);
      this.files.delete(file.identity);
      this.options.context.claims.release(this.options.context.stage, file.identity);
      this.finished.set(file.identity, file.remember());
      await file.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.close()));
  }
}
