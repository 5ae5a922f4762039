import type { ServerResponse } from 'node:http';
import type { AnsweredRequest } from './answered.js';
import type { Refusal } from './refusal.js';

/** So many ids are listed; of more there are the first and the last. */
const MOST_IDS = 1000;
/** What is left of a refused request is read and thrown away up to this length; beyond it the connection is closed. */
const MOST_DISCARDED_BYTES = 64 * 1024;

/** Says which records were taken: `{"records":2,"ids":["orders:http/k3x:7","orders:http/k3x:8"]}`. */
export function replyTaken(
  response: ServerResponse,
  { first, records }: AnsweredRequest,
  idOf: (number: number) => string,
): void {
  const last = first + records - 1;
  const ids = records <= MOST_IDS ? { ids: Array.from({ length: records }, (_, i) => idOf(first + i)) } : {};
  reply(response, 200, {
    records,
    ...ids,
    ...(records > MOST_IDS && { first: idOf(first), last: idOf(last) }),
  });
}

/** Says why a request was not taken. */
export function replyRefused(response: ServerResponse, { status, code, message, headers }: Refusal): void {
  reply(response, status, { error: code, message }, headers);
}

function reply(
  response: ServerResponse,
  status: number,
  content: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const text = `${JSON.stringify(content)}\n`;
  const { req: request } = response;
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  const hasBody = request.headers['transfer-encoding'] !== undefined || length > 0;
  const closes = hasBody && !request.complete && !(length <= MOST_DISCARDED_BYTES);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...(closes && { Connection: 'close' }),
    ...headers,
  });
  response.end(text);
}
