import type { IncomingMessage } from 'node:http';
import { BearerToken } from '#component';
import { ENCODINGS, isKnownEncoding } from './body.js';
import type { HttpSourceOptions } from './options.js';
import { Refusal } from './refusal.js';

/** Longer keys are refused: they are kept in memory while their request is under way. */
const MOST_KEY_CHARACTERS = 255;

/** Decides from a request's head alone whether its body is read. */
export class Gate {
  readonly #options: HttpSourceOptions;
  readonly #token: BearerToken | undefined;

  constructor(options: HttpSourceOptions) {
    this.#options = options;
    this.#token = options.token && new BearerToken(options.token);
  }

  /** @throws Refusal */
  check(request: IncomingMessage): void {
    const { path, maxBodyBytes } = this.#options;
    if (pathOf(request) !== path) throw new Refusal(404, 'not_found', `records are posted to ${path}`);
    if (request.method !== 'POST')
      throw new Refusal(405, 'wrong_method', 'records come by POST', { Allow: 'POST' });
    if (this.#token?.isIn(request.headers.authorization) === false) {
      const message = 'a bearer token is needed in the Authorization header';
      throw new Refusal(401, 'unauthorized', message, { 'WWW-Authenticate': 'Bearer' });
    }
    if (!isKnownEncoding(request)) {
      const message = `expected a Content-Encoding of ${ENCODINGS.join(', ')}`;
      throw new Refusal(415, 'unknown_encoding', message, { 'Accept-Encoding': ENCODINGS.join(', ') });
    }
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes)
      throw Refusal.bodyTooLarge(maxBodyBytes);
    if ((keyOf(request)?.length ?? 0) > MOST_KEY_CHARACTERS)
      throw new Refusal(400, 'wrong_key', `an Idempotency-Key has at most ${MOST_KEY_CHARACTERS} characters`);
  }
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

export function keyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key'];
  return typeof key === 'string' && key !== '' ? key : undefined;
}

/** What is kept of a request with each of its records: a JSON object. */
export function metaOf(request: IncomingMessage, names: readonly string[]): string {
  const { url = '/', headers, socket } = request;
  const query = url.indexOf('?');
  const kept = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]));
  return JSON.stringify({
    path: pathOf(request),
    ...(query >= 0 && { query: Object.fromEntries(new URLSearchParams(url.slice(query + 1))) }),
    address: socket.remoteAddress,
    ...(kept.length > 0 && { headers: Object.fromEntries(kept) }),
  });
}
