import { join } from 'node:path';
import { crc32c } from '../../base/crc32c.js';
import type { Storage, StoredFile } from '../../base/storage.js';
import type { Prepared, SinkState, StageLog } from '../../component/index.js';
import { waitForRoom } from '../wait-for-room.js';
import { ENTRY_BYTES, type KeyTable } from './key-table.js';

export interface KeyFileOptions {
  readonly storage: Storage;
  /** Of this memory alone. */
  readonly folder: string;
  /** Keys of another rule are not gone on with. */
  readonly rule: string;
  readonly log: StageLog;
  /** Aborts when the run is torn down. */
  readonly signal: AbortSignal;
  /** A shorter file is not written anew, however little of it matters. */
  readonly leastBytes?: number;
}

/** To what a memory can be taken back. */
interface KeyFileState {
  readonly rule: string;
  readonly file: string;
  readonly length: number;
}

const HEADER = Buffer.from('millrace-keys 1\n');
/** In front of a frame's entries: their length, how many keys there are behind it, and the CRC-32C of these and the entries. */
const FRAME_HEADER_BYTES = 12;
const LEAST_BYTES = 2 ** 20;

/**
 * Keeps a table of keys: a file to which each checkpoint adds the keys that have changed since the last one, as a frame. When
 * it is longer than twice what matters, all keys go into a new file. The state in a checkpoint is the name and the length
 * of the file. A file stays until a durable checkpoint names another.
 */
export class KeyFile {
  readonly #options: KeyFileOptions;
  #file: StoredFile | undefined;
  /** Files in whose place others have come: at the last prepare, and before. A checkpoint in the making may name the last one. */
  #replaced: StoredFile[] = [];
  #outdated: StoredFile[] = [];
  /** Of the file; each one is called by its own. */
  #number = 0;
  #length = 0;
  /** How many keys there were at the last checkpoint. */
  #size = 0;
  /** Of the file that the last durable checkpoint names, as far as is known for sure; and as far as may be. */
  #neededNumber = 0;
  #durableNumber = 0;
  #isTidy = false;
  #writing: Promise<unknown> | undefined;

  constructor(options: KeyFileOptions) {
    this.#options = options;
  }

  /** Fills an empty table with what it held at `state`, and takes the file back to it. Resolves to its state now. */
  async open(state: SinkState | undefined, table: KeyTable): Promise<SinkState> {
    const { storage, folder, log } = this.#options;
    const names = await storage.list(folder);
    this.#number = Math.max(0, ...names.map(numberOf));
    const known = state as KeyFileState | null | undefined;
    if (!known) return null;
    const path = join(folder, known.file);
    const damage = names.includes(known.file) ? await this.#load(path, known, table) : 'it is not there';
    if (damage === undefined) return known as unknown as SinkState;
    log.warn({ path, code: 'memory_damaged' }, `${path}: ${damage}; ${table.size} keys are remembered`);
    const { state: saved, durable } = await this.prepare(table);
    await durable();
    return saved;
  }

  /** Remembers what the table holds now; it may change before this has resolved. */
  prepare(table: KeyTable): Promise<Prepared> {
    const { changes, size } = table;
    if (size === this.#size && changes === 0) return this.#prepared();
    const added = FRAME_HEADER_BYTES + changes * ENTRY_BYTES;
    const isNew =
      !this.#file ||
      this.#length + added > Math.max(this.#options.leastBytes ?? LEAST_BYTES, 2 * size * ENTRY_BYTES);
    const frame = frameOf(table.newest(isNew ? size : changes), size);
    table.beginEpoch();
    this.#size = size;
    const prepared = isNew ? this.#begin(frame) : this.#add(frame);
    this.#writing = prepared;
    return prepared;
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => {});
    const files = [...this.#outdated, ...this.#replaced, ...(this.#file ? [this.#file] : [])];
    this.#file = undefined;
    await Promise.all(files.map((file) => file.close()));
  }

  /** Says what is wrong with the file, if anything is. */
  async #load(path: string, { rule, length }: KeyFileState, table: KeyTable): Promise<string | undefined> {
    if (rule !== this.#options.rule) return `it was written for "${rule}", not for "${this.#options.rule}"`;
    const file = await this.#options.storage.open(path, 'write');
    const damage = replay(await readUpTo(file, length), length, table);
    if (damage !== undefined) {
      await file.close();
      return damage;
    }
    await file.truncate(length);
    // The checkpoint that names it may not have been durable; the first of this run is.
    await file.datasync();
    await this.#options.storage.syncFolder(this.#options.folder);
    table.beginEpoch();
    this.#file = file;
    this.#number = numberOf(path);
    this.#length = length;
    this.#size = table.size;
    return undefined;
  }

  async #begin(frame: Uint8Array): Promise<Prepared> {
    const { storage, folder } = this.#options;
    if (this.#file) this.#replaced.push(this.#file);
    await storage.makeFolder(folder);
    this.#number++;
    this.#file = await storage.open(join(folder, nameOf(this.#number)), 'write');
    this.#length = 0;
    await this.#write(HEADER);
    return await this.#add(frame);
  }

  async #add(frame: Uint8Array): Promise<Prepared> {
    await this.#write(frame);
    return await this.#prepared();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await waitForRoom('what a stage remembers', () => this.#file!.write(bytes, this.#length), this.#options);
    this.#length += bytes.length;
  }

  async #prepared(): Promise<Prepared> {
    await this.#tidy();
    const file = this.#file;
    const number = this.#number;
    if (!file) return { state: null, durable: async () => {} };
    const state = { rule: this.#options.rule, file: nameOf(number), length: this.#length };
    return { state, durable: () => this.#sync(file, number) };
  }

  async #sync(file: StoredFile, number: number): Promise<void> {
    const { storage, folder } = this.#options;
    await file.datasync();
    if (number !== this.#durableNumber) await storage.syncFolder(folder);
    this.#durableNumber = number;
  }

  /** The checkpoint for which a file was synced has been written by the second checkpoint after it, at the latest. */
  async #tidy(): Promise<void> {
    const { storage, folder } = this.#options;
    for (const file of this.#outdated) await file.close();
    this.#outdated = this.#replaced;
    this.#replaced = [];
    const needed = this.#neededNumber;
    this.#neededNumber = this.#durableNumber;
    if (needed === 0 || (this.#isTidy && needed === this.#neededNumber)) return;
    this.#isTidy = needed === this.#neededNumber;
    for (const name of await storage.list(folder)) {
      if (numberOf(name) < needed) await storage.unlink(join(folder, name));
    }
  }
}

function nameOf(number: number): string {
  return `keys.${number}`;
}

function numberOf(name: string): number {
  return Number(/keys\.(\d+)$/.exec(name)?.[1] ?? 0);
}

function frameOf(entries: Uint8Array, size: number): Uint8Array {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + entries.length);
  frame.writeUInt32LE(entries.length, 0);
  frame.writeUInt32LE(size, 4);
  frame.set(entries, FRAME_HEADER_BYTES);
  frame.writeUInt32LE(checksumOf(frame, 0, frame.length), 8);
  return frame;
}

/** Of the frame at `start`, its own field left out. */
function checksumOf(bytes: Buffer, start: number, end: number): number {
  return crc32c(bytes.subarray(start + FRAME_HEADER_BYTES, end), crc32c(bytes.subarray(start, start + 8)));
}

/** Makes all changes again, up to the first that is damaged: then it says how. */
function replay(bytes: Buffer, length: number, table: KeyTable): string | undefined {
  if (!bytes.subarray(0, HEADER.length).equals(HEADER)) return 'it does not begin as a file of keys does';
  for (let at = HEADER.length; at < length; ) {
    const start = at + FRAME_HEADER_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return `it is cut off at byte ${at}`;
    if (checksumOf(bytes, at, end) !== bytes.readUInt32LE(at + 8)) return `it is damaged at byte ${at}`;
    table.replay(bytes.subarray(start, end));
    while (table.size > bytes.readUInt32LE(at + 4)) table.forgetOldest();
    at = end;
  }
  return undefined;
}

async function readUpTo(file: StoredFile, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const count = await file.read(bytes.subarray(at), at);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}
