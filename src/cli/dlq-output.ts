const ENOUGH_BYTES = 64 * 1024;

/** Gathers small pieces, so that there is not one write for each; never holds much. */
export class ByteStream {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @param write takes all it is given, and resolves when there is room for more */
  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  async add(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= ENOUGH_BYTES) await this.end();
  }

  async end(): Promise<void> {
    if (this.#bytes === 0) return;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    await this.#write(bytes);
  }
}
