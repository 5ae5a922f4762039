import type { Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Block, Config, Prepared, Sink, SinkContext } from '#component';
import { fileError } from './errors.js';
import { identityOf } from './identity.js';

/** Opens nothing; the first write does. */
export function createFileSink(config: Config, context: SinkContext): Sink {
  return new FileSink(config.path as string, config.mode as 'append' | 'overwrite', context);
}

class FileSink implements Sink {
  private readonly name: string;
  private readonly path: string;
  private readonly mode: 'append' | 'overwrite';
  private readonly context: SinkContext;
  private handle: FileHandle | undefined;
  /** Once the device has failed, what it holds is unknown: nothing more is written or synced. */
  private failure: Error | undefined;

  constructor(name: string, mode: 'append' | 'overwrite', context: SinkContext) {
    this.name = name;
    this.path = resolve(name);
    this.mode = mode;
    this.context = context;
  }

  /** A file that is not there yet is known by its path. */
  async claim(): Promise<void> {
    const stats = await stat(this.path).catch(() => undefined);
    if (stats) this.claimFile(stats);
    else this.context.claims.write(this.context.stage, this.path, this.name);
  }

  async write(block: Block): Promise<void> {
    await this.orFail(async () => {
      const handle = await this.opened();
      await writeAll(handle, block.bytes);
    });
  }

  async open(): Promise<null> {
    await this.orFail(async () => {
      await this.opened();
    });
    return null;
  }

  async prepare(): Promise<Prepared> {
    return { state: null, durable: () => this.sync() };
  }

  private sync(): Promise<void> {
    return this.orFail(async () => {
      const handle = await this.opened();
      await handle.datasync().catch(ignoreUnlessDisk);
    });
  }

  async close(): Promise<void> {
    const { handle } = this;
    if (!handle) return;
    this.handle = undefined;
    try {
      if (this.context.footer && !this.failure) {
        await this.orFail(() => writeAll(handle, this.context.footer!));
      }
    } finally {
      await handle.close();
    }
  }

  /** Of devices such as /dev/null there can be any number of writers. */
  private claimFile(stats: Stats): void {
    if (stats.isFile()) this.context.claims.write(this.context.stage, identityOf(stats), this.name);
  }

  private async opened(): Promise<FileHandle> {
    if (this.handle) return this.handle;
    await mkdir(dirname(this.path), { recursive: true });
    const handle = await open(this.path, this.mode === 'append' ? 'a' : 'w');
    this.handle = handle;
    const stats = await handle.stat();
    this.claimFile(stats);
    const { header } = this.context;
    if (header && stats.size === 0) await writeAll(handle, header);
    return handle;
  }

  private async orFail(action: () => Promise<void>): Promise<void> {
    if (this.failure) throw this.failure;
    try {
      await action();
    } catch (error) {
      this.failure = fileError(error, 'write', this.name);
      throw this.failure;
    }
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}

/** Pipes and devices such as /dev/null cannot be synced, and need not be. */
function ignoreUnlessDisk(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
}
