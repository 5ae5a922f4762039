import { Random } from '../../src/base/random.js';
import type { Storage, StoredFile } from '../../src/base/storage.js';
import { type Damage, damageFile, keepNames } from './crash-damage.js';

/** One thing that was done, in the order in which it was. Files are told apart by a number: a path may be used again. */
export type Operation =
  | { kind: 'create' | 'unlink'; path: string; file: number }
  | { kind: 'rename'; path: string; to: string; file: number }
  | { kind: 'write'; path: string; file: number; position: number; bytes: Uint8Array }
  | { kind: 'truncate'; path: string; file: number; length: number }
  | { kind: 'sync' | 'failed_sync'; path: string; file: number }
  | { kind: 'sync_folder'; path: string };

export type NameOperation = Extract<Operation, { kind: 'create' | 'unlink' | 'rename' }>;
export type FileOperation = Extract<Operation, { kind: 'write' | 'truncate' }>;

export type CallKind = keyof Storage | keyof StoredFile;

/** Makes calls fail, counted from 0 over all calls of these kinds. */
export interface Fault {
  readonly at: number;
  /** As the system names it: `EIO`, `ENOSPC`, … */
  readonly code: string;
  /** All later calls fail as well, until `faults` is emptied. */
  readonly forEver?: boolean;
  readonly kinds?: readonly CallKind[];
  /** A write that fails writes this share of its bytes before. */
  readonly writtenShare?: number;
}

/** What the disk holds of a file for sure, and what may have come after that. */
export interface DiskFile {
  readonly durable: Uint8Array;
  /** A disk may have done any of these, in any order. */
  readonly pending: readonly FileOperation[];
}

interface Pending {
  readonly operation: FileOperation;
  /** A sync failed meanwhile: the system takes it for written, and no later sync will write it. */
  isForgotten: boolean;
}

/**
 * Files in memory that can lose their power.
 *
 * Run a workload once on it, and note `operations.length` with each promise that was made (such as a `sync` that resolved).
 * Then `afterCrash(k, damage, seed)` gives the storage as it may be found when the power was lost in the middle of
 * operation k: what was synced before is there, of all else the disk keeps what `damage` says. Check there that all
 * promises made up to k are kept. The same arguments give the same files.
 *
 * What it takes the disk for: `datasync` makes the file's bytes and length last, but not its name; `syncFolder` makes last
 * what was created, renamed and unlinked in that folder; folders themselves last at once. A sync that fails leaves it open
 * what is on the disk, and no later sync of that file makes it good (as Linux has it).
 *
 * `faults` makes calls fail instead. Calls that fail change nothing, but for writes with a `writtenShare`.
 */
export class CrashStorage implements Storage {
  readonly operations: Operation[] = [];
  /** May be changed at any time. */
  faults: readonly Fault[];
  /** What a call to sync waits for first, as disks take their time. */
  latency: () => Promise<void> = async () => {};
  /** How often each kind of call was made. */
  readonly calls = new Map<CallKind, number>();
  readonly #initial: ReadonlyMap<string, Uint8Array>;
  readonly #names = new Map<string, number>();
  readonly #files: Buffer[] = [];
  /** Of files that were there before, what they were known by. */
  readonly #identities: readonly string[];
  /** Goes up with each loss of power. */
  readonly #boot: number;

  constructor(
    files: ReadonlyMap<string, Uint8Array> = new Map(),
    faults: readonly Fault[] = [],
    before: { readonly boot: number; readonly identities: readonly string[] } = { boot: -1, identities: [] },
  ) {
    this.#initial = files;
    this.faults = faults;
    this.#boot = before.boot + 1;
    this.#identities = before.identities;
    for (const [path, bytes] of files) {
      this.#names.set(path, this.#files.length);
      this.#files.push(Buffer.from(bytes));
    }
  }

  /** What is there now, by path. */
  get files(): Map<string, Uint8Array> {
    return new Map([...this.#names].map(([path, file]) => [path, new Uint8Array(this.#files[file]!)]));
  }

  /** Of all kinds, or of these. */
  callsOf(kinds?: readonly CallKind[]): number {
    return [...this.calls].reduce((sum, [kind, n]) => sum + (kinds?.includes(kind) === false ? 0 : n), 0);
  }

  /** The storage after the power was lost in operation `k`, the first being 0. */
  afterCrash(k: number, damage: Damage, seed: number): CrashStorage {
    const random = new Random(seed * 1_000_003 + k);
    const done = this.operations.slice(0, k);
    const cut = this.operations[k];
    if (cut && cut.kind !== 'sync' && cut.kind !== 'sync_folder') done.push(cut);
    const names = keepNames(
      new Map([...this.#initial.keys()].map((path, file) => [path, file])),
      done,
      damage,
      random,
    );
    const disk = diskOf([...this.#initial.values()], done);
    const all = disk.map(({ durable, pending }) => [
      durable,
      ...pending.flatMap((op) => ('bytes' in op ? [op.bytes] : [])),
    ]);
    const files = new Map<string, Uint8Array>();
    const identities: string[] = [];
    for (const [path, file] of names) {
      files.set(path, damageFile(disk[file]!, damage, random, all.flat()));
      identities.push(this.#identityOf(file));
    }
    return new CrashStorage(files, [], { boot: this.#boot, identities });
  }

  async open(path: string, mode: 'read' | 'write' | 'write_own'): Promise<StoredFile> {
    this.#call('open', path);
    let file = this.#names.get(path);
    if (file === undefined) {
      if (mode === 'read') throw systemError('ENOENT', 'open', path);
      file = this.#files.length;
      this.#files.push(Buffer.alloc(0));
      this.#do({ kind: 'create', path, file });
    }
    return this.#fileAt(path, file);
  }

  async exists(path: string): Promise<boolean> {
    this.#call('exists', path);
    return this.#names.has(path) || [...this.#names.keys()].some((name) => name.startsWith(`${path}/`));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#call('rename', from);
    this.#do({ kind: 'rename', path: from, to, file: this.#fileNamed(from, 'rename') });
  }

  async unlink(path: string): Promise<void> {
    this.#call('unlink', path);
    this.#do({ kind: 'unlink', path, file: this.#fileNamed(path, 'unlink') });
  }

  async makeFolder(path: string): Promise<void> {
    this.#call('makeFolder', path);
  }

  async list(path: string): Promise<string[]> {
    this.#call('list', path);
    const inside = [...this.#names.keys()].filter((name) => name.startsWith(`${path}/`));
    return [...new Set(inside.map((name) => name.slice(path.length + 1).split('/')[0]!))].sort();
  }

  async syncFolder(path: string): Promise<void> {
    this.#call('syncFolder', path);
    this.#do({ kind: 'sync_folder', path });
  }

  async bootId(): Promise<string> {
    return String(this.#boot);
  }

  #identityOf(file: number): string {
    return this.#identities[file] ?? `memory:${this.#boot}:${file}`;
  }

  #fileNamed(path: string, call: string): number {
    const file = this.#names.get(path);
    if (file === undefined) throw systemError('ENOENT', call, path);
    return file;
  }

  #do(operation: Operation): void {
    this.operations.push(operation);
    if (operation.kind === 'write' || operation.kind === 'truncate')
      this.#files[operation.file] = applied(this.#files[operation.file]!, operation);
    else applyName(this.#names, operation);
  }

  /** Counts, and throws when it is the turn of a fault. */
  #call(kind: CallKind, path: string, before: (fault: Fault) => void = () => {}): void {
    this.calls.set(kind, (this.calls.get(kind) ?? 0) + 1);
    for (const fault of this.faults) {
      if (fault.kinds?.includes(kind) === false) continue;
      const number = this.callsOf(fault.kinds) - 1;
      if (number !== fault.at && !(fault.forEver && number > fault.at)) continue;
      before(fault);
      throw systemError(fault.code, kind, path);
    }
  }

  #fileAt(path: string, file: number): StoredFile {
    let writtenTo = 0;
    const write = (bytes: Uint8Array, position: number): void => {
      if (bytes.length > 0) this.#do({ kind: 'write', path, file, position, bytes: Uint8Array.from(bytes) });
      writtenTo = position + bytes.length;
    };
    return {
      read: async (into, position) => {
        this.#call('read', path);
        return this.#files[file]!.copy(into, 0, position, position + into.length);
      },
      write: async (bytes, position) => {
        const at = position ?? writtenTo;
        const writePart = ({ writtenShare = 0 }: Fault) =>
          write(bytes.subarray(0, Math.floor(bytes.length * writtenShare)), at);
        this.#call('write', path, writePart);
        write(bytes, at);
      },
      datasync: async () => {
        await this.latency();
        this.#call('datasync', path, () => this.#do({ kind: 'failed_sync', path, file }));
        this.#do({ kind: 'sync', path, file });
      },
      truncate: async (length) => {
        this.#call('truncate', path);
        this.#do({ kind: 'truncate', path, file, length });
      },
      stat: async () => {
        this.#call('stat', path);
        return { identity: this.#identityOf(file), size: this.#files[file]!.length, isFile: true };
      },
      close: async () => {
        this.#call('close', path);
      },
    };
  }
}

/** The files, by number, as they are on the disk after these operations. */
function diskOf(initial: readonly Uint8Array[], operations: readonly Operation[]): DiskFile[] {
  const durable: Buffer[] = initial.map((bytes) => Buffer.from(bytes));
  const pending: Pending[][] = initial.map(() => []);
  for (const operation of operations) {
    if (!('file' in operation)) continue;
    const { file } = operation;
    pending[file] ??= [];
    durable[file] ??= Buffer.alloc(0);
    if (operation.kind === 'write' || operation.kind === 'truncate')
      pending[file].push({ operation, isForgotten: false });
    if (operation.kind === 'failed_sync') for (const one of pending[file]) one.isForgotten = true;
    if (operation.kind === 'sync') {
      for (const one of pending[file])
        if (!one.isForgotten) durable[file] = applied(durable[file], one.operation);
      pending[file] = pending[file].filter(({ isForgotten }) => isForgotten);
    }
  }
  return durable.map((bytes, file) => ({
    durable: bytes,
    pending: pending[file]!.map(({ operation }) => operation),
  }));
}

/** The bytes after an operation; the same buffer where it can be. */
export function applied(bytes: Buffer, operation: FileOperation): Buffer {
  if (operation.kind === 'truncate') {
    if (operation.length <= bytes.length) return bytes.subarray(0, operation.length);
    return Buffer.concat([bytes, Buffer.alloc(operation.length - bytes.length)]);
  }
  const end = operation.position + operation.bytes.length;
  const target =
    end > bytes.length ? Buffer.concat([bytes, Buffer.alloc(end - bytes.length)]) : Buffer.from(bytes);
  target.set(operation.bytes, operation.position);
  return target;
}

/** Changes what the paths stand for. */
export function applyName(names: Map<string, number>, operation: Operation): void {
  if (operation.kind === 'create') names.set(operation.path, operation.file);
  if (operation.kind === 'unlink' && names.get(operation.path) === operation.file)
    names.delete(operation.path);
  if (operation.kind === 'rename') {
    if (names.get(operation.path) === operation.file) names.delete(operation.path);
    names.set(operation.to, operation.file);
  }
}

function systemError(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
}
