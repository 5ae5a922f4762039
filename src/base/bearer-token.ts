import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secrets.js';

/** The token that requests need in their Authorization header (RFC 6750, 2.1), compared in the same time whatever comes. */
export class BearerToken {
  readonly #digest: Buffer;

  constructor(token: Secret) {
    this.#digest = digest(token.reveal());
  }

  /** @param authorization the header, where there is one */
  isIn(authorization = ''): boolean {
    const token = /^bearer +(.*)$/i.exec(authorization)?.[1] ?? '';
    return timingSafeEqual(digest(token), this.#digest);
  }
}

/** Digests are of one length, so that all of them is compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
