import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type Block,
  type Config,
  fileIdentity,
  type JsonValue,
  MillraceError,
  type Prepared,
  parsePathTemplate,
  type Sink,
  type SinkContext,
} from '#component';
import { type Compressor, createCompressor } from './compressor.js';
import { type Compression, compressionByName } from './input.js';
import { MemberWriter } from './member-writer.js';
import { SinkFile } from './sink-file.js';
import { type FileState, isSameFile, readState, readTail } from './sink-state.js';

/** Opens nothing before `open`. */
export function createFileSink(config: Config, context: SinkContext): Sink {
  return new FileSink(config, context);
}

class FileSink implements Sink {
  readonly #name: string;
  readonly #path: string;
  readonly #mode: 'append' | 'overwrite';
  readonly #compression: Compression;
  readonly #context: SinkContext;
  #file: SinkFile | undefined;
  #members: MemberWriter | undefined;
  /** Comes with the first block: what `open` leaves behind needs no sync then. */
  #header: Uint8Array | undefined;
  /** That of the last write: what is left to write at a barrier waits for room as long as it does. */
  #signal: AbortSignal | undefined;
  /** A write did not come to its end, so that nothing can follow it. */
  #isBroken = false;

  constructor(config: Config, context: SinkContext) {
    this.#name = parsePathTemplate(config.path as string).root;
    this.#path = resolve(this.#name);
    this.#mode = config.mode as 'append' | 'overwrite';
    const compression = config.compression as 'auto' | Compression;
    this.#compression = compression === 'auto' ? compressionByName(this.#name) : compression;
    this.#context = context;
  }

  /** A file that is not there yet is known by its path. */
  async claim(): Promise<void> {
    const { claims, stage } = this.#context;
    const stats = await stat(this.#path).catch(() => undefined);
    if (!stats) claims.write(stage, this.#path, this.#name);
    // Of devices there can be any number of writers.
    else if (stats.isFile()) claims.write(stage, fileIdentity(stats), this.#name);
  }

  async open(state: JsonValue | undefined): Promise<JsonValue> {
    const { claims, stage, header } = this.#context;
    const compressor = createCompressor(this.#compression, this.#name);
    const saved = state === undefined || state === null ? undefined : readState(state, this.#name);
    const file = await SinkFile.open(this.#path, this.#name, this.#context);
    this.#file = file;
    return await this.#orBreak(async () => {
      if (file.isFile) claims.write(stage, file.identity, this.#name);
      const tail = await this.#place(file, state === undefined, saved, compressor);
      const put = (bytes: Uint8Array, signal?: AbortSignal) => file.append(bytes, signal);
      this.#members = compressor && new MemberWriter(compressor, put, tail);
      this.#header = file.length === 0 && !tail ? header : undefined;
      const { state: now, durable } = await this.prepare();
      // The end of the last run was not synced, and may become part of a checkpoint that is.
      if (saved) await durable();
      return now;
    });
  }

  async write({ bytes }: Block, signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await this.#orBreak(async () => {
      const file = this.#openFile();
      await this.#putHeader(file, signal);
      await this.#put(file, bytes, signal);
    });
  }

  async prepare(): Promise<Prepared> {
    const file = this.#openFile();
    const tail = this.#members && (await this.#orBreak(() => this.#writeMembers(this.#members!, file)));
    return { state: this.#state(file, tail), durable: () => file.sync() };
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    try {
      if (!this.#isBroken && !file.hasFailed) await this.#end(file);
    } finally {
      await file.close();
    }
  }

  /** Brings the file to where writing goes on. Resolves to the plain text that comes before what will be written. */
  async #place(
    file: SinkFile,
    isBeginning: boolean,
    saved: FileState | undefined,
    compressor: Compressor | undefined,
  ): Promise<Uint8Array | undefined> {
    if (!file.isFile) return undefined;
    if (isBeginning) {
      if (this.#mode === 'overwrite') await file.cut(0);
      return undefined;
    }
    const { identity, length } = file;
    if (!saved || !isSameFile(saved, { path: this.#path, identity, length })) {
      // The name of a new file may be lost with the power, and nothing else.
      if (saved?.length === 0 && !saved.tail && length === 0) return undefined;
      const what = `${this.#name} is not the file of the last checkpoint, which was moved or deleted`;
      this.#warn({ expected: saved?.identity ?? null, found: identity }, what);
      return undefined;
    }
    if (saved.compression !== this.#compression) throw otherCompression(saved, this.#name, this.#compression);
    if (length < saved.length) {
      const missing = saved.length - length;
      const what = `${this.#name} has lost its last ${missing} bytes since the last checkpoint (it was cut off, or made anew)`;
      this.#warn({ expected: saved.length, found: length, missing }, what);
      return undefined;
    }
    const tail = compressor && readTail(saved, compressor, this.#name);
    await file.cut(saved.length);
    return tail;
  }

  #warn(fields: object, what: string): void {
    const message = `${what}: going on at the end of what is there; --fresh starts over`;
    this.#context.log.warn({ path: this.#name, ...fields }, message);
  }

  /**
   * At a barrier. What is not a whole member yet goes into the state; and, until more comes, also into the file, which can be
   * read to here then, and holds everything should it be moved away between two runs.
   */
  async #writeMembers(members: MemberWriter, file: SinkFile): Promise<Uint8Array | undefined> {
    await members.flush(this.#signal);
    if (!file.isFile) await members.finish(this.#signal);
    if (members.tailBytes === 0) {
      await file.cut();
      return undefined;
    }
    const tail = await members.tail();
    await file.appendForNow(tail);
    return tail;
  }

  #state(file: SinkFile, tail: Uint8Array | undefined): JsonValue {
    if (!file.isFile) return null;
    return {
      path: this.#path,
      identity: file.identity,
      length: file.length,
      compression: this.#compression,
      ...(tail ? { tail: Buffer.from(tail).toString('base64') } : {}),
    };
  }

  async #putHeader(file: SinkFile, signal?: AbortSignal): Promise<void> {
    if (!this.#header) return;
    await this.#put(file, this.#header, signal);
    this.#header = undefined;
  }

  async #put(file: SinkFile, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await (this.#members?.write(bytes, signal) ?? file.append(bytes, signal));
  }

  async #end(file: SinkFile): Promise<void> {
    const { footer } = this.#context;
    const members = this.#members;
    await this.#putHeader(file);
    if (footer) await this.#put(file, footer);
    await members?.finish();
    // No bytes at all are nothing that could be decompressed.
    if (members && file.length === 0) await file.append(await members.tail());
    await file.cut();
  }

  #openFile(): SinkFile {
    this.#file?.check();
    if (!this.#file) throw new Error(`the sink of ${this.#name} is not open`);
    return this.#file;
  }

  async #orBreak<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }
}

function otherCompression(saved: FileState, name: string, compression: Compression): MillraceError {
  const message = `${name} was begun with \`compression: ${saved.compression}\` and cannot go on with \`${compression}\`; name another file, or go back to ${saved.compression}`;
  return new MillraceError('other_compression', message, { blame: 'config' });
}
