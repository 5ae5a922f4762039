import { join } from 'node:path';
import { crc32c } from '../base/crc32c.js';
import { MillraceError } from '../base/errors.js';
import type { JsonValue } from '../base/json.js';
import type { Storage, StoredFile } from '../base/storage.js';
import type { StageLog } from '../component/index.js';

/** From where a pipeline goes on: one atomic record. Plain JSON data. */
export interface Checkpoint {
  /** Ascends over all runs. */
  readonly id: number;
  readonly timeMs: number;
  /** By stage, then by the key of the part of its input. */
  readonly sources: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;
  /** By stage; the dead letters are one. */
  readonly sinks: Readonly<Record<string, JsonValue>>;
  /** The sources had all come to their end. */
  readonly ended: boolean;
}

/** What a slot holds beside the checkpoint: the boot in which it was written without waiting for the disk. */
interface Stored extends Checkpoint {
  readonly boot?: string;
}

interface Slot {
  readonly name: string;
  stored: Stored | undefined;
  file: StoredFile | undefined;
}

export interface CheckpointStoreOptions {
  readonly storage: Storage;
  readonly folder: string;
  /** Undefined where the system does not say: then every checkpoint waits for the disk. */
  readonly bootId: string | undefined;
  readonly log: StageLog;
}

const FORMAT = 'millrace-checkpoint';
const VERSION = 1;
const HEADER = new RegExp(`^${FORMAT} (\\d+) ([0-9a-f]{8}) (\\d+)\n`);
const LONGEST_HEADER = 64;

/**
 * Keeps the last two checkpoints in two files that take turns, so that a checkpoint half written, or damaged later,
 * leaves the one before it. A file is one line, `millrace-checkpoint <version> <CRC-32C> <length>`, and so many bytes
 * of JSON; what follows is left from longer ones.
 */
export class CheckpointStore {
  readonly #options: CheckpointStoreOptions;
  readonly #slots: readonly [Slot, Slot];

  private constructor(options: CheckpointStoreOptions) {
    this.#options = options;
    const slot = (name: string): Slot => ({ name, stored: undefined, file: undefined });
    this.#slots = [slot('checkpoint.a'), slot('checkpoint.b')];
  }

  /** Reads what is there; writes nothing. Damage never stops a start: it is reported, and the other one is taken. */
  static async open(options: CheckpointStoreOptions): Promise<CheckpointStore> {
    const store = new CheckpointStore(options);
    const names = await options.storage.list(options.folder);
    for (const slot of store.#slots) if (names.includes(slot.name)) await store.#load(slot);
    return store;
  }

  /** The checkpoint to go on from. */
  get last(): Checkpoint | undefined {
    const [a, b] = this.#slots.map(({ stored }) => stored);
    return !b || (a && a.id > b.id) ? a : b;
  }

  /**
   * Replaces the older of the two. With `durable` it survives a loss of power once this has resolved; without, it
   * only counts until the machine is started anew, and the last durable one is kept.
   */
  async save(checkpoint: Checkpoint, durable: boolean): Promise<void> {
    const { bootId, folder, storage } = this.#options;
    const waits = durable || bootId === undefined;
    const stored: Stored = waits ? checkpoint : { ...checkpoint, boot: bootId };
    const slot = this.#slotToReplace();
    const isNew = slot.file === undefined;
    slot.stored = undefined;
    await storage.makeFolder(folder);
    slot.file ??= await storage.open(join(folder, slot.name), 'write');
    try {
      await slot.file.write(encode(stored), 0);
      if (waits) await slot.file.datasync();
      if (waits && isNew) await storage.syncFolder(folder);
    } catch (error) {
      await this.#giveUp(slot);
      throw error;
    }
    slot.stored = stored;
  }

  /** A sync of an output has failed, so that a checkpoint which was not waited for may count on what is lost: it counts no more. */
  async keepDurable(): Promise<void> {
    for (const slot of this.#slots) {
      if (slot.stored?.boot === undefined) continue;
      slot.stored = undefined;
      await this.#giveUp(slot);
    }
  }

  async close(): Promise<void> {
    for (const slot of this.#slots) {
      await slot.file?.close();
      slot.file = undefined;
    }
  }

  /** The one that is not the last durable checkpoint. */
  #slotToReplace(): Slot {
    const [a, b] = this.#slots;
    const idOf = ({ stored }: Slot) => (stored && stored.boot === undefined ? stored.id : -1);
    return idOf(a) > idOf(b) ? b : a;
  }

  /** What a file holds whose sync has failed is unknown, and a second sync would say that all is well. */
  async #giveUp(slot: Slot): Promise<void> {
    const { storage, folder } = this.#options;
    const { file } = slot;
    slot.file = undefined;
    await file?.close().catch(() => {});
    await storage.unlink(join(folder, slot.name)).catch(() => {});
  }

  async #load(slot: Slot): Promise<void> {
    const { storage, folder, bootId, log } = this.#options;
    const path = join(folder, slot.name);
    const file = await storage.open(path, 'read');
    try {
      const stored = decode(await readWhole(file));
      // Of another boot: the machine may have lost what this checkpoint takes for written.
      if (stored.boot === undefined || stored.boot === bootId) slot.stored = stored;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'checkpoint_damaged') throw error;
      log.warn({ path, code: error.code }, `${path} is left aside: ${error.message}`);
    } finally {
      await file.close();
    }
  }
}

function encode(stored: Stored): Uint8Array {
  const body = Buffer.from(JSON.stringify(stored));
  const crc = crc32c(body).toString(16).padStart(8, '0');
  return Buffer.concat([Buffer.from(`${FORMAT} ${VERSION} ${crc} ${body.length}\n`), body]);
}

function decode(bytes: Buffer): Stored {
  const match = HEADER.exec(bytes.toString('latin1', 0, LONGEST_HEADER));
  if (!match) throw damaged('it does not begin as a checkpoint does');
  if (Number(match[1]) !== VERSION) throw otherVersion(match[1]!);
  const start = match[0].length;
  const body = bytes.subarray(start, start + Number(match[3]));
  if (body.length < Number(match[3])) throw damaged('it is cut off');
  if (crc32c(body) !== Number.parseInt(match[2]!, 16)) throw damaged('its checksum is wrong');
  return JSON.parse(body.toString()) as Stored;
}

function otherVersion(version: string): MillraceError {
  const message = `the checkpoint has format ${version}, and this version of Millrace knows ${VERSION}: run the version that wrote it, or start over with --fresh`;
  return new MillraceError('checkpoint_version', message, { blame: 'config' });
}

function damaged(message: string): MillraceError {
  return new MillraceError('checkpoint_damaged', message, { blame: 'external' });
}

async function readWhole(file: StoredFile): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(bytes.subarray(length), length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
