import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import {
  type Block,
  type Config,
  type JsonValue,
  type Prepared,
  parsePathTemplate,
  type Sink,
  type SinkContext,
  SyncGroup,
} from '#component';
import { createCompressor } from './compressor.js';
import { fileError } from './errors.js';
import { checkPath, foldersThatChange, syncFolder } from './folders.js';
import { type Compression, compressionByName } from './input.js';
import { OpenParts, Part } from './part.js';
import { Publisher, partPath, partPrefix } from './publisher.js';
import { type Finished, type RollingState, readRollingState, writeRollingState } from './rolling-state.js';
import { Rotation } from './rotation.js';
import { otherPath } from './sink-state.js';

/** More unfinished files than these would make each checkpoint large; the one that was not written to for the longest time is finished. */
const MOST_UNFINISHED = 4096;
const SYNCS_AT_ONCE = 4;

/** Whether a sink writes one file after another, or several at once. */
export function isRolling(config: Config, context: SinkContext): boolean {
  const { isConstant } = parsePathTemplate(config.path as string);
  return !isConstant || config.rotate !== undefined || context.footerOf !== undefined;
}

/** Opens nothing before `open`. */
export function createRollingSink(config: Config, context: SinkContext): Sink {
  return new RollingSink(config, context);
}

/**
 * Writes records to files that are finished at some time. Until then they lie under hidden names in the folder that all
 * their paths share; when a file is finished, and the checkpoint that says so is durable, it is renamed.
 */
class RollingSink implements Sink {
  readonly #context: SinkContext;
  readonly #name: string;
  readonly #root: string;
  /** The path where it is the same for all records. */
  readonly #path: string | undefined;
  readonly #compression: Compression;
  readonly #rotation: Rotation;
  readonly #open: OpenParts;
  #publisher: Publisher | undefined;
  #series = '';
  #next = 0;
  /** By path, the least recently written first. */
  readonly #parts = new Map<string, Part>();
  /** In the order in which they get their names. */
  #finished: Finished[] = [];
  readonly #finishedParts = new Map<number, Part>();
  readonly #unsynced = new Set<Part>();
  readonly #foldersToSync = new Set<string>();
  readonly #syncs = new SyncGroup(() => this.#syncNow());
  /** That of the last write: what is left to write later waits for room as long as it does. */
  #signal: AbortSignal | undefined;

  constructor(config: Config, context: SinkContext) {
    const { root, isConstant } = parsePathTemplate(config.path as string);
    this.#context = context;
    this.#name = config.path as string;
    this.#path = isConstant ? root : undefined;
    this.#root = resolve(isConstant ? dirname(root) : root);
    const compression = config.compression as 'auto' | Compression;
    this.#compression = compression === 'auto' ? compressionByName(this.#name) : compression;
    const rotate = config.rotate as Config | undefined;
    this.#rotation = new Rotation(rotate, !isConstant, context.recordEnds, context.header?.length ?? 0);
    this.#open = new OpenParts((part) => this.#partPath(part), context);
  }

  async claim(): Promise<void> {
    const { claims, stage } = this.#context;
    if (this.#path !== undefined) claims.write(stage, resolve(this.#path), this.#name);
  }

  async open(state: JsonValue | undefined): Promise<JsonValue> {
    this.#publisher = new Publisher(createCompressor(this.#compression, this.#name), this.#context);
    const saved = state === undefined || state === null ? undefined : readRollingState(state, this.#name);
    this.#series = saved?.series ?? randomBytes(6).toString('hex');
    this.#next = saved?.next ?? 0;
    await this.#makeFolder(join(this.#root, 'file'));
    if (saved) await this.#restore(saved);
    return this.#state();
  }

  async write(block: Block, signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const path = block.key ?? this.#path!;
    if (!this.#parts.has(path)) await checkPath(this.#root, resolve(path));
    let rest = Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.length);
    if (rest.length === 0) return;
    let part = this.#parts.get(path) ?? (await this.#begin(path));
    for (;;) {
      const room = this.#rotation.room(part.length, rest);
      if (room > 0) await this.#append(part, rest.subarray(0, room));
      if (room === rest.length) return;
      rest = rest.subarray(room);
      await this.#finish(part);
      part = await this.#begin(path);
    }
  }

  async prepare(): Promise<Prepared> {
    const nowMs = Date.now();
    for (const part of [...this.#parts.values()])
      if (this.#rotation.isOver(part, nowMs)) await this.#finish(part);
    return { state: this.#state(), durable: () => this.#syncs.run() };
  }

  async finish(): Promise<Prepared> {
    for (const part of [...this.#parts.values()]) await this.#finish(part);
    return await this.prepare();
  }

  isDue(): boolean {
    const nowMs = Date.now();
    return [...this.#parts.values()].some((part) => this.#rotation.isOver(part, nowMs));
  }

  async commit(state: JsonValue): Promise<void> {
    const { root, series, finished } = readRollingState(state, this.#name);
    for (const { number } of finished) {
      const part = this.#finishedParts.get(number);
      if (part) await this.#open.close(part);
      this.#finishedParts.delete(number);
    }
    await this.#publisher!.publish({ root, series }, finished, this.#signal);
    const published = new Set(finished.map(({ number }) => number));
    this.#finished = this.#finished.filter(({ number }) => !published.has(number));
  }

  async close(): Promise<void> {
    await this.#syncs.idle();
    await this.#open.closeAll();
  }

  /** Takes the files back to where they were, and does without those that came later. */
  async #restore(saved: RollingState): Promise<void> {
    const { storage } = this.#context;
    await this.#publisher!.publish(saved, saved.finished, undefined);
    if (saved.root !== this.#root) {
      if (saved.parts.length > 0) throw otherPath(this.#name, `below ${saved.root}`);
      return;
    }
    const kept = new Set<string>();
    for (const part of saved.parts) {
      kept.add(this.#partPath(part));
      await this.#restorePart(part);
    }
    const prefix = partPrefix(this.#series);
    for (const name of await storage.list(this.#root)) {
      const path = join(this.#root, name);
      if (name.startsWith(prefix) && !kept.has(path)) await storage.unlink(path);
    }
  }

  async #restorePart(part: Part): Promise<void> {
    const { storage, log } = this.#context;
    const expected = part.length;
    const isThere = await storage.exists(this.#partPath(part));
    const missing = isThere ? await this.#open.restore(part) : expected;
    if (missing > 0) {
      const message = `${part.path} has lost ${missing} bytes that were written since it was begun (its unfinished file was cut off, moved or deleted): going on without them; --fresh starts over`;
      log.warn({ path: part.path, expected, missing }, message);
    }
    if (isThere) this.#parts.set(part.path, part);
  }

  async #begin(path: string): Promise<Part> {
    if (this.#parts.size >= MOST_UNFINISHED) await this.#finish(this.#parts.values().next().value!);
    await this.#makeFolder(resolve(path));
    const part = new Part(this.#next++, path, Date.now());
    this.#parts.set(path, part);
    this.#foldersToSync.add(this.#root);
    return part;
  }

  async #append(part: Part, bytes: Uint8Array): Promise<void> {
    const file = await this.#open.use(part);
    const { header } = this.#context;
    if (part.length === 0 && header) await file.append(header, this.#signal);
    await file.append(bytes, this.#signal);
    part.length = file.length;
    part.writtenMs = Date.now();
    this.#unsynced.add(part);
    this.#parts.delete(part.path);
    this.#parts.set(part.path, part);
  }

  async #finish(part: Part): Promise<void> {
    const { footer, footerOf } = this.#context;
    const file = await this.#open.use(part);
    const end = footerOf ? await footerOf(file) : footer;
    if (end) await file.append(end, this.#signal);
    part.length = file.length;
    this.#unsynced.add(part);
    this.#parts.delete(part.path);
    this.#finished.push({ number: part.number, path: part.path });
    this.#finishedParts.set(part.number, part);
  }

  #partPath({ number }: Part): string {
    return partPath({ root: this.#root, series: this.#series }, number);
  }

  async #makeFolder(path: string): Promise<void> {
    const [folder, ...above] = await foldersThatChange(path);
    await this.#context.storage.makeFolder(folder!).catch((error) => {
      throw fileError(error, 'write', path);
    });
    for (const one of above) this.#foldersToSync.add(one);
  }

  #state(): JsonValue {
    return writeRollingState({
      root: this.#root,
      series: this.#series,
      next: this.#next,
      parts: [...this.#parts.values()],
      finished: this.#finished,
    });
  }

  async #syncNow(): Promise<void> {
    const parts = [...this.#unsynced];
    const folders = [...this.#foldersToSync];
    this.#unsynced.clear();
    this.#foldersToSync.clear();
    for (let at = 0; at < parts.length; at += SYNCS_AT_ONCE)
      await Promise.all(parts.slice(at, at + SYNCS_AT_ONCE).map((part) => this.#open.sync(part)));
    for (const folder of folders) await syncFolder(folder, this.#name, this.#context);
  }
}
