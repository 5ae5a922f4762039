import { type Arena, ArenaFull } from './arena.js';

const encoder = new TextEncoder();

/**
 * Writes bytes at the top of an arena when their number is not known before. Between `begin` and `end` nothing
 * else may allocate. Every method makes sure that there is room.
 */
export class ArenaWriter {
  readonly arena: Arena;
  #start = 0;
  #at = 0;
  #limit = 0;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  begin(): void {
    this.#start = this.arena.top;
    this.#at = this.#start;
    this.#limit = this.arena.capacity;
  }

  /** Takes `size` bytes, 16-byte aligned, aside from what is written. They are the encoder's until `end`. */
  borrow(size: number): number {
    const address = (this.#limit - size - 64) & ~15;
    if (address < this.#at + 64) throw new ArenaFull(size);
    this.#limit = address;
    return address;
  }

  /** The next address to be written; a tight loop may write there itself after `reserve` and then `advance`. */
  get at(): number {
    return this.#at;
  }

  /** Kernels that write by themselves stop before this address. */
  get limit(): number {
    return this.#limit - 64;
  }

  get length(): number {
    return this.#at - this.#start;
  }

  reserve(size: number): number {
    if (this.#at + size + 64 > this.#limit) throw new ArenaFull(size);
    return this.#at;
  }

  advance(to: number): void {
    this.#at = to;
  }

  /** One byte. */
  byte(value: number): void {
    this.reserve(1);
    this.arena.bytes[this.#at++] = value;
  }

  /** Bytes that lie in the arena. */
  copy(address: number, length: number): void {
    this.reserve(length);
    this.#at = this.arena.kernels.copyBytes(this.#at, address, length);
  }

  /** Bytes from elsewhere. */
  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.arena.bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** A string as UTF-8. For slow paths only. */
  text(value: string): void {
    this.bytes(encoder.encode(value));
  }

  /** The inside of a JSON string: the bytes at `address`, escaped. */
  escaped(address: number, length: number): void {
    this.reserve(length * 6);
    this.#at = this.arena.kernels.escapeJson(this.#at, address, length);
  }

  /** Ends writing: the arena keeps what was written. Returns where it lies. */
  end(): { start: number; end: number } {
    const extent = { start: this.#start, end: this.#at };
    this.arena.commit(this.#at);
    return extent;
  }
}
