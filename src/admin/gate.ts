import type { IncomingMessage } from 'node:http';
import { BearerToken } from '../base/bearer-token.js';
import type { Secret } from '../base/secrets.js';
import { isLoopback } from '../base/socket-address.js';

/** Why a request is not answered. */
export interface Refused {
  readonly status: 403 | 405 | 415;
  readonly message: string;
}

/** Decides from a request's head whether it is answered. */
export class Gate {
  readonly #token: BearerToken | undefined;

  constructor(token: Secret | undefined) {
    this.#token = token && new BearerToken(token);
  }

  /** @param expected what a path answers to; HEAD is a GET */
  check({ method, headers }: IncomingMessage, expected: 'GET' | 'POST'): Refused | undefined {
    if ((method === 'HEAD' ? 'GET' : method) !== expected)
      return { status: 405, message: `expected ${expected}` };
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
    return expected === 'POST' ? checkPost(headers) : undefined;
  }

  isKnown({ headers }: IncomingMessage): boolean {
    return this.#token?.isIn(headers.authorization) !== false;
  }
}

/** A form or a link of another page cannot send JSON, and a script that would is asked for a permission that nobody gives. */
function checkPost(headers: IncomingMessage['headers']): Refused | undefined {
  if (!isSameOrigin(headers)) return { status: 403, message: 'pages of other sites change nothing' };
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? ''))
    return { status: 415, message: 'expected Content-Type: application/json' };
  return undefined;
}

/** A proxy may have taken the encryption off, so that schemes differ. Programs that are no browsers send neither header. */
function isSameOrigin({ origin, host, 'sec-fetch-site': site }: IncomingMessage['headers']): boolean {
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function isLocalName(host = ''): boolean {
  return isLoopback(host.replace(/:\d{1,5}$/, ''));
}
