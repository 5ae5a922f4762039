import type { Compressor } from './compressor.js';

/** How much plain text goes into each member. */
export const MEMBER_BYTES = 256 * 1024;

/** libuv has four threads, unless it was told otherwise. */
const MEMBERS_AT_ONCE = 4;

type Put = (bytes: Uint8Array, signal?: AbortSignal) => Promise<void>;

/**
 * Compresses a stream of bytes as members of `MEMBER_BYTES` of plain text. Where they are cut depends on the bytes alone,
 * not on the blocks in which they came, so that a file that was written in several runs is that of a single one.
 */
export class MemberWriter {
  readonly #compressor: Compressor;
  readonly #put: Put;
  #buffer = new Uint8Array(MEMBER_BYTES);
  #fill = 0;
  readonly #freeBuffers: Uint8Array<ArrayBuffer>[] = [];
  /** In the order in which they are put. */
  readonly #underWay: Promise<Uint8Array>[] = [];
  #compressedTail: Uint8Array | undefined;

  /**
   * @param put takes whole members, one at a time; one that it rejected comes again
   * @param tail plain text with which the next member begins
   */
  constructor(compressor: Compressor, put: Put, tail?: Uint8Array) {
    this.#compressor = compressor;
    this.#put = put;
    if (tail) {
      this.#buffer.set(tail);
      this.#fill = tail.length;
    }
  }

  /** Has done with the bytes when it resolves; members may be under way then. */
  async write(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (bytes.length > 0) this.#compressedTail = undefined;
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + MEMBER_BYTES - this.#fill);
      this.#buffer.set(piece, this.#fill);
      this.#fill += piece.length;
      at += piece.length;
      if (this.#fill < MEMBER_BYTES) continue;
      this.#startMember();
      while (this.#underWay.length > MEMBERS_AT_ONCE) await this.#putOldest(signal);
    }
  }

  /** Resolves when all whole members have been put. */
  async flush(signal?: AbortSignal): Promise<void> {
    while (this.#underWay.length > 0) await this.#putOldest(signal);
  }

  /** What is not a whole member yet, as a member; the same array as long as nothing was written. */
  async tail(): Promise<Uint8Array> {
    this.#compressedTail ??= await this.#compressor.compress(this.#buffer.subarray(0, this.#fill));
    return this.#compressedTail;
  }

  /** How much plain text is not in a whole member yet. */
  get tailBytes(): number {
    return this.#fill;
  }

  /** Puts all that is left. The next byte begins a new member. */
  async finish(signal?: AbortSignal): Promise<void> {
    await this.flush(signal);
    if (this.#fill === 0) return;
    await this.#put(await this.tail(), signal);
    this.#fill = 0;
    this.#compressedTail = undefined;
  }

  #startMember(): void {
    const buffer = this.#buffer;
    const member = this.#compressor.compress(buffer).finally(() => this.#freeBuffers.push(buffer));
    // Its failure comes to who waits for it, which may be later.
    member.catch(() => {});
    this.#underWay.push(member);
    this.#buffer = this.#freeBuffers.pop() ?? new Uint8Array(MEMBER_BYTES);
    this.#fill = 0;
  }

  async #putOldest(signal: AbortSignal | undefined): Promise<void> {
    await this.#put(await this.#underWay[0]!, signal);
    this.#underWay.shift();
  }
}
