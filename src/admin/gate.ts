import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Secret } from '../base/secrets.js';
import { isLoopback } from '../base/socket-address.js';

/** Why a request is not answered. */
export interface Refused {
  readonly status: 400 | 401 | 403 | 405;
  readonly message: string;
}

/** Decides from a request's head whether it is answered. */
export class Gate {
  readonly #token: Buffer | undefined;

  constructor(token: Secret | undefined) {
    this.#token = token && digest(token.reveal());
  }

  check({ method, headers }: IncomingMessage): Refused | undefined {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, message: 'expected GET or HEAD' };
    // A page of another site reaches this machine when its name suddenly leads here; the name it sends stays its own.
    if (!this.#token && !isLocalName(headers.host)) {
      return {
        status: 403,
        message: 'expected the Host header to name this machine, as in localhost or 127.0.0.1',
      };
    }
    if (headers['sec-fetch-site'] === 'cross-site') {
      return { status: 403, message: 'pages of other sites are not answered' };
    }
    return undefined;
  }

  /** Takes the same time for every token: digests are compared, and all of them. */
  isKnown({ headers }: IncomingMessage): boolean {
    return !this.#token || timingSafeEqual(digest(tokenIn(headers.authorization)), this.#token);
  }
}

function isLocalName(host = ''): boolean {
  return isLoopback(host.replace(/:\d{1,5}$/, ''));
}

function tokenIn(authorization = ''): string {
  return /^bearer +(.*)$/i.exec(authorization)?.[1] ?? '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
