import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type Block,
  type Config,
  type JsonValue,
  MillraceError,
  type Prepared,
  type Sink,
  type SinkContext,
  type StoredFile,
} from '#component';
import { fileError } from './errors.js';
import { identityOf } from './identity.js';

/** Opens nothing before `open`. */
export function createFileSink(config: Config, context: SinkContext): Sink {
  return new FileSink(config.path as string, config.mode as 'append' | 'overwrite', context);
}

/** To what the file can be taken back: which it is, and how long. */
interface FileState {
  readonly identity: string;
  readonly length: number;
}

class FileSink implements Sink {
  private readonly name: string;
  private readonly path: string;
  private readonly mode: 'append' | 'overwrite';
  private readonly context: SinkContext;
  private file: StoredFile | undefined;
  private identity = '';
  private length = 0;
  /** Pipes and devices such as /dev/null have no positions, and cannot be synced. */
  private isFile = true;
  private folderIsSynced = false;
  private syncing: Promise<void> | undefined;
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
    const { claims, stage } = this.context;
    const stats = await stat(this.path).catch(() => undefined);
    if (!stats) claims.write(stage, this.path, this.name);
    // Of devices there can be any number of writers.
    else if (stats.isFile()) claims.write(stage, identityOf(stats), this.name);
  }

  async open(state: JsonValue | undefined): Promise<JsonValue> {
    return await this.orFail(async () => {
      const { claims, stage, storage, header } = this.context;
      await storage.makeFolder(dirname(this.path));
      const file = await storage.open(this.path, 'write');
      this.file = file;
      const { identity, isFile, size } = await file.stat();
      this.identity = identity;
      this.isFile = isFile;
      if (isFile) claims.write(stage, identity, this.name);
      this.length =
        state === undefined || state === null
          ? this.begin(size)
          : this.goOn(fileState(state, this.name), size);
      if (isFile && this.length < size) await file.truncate(this.length);
      if (header && this.length === 0) await this.put(header);
      return this.state();
    });
  }

  async write({ bytes }: Block): Promise<void> {
    await this.orFail(() => this.put(bytes));
  }

  async prepare(): Promise<Prepared> {
    if (this.failure) throw this.failure;
    return { state: this.state(), durable: () => this.sync() };
  }

  async close(): Promise<void> {
    const { file } = this;
    if (!file) return;
    this.file = undefined;
    try {
      const { footer } = this.context;
      if (footer && !this.failure) await this.orFail(() => file.write(footer, this.position()));
    } finally {
      await file.close();
    }
  }

  private begin(size: number): number {
    return this.mode === 'overwrite' ? 0 : size;
  }

  private goOn({ identity, length }: FileState, size: number): number {
    const warn = (message: string) =>
      this.context.log.warn({ path: this.name }, `${this.name} ${message}; --fresh starts over`);
    if (identity !== this.identity) {
      warn(
        'is not the file of the last checkpoint, which was moved or deleted: going on at the end of this one',
      );
      return size;
    }
    if (size < length)
      warn(`has lost its last ${length - size} bytes since the last checkpoint: going on at its end`);
    return Math.min(size, length);
  }

  private state(): JsonValue {
    return this.isFile ? { identity: this.identity, length: this.length } : null;
  }

  private position(): number | undefined {
    return this.isFile ? this.length : undefined;
  }

  private async put(bytes: Uint8Array): Promise<void> {
    await this.file!.write(bytes, this.position());
    this.length += bytes.length;
  }

  /** One sync serves all who ask for it before it begins. */
  private sync(): Promise<void> {
    const before = this.syncing;
    const next = (async () => {
      await before?.catch(() => {});
      await this.orFail(() => this.syncNow());
    })();
    this.syncing = next;
    return next;
  }

  private async syncNow(): Promise<void> {
    const { file } = this;
    if (!this.isFile || !file) return;
    await file.datasync();
    if (this.folderIsSynced) return;
    await this.context.storage.syncFolder(dirname(this.path));
    this.folderIsSynced = true;
  }

  private async orFail<T>(action: () => Promise<T>): Promise<T> {
    if (this.failure) throw this.failure;
    try {
      return await action();
    } catch (error) {
      const failure = fileError(error, 'write', this.name);
      // What was written of a block is written over when there is room again.
      if (failure.retryable && this.isFile) throw failure;
      this.failure = failure;
      throw failure;
    }
  }
}

function fileState(state: JsonValue, name: string): FileState {
  const { identity, length } = state as Partial<Record<string, unknown>>;
  if (typeof identity === 'string' && typeof length === 'number') return { identity, length };
  const message = `what the checkpoint holds about ${name} cannot be understood; --fresh starts over`;
  throw new MillraceError('checkpoint_damaged', message, { blame: 'external' });
}
