import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../base/errors.js';
import { isDiskFull, type Storage, type StoredFile } from '../base/storage.js';
import { checksum } from '../batch/index.js';
import type { StageLog } from '../component/index.js';
import type { Spill, Spilled } from '../flow/index.js';
import type { BufferPool } from './buffer-pool.js';
import { type EnvelopeArray, mapEnvelopes } from './envelope-arrays.js';
import { type BatchItem, type BlockItem, bufferOf } from './items.js';

export interface SpillFilesOptions {
  readonly storage: Storage;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  /** The stage whose queue it is, for messages. */
  readonly stage: string;
  readonly pool: BufferPool;
  readonly log: StageLog;
  /** Aborts when the run is torn down. */
  readonly signal: AbortSignal;
}

type Item = BatchItem | BlockItem;

/** An item on its way to the disk and back. */
interface Passing {
  /** In memory still. */
  held: Item | undefined;
  /** It is being written. */
  writing: Promise<Written> | undefined;
  written: Written | undefined;
}

/** Where an item lies; the item without its bytes. */
interface Written {
  readonly from: SpillFile;
  readonly position: number;
  readonly length: number;
  /** Of the arrays of its envelopes, in bytes: they are the last of what was written. */
  readonly lengths: readonly number[];
  readonly checksum: number;
  readonly item: Item;
}

interface SpillFile {
  readonly file: StoredFile;
  /** So many bytes have been written, and so many items have not been taken. */
  bytes: number;
  items: number;
}

const FILE_BYTES = 64 * 2 ** 20;
const FULL_DISK_PAUSE_MS = 500;

/** Tells apart the files of all queues of this process. */
let made = 0;

/**
 * Memory on the disk: what is in it is on its way, as what is in memory, and is read again from its source after a crash. So its files have no
 * names from the moment on in which they were made, and are gone with the process, however that ends.
 */
export class SpillFiles implements Spill<Item> {
  readonly #options: SpillFilesOptions;
  readonly #files = new Set<SpillFile>();
  #current: SpillFile | undefined;
  /** Items are written in turn. */
  #turn: Promise<unknown> = Promise.resolve();
  #hasSpilled = false;
  #isWaiting = false;

  constructor(options: SpillFilesOptions) {
    this.#options = options;
  }

  put(item: Item): Spilled<Item> {
    if (!this.#hasSpilled) {
      const { log, stage } = this.#options;
      log.info({ stage }, `the queue of "${stage}" is full: what follows waits on the disk`);
      this.#hasSpilled = true;
    }
    const passing: Passing = { held: item, writing: undefined, written: undefined };
    return { stored: this.#inTurn(() => this.#store(passing)), take: () => this.#take(passing) };
  }

  /** Gives all room on the disk back. */
  async close(): Promise<void> {
    await this.#turn;
    for (const { file } of this.#files) await file.close();
    this.#files.clear();
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #store(passing: Passing): Promise<void> {
    while (passing.held && !(await this.#tryToStore(passing, passing.held))) {
      await sleep(FULL_DISK_PAUSE_MS, undefined, { signal: this.#options.signal });
    }
    this.#isWaiting = false;
  }

  /** False when there is no room: until there is, the item stays in memory, and may be taken from there. */
  async #tryToStore(passing: Passing, item: Item): Promise<boolean> {
    try {
      passing.writing = this.#write(item);
      passing.written = await passing.writing;
      passing.held = undefined;
      this.#options.pool.give(bufferOf(item));
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const { log, stage } = this.#options;
      const message = `the disk has no room for the queue of "${stage}": the stages before it wait`;
      if (!this.#isWaiting) log.warn({ code: 'disk_full', stage }, message);
      this.#isWaiting = true;
      return false;
    } finally {
      passing.writing = undefined;
    }
  }

  async #write(item: Item): Promise<Written> {
    const from = await this.#fileToWrite();
    const { bytes, lengths } = bytesOf(item);
    const position = from.bytes;
    await from.file.write(bytes, position);
    from.bytes += bytes.length;
    from.items++;
    const rest = withBytes(mapEnvelopes(item, emptyLike), NO_BYTES);
    return { from, position, length: bytes.length, lengths, checksum: checksum(bytes), item: rest };
  }

  async #fileToWrite(): Promise<SpillFile> {
    const current = this.#current;
    // All of it has been taken: its room is used again.
    if (current?.items === 0) current.bytes = 0;
    if (current && current.bytes < FILE_BYTES) return current;
    this.#current = await this.#create();
    return this.#current;
  }

  async #take(passing: Passing): Promise<Item> {
    while (passing.writing) await passing.writing.catch(() => {});
    const { held, written } = passing;
    passing.held = undefined;
    return held ?? (await this.#read(written!));
  }

  async #read({ from, position, length, lengths, checksum: expected, item }: Written): Promise<Item> {
    const buffer = this.#options.pool.take(length);
    const bytes = new Uint8Array(buffer, 0, length);
    let at = 0;
    while (at < length) {
      const count = await from.file.read(bytes.subarray(at), position + at);
      if (count === 0) break;
      at += count;
    }
    if (at < length || checksum(bytes) !== expected) throw this.#damaged();
    from.items--;
    if (from.items === 0 && from !== this.#current) await this.#remove(from);
    return withBytes(withEnvelopes(item, bytes, lengths), buffer);
  }

  /** The next run reads it again from its source. */
  #damaged(): MillraceError {
    const message = `what the full queue of "${this.#options.stage}" has put on the disk came back damaged: run again, which goes on at the last checkpoint, and look at the disk`;
    return new MillraceError('spill_damaged', message, { blame: 'external' });
  }

  async #remove(from: SpillFile): Promise<void> {
    this.#files.delete(from);
    await from.file.close();
  }

  async #create(): Promise<SpillFile> {
    const { storage, folder } = this.#options;
    const spills = join(folder, 'spill');
    await storage.makeFolder(spills);
    const path = join(spills, `${process.pid}-${made++}`);
    const file = await storage.open(path, 'write');
    await storage.unlink(path);
    const created = { file, bytes: 0, items: 0 };
    this.#files.add(created);
    return created;
  }
}

const NO_BYTES = new ArrayBuffer(0);

/** What an item holds: what is in its buffer, and behind that the arrays of its envelopes, of so many bytes each. */
function bytesOf(item: Item): { readonly bytes: Uint8Array; readonly lengths: readonly number[] } {
  if (item.kind === 'batch') {
    return { bytes: new Uint8Array(item.batch.buffer, 0, item.batch.meta.byteLength), lengths: [] };
  }
  const own = new Uint8Array(item.buffer, item.byteOffset, item.length);
  const arrays: Uint8Array[] = [];
  mapEnvelopes(item, (array) => {
    arrays.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  });
  const bytes = arrays.length === 0 ? own : Buffer.concat([own, ...arrays]);
  return { bytes, lengths: arrays.map(({ length }) => length) };
}

/** The item with the arrays of its envelopes, which are the last of the bytes. */
function withEnvelopes(item: Item, bytes: Uint8Array, lengths: readonly number[]): Item {
  let at = bytes.length - lengths.reduce((sum, length) => sum + length, 0);
  let next = 0;
  return mapEnvelopes(item, (array) => {
    // A copy has a buffer of its own, in which numbers lie where they must.
    const copy = bytes.slice(at, at + lengths[next]!);
    at += lengths[next++]!;
    return arrayLike(array, copy.buffer);
  });
}

function emptyLike<A extends EnvelopeArray>(array: A): A {
  return arrayLike(array, NO_BYTES);
}

function arrayLike<A extends EnvelopeArray>(array: A, buffer: ArrayBuffer): A {
  return new (array.constructor as new (buffer: ArrayBuffer) => A)(buffer);
}

/** The item with its bytes at the beginning of this buffer. */
function withBytes(item: Item, buffer: ArrayBuffer): Item {
  if (item.kind === 'batch') return { ...item, batch: { ...item.batch, buffer } };
  return { ...item, buffer, byteOffset: 0 };
}
