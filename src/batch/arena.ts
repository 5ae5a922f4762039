import { bindKernels, compileKernels, type KernelModule, type Kernels } from './kernels/kernels.js';

/** The first addresses belong to the kernels: to their constants and to what they keep between calls. */
const BASE = 64 * 1024;
/** Kernels may read or write this far past the end of what they were given. */
const SLACK = 64;

/** Thrown when a trip needs more memory than the arena has; the trip is then tried again in halves. */
export class ArenaFull extends Error {
  constructor(bytes: number) {
    super(`a batch needs ${bytes} more bytes than its thread's arena has`);
    this.name = 'ArenaFull';
  }
}

/**
 * The working memory of one thread: a linear memory of fixed size from which a trip takes what it needs and which
 * is empty again when the trip ends. The source's bytes, views, numbers and encoded output all lie in it, so an
 * address is enough to name a text and the kernels reach everything. The size is virtual: only touched pages count.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  /** The whole memory, by address. It never grows, so these are never detached. */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly capacity: number;
  #top = BASE;

  /**
   * @param capacityBytes rounded up to 64 KiB pages; below 2 GiB so that addresses fit an Int32
   * @param kernels compiled by another thread
   */
  constructor(capacityBytes = 256 * 1024 * 1024, kernels: KernelModule = compileKernels()) {
    const pages = Math.ceil(capacityBytes / 65536);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.kernels = bindKernels(this.memory, kernels);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
    this.capacity = pages * 65536 - SLACK;
  }

  /** The address after everything allocated. */
  get top(): number {
    return this.#top;
  }

  /** Forgets everything, or everything allocated since `top` had this value. */
  reset(top = BASE): void {
    this.#top = top;
  }

  /** Takes `size` bytes, 16-byte aligned, not cleared. Returns their address. */
  allocate(size: number): number {
    const address = this.#top;
    const next = (address + size + SLACK + 15) & ~15;
    if (next > this.capacity || next < address) throw new ArenaFull(size);
    this.#top = next;
    return address;
  }

  /** Throws ArenaFull unless `size` bytes are free after `address`. For writers that only learn their length by writing. */
  ensure(address: number, size: number): void {
    if (address + size > this.capacity) throw new ArenaFull(size);
  }

  /** Takes everything up to `end`, which a writer reached that started at `top`. */
  commit(end: number): void {
    this.ensure(end, SLACK + 16);
    this.#top = (end + SLACK + 15) & ~15;
  }

  uint8(length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.allocate(length), length);
  }

  int32(length: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.allocate(length * 4), length);
  }

  float64(length: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.allocate(length * 8), length);
  }

  /** Copies bytes in. Returns their address. */
  place(bytes: Uint8Array): number {
    const address = this.allocate(bytes.length);
    this.bytes.set(bytes, address);
    return address;
  }
}
