import { createHmac } from 'node:crypto';

export type Action = 'mask' | 'hash' | 'remove';

/** So many hexadecimal digits of a hash tell values apart; more would only make records longer. */
const HASH_DIGITS = 16;
const NOTHING = new Uint8Array(0);

/** What stands in the place of secrets: letters, digits and signs that JSON need not escape. */
export class Replacement {
  readonly #action: Action;
  readonly #key: string;
  readonly #masks = new Map<string, Uint8Array>();

  /** @param key of the hashes */
  constructor(action: Action, key: string) {
    this.#action = action;
    this.#key = key;
  }

  /** @param name what was found is called */
  of(name: string, secret: Uint8Array): Uint8Array {
    if (this.#action === 'remove') return NOTHING;
    if (this.#action === 'hash') return Buffer.from(`[${name}:${this.#hashOf(name, secret)}]`, 'latin1');
    let mask = this.#masks.get(name);
    if (!mask) {
      mask = Buffer.from(`[${name}]`, 'latin1');
      this.#masks.set(name, mask);
    }
    return mask;
  }

  /** HMAC-SHA-256 (RFC 2104) of the bytes; of a card's digits alone, however they are grouped. */
  #hashOf(name: string, secret: Uint8Array): string {
    const hmac = createHmac('sha256', this.#key);
    hmac.update(name === 'card' ? secret.filter((byte) => byte >= 48 && byte <= 57) : secret);
    return hmac.digest('hex').slice(0, HASH_DIGITS);
  }
}
