const QUOTE = 34;
const BACKSLASH = 92;

/** Goes through a JSON text from place to place and knows what is there. */
export class JsonPlace {
  /** Inside of a string; otherwise in a number or a word. */
  isInString = false;
  /** In the name of one of the outermost members. */
  isInOuterName = false;
  readonly #bytes: Uint8Array;
  #at: number;
  #depth = 0;
  #isAfterColon = false;
  #isObject = false;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** Goes on to `target`, which is not before the last one. */
  goTo(target: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < target) {
      if (!this.isInString) {
        this.#outside(bytes[at++]!);
        continue;
      }
      for (; at < target && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
      if (at < target) {
        this.isInString = false;
        this.isInOuterName = false;
        at++;
      }
    }
    this.#at = at;
  }

  #outside(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.isInString = true;
        this.isInOuterName = this.#depth === 1 && this.#isObject && !this.#isAfterColon;
        return;
      case 0x7b:
      case 0x5b:
        if (this.#depth++ === 0) this.#isObject = byte === 0x7b;
        return;
      case 0x7d:
      case 0x5d:
        this.#depth--;
        return;
      case 0x3a:
        if (this.#depth === 1) this.#isAfterColon = true;
        return;
      case 0x2c:
        if (this.#depth === 1) this.#isAfterColon = false;
    }
  }
}
