import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { Refusal } from './refusal.js';

type Decompressor = () => NodeJS.ReadWriteStream;

/** Brotli, gzip and deflate everywhere; zstd where Node has it (22.15 or newer). */
const DECOMPRESSORS: ReadonlyMap<string, Decompressor> = new Map([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()],
  ['deflate', () => zlib.createInflate()],
  ['br', () => zlib.createBrotliDecompress()],
  ...('createZstdDecompress' in zlib ? [['zstd', zlib.createZstdDecompress as Decompressor] as const] : []),
]);

/** The values of `Content-Encoding` that are understood. */
export const ENCODINGS: readonly string[] = [...DECOMPRESSORS.keys()];

/** Memory for bodies that are being read, in all requests together. */
export class BodyBudget {
  readonly #limitBytes: number;
  #used = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** False where there is no room; then nothing was taken. */
  take(bytes: number): boolean {
    if (this.#used > 0 && this.#used + bytes > this.#limitBytes) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** Whether a request's `Content-Encoding` is understood. */
export function isKnownEncoding(request: IncomingMessage): boolean {
  const encoding = encodingOf(request);
  return encoding === 'identity' || DECOMPRESSORS.has(encoding);
}

function encodingOf({ headers }: IncomingMessage): string {
  return (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
}

/**
 * Reads a request's body and undoes its compression.
 * @param maxBytes of what is left when its compression is undone
 * @returns its bytes, which `budget` has lent: give their length back
 * @throws Refusal
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
): Promise<Buffer> {
  const decompress = DECOMPRESSORS.get(encodingOf(request))?.();
  const stream = decompress ? (request.pipe(decompress) as unknown as Readable) : request;
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of piecesOf(request, stream)) {
      if (length + part.length > maxBytes) throw Refusal.bodyTooLarge(maxBytes);
      if (!budget.take(part.length)) throw Refusal.busy();
      length += part.length;
      parts.push(part);
    }
    return Buffer.concat(parts, length);
  } catch (error) {
    budget.give(length);
    if (decompress) request.unpipe(decompress);
    (stream as Readable).destroy();
    throw error instanceof Refusal ? error : Refusal.unreadable(decompress !== undefined, error);
  }
}

/** The stream's bytes. A request that is cut off does not end the stream behind it by itself. */
async function* piecesOf(request: IncomingMessage, stream: Readable): AsyncGenerator<Buffer> {
  const cut = (): void => void stream.destroy(new Error('the connection was closed within the body'));
  if (stream !== request) request.once('close', () => request.complete || cut());
  if (stream !== request) request.once('error', cut);
  yield* stream as AsyncIterable<Buffer>;
}
