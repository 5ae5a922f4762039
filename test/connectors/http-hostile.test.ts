import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { freePort, newFolder, post, start } from './http-support.js';

const LIMIT_BYTES = 1000;
const BOMB_BYTES = 50 * 2 ** 20;
const MOST_GROWTH_BYTES = 64 * 2 ** 20;
const TOKEN = 'open-sesame';

const ENCODERS: readonly (readonly [encoding: string, encode: (bytes: Buffer) => Buffer])[] = [
  ['identity', (bytes) => bytes],
  ['gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['br', (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })],
  ...('zstdCompressSync' in zlib
    ? [['zstd', zlib.zstdCompressSync as (bytes: Buffer) => Buffer] as const]
    : []),
];

/** A JSON text of so many bytes. */
const bodyOf = (bytes: number) => Buffer.from(`"${'x'.repeat(bytes - 2)}"`);

const SIZES: readonly (readonly [what: string, bytes: number, status: number])[] = [
  ['one byte less than the limit', LIMIT_BYTES - 1, 200],
  ['the limit', LIMIT_BYTES, 200],
  ['one byte more', LIMIT_BYTES + 1, 413],
  ['ten times the limit', 10 * LIMIT_BYTES, 413],
];

const HEAD = `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n`;

/** Requests as no client sends them, and what is answered before the connection is closed. */
const REQUESTS: readonly (readonly [what: string, request: string, answer: RegExp])[] = [
  ['a length that is no number', `${HEAD}Content-Length: five\r\n\r\n"abc"`, /^HTTP\/1.1 400/],
  ['a negative length', `${HEAD}Content-Length: -5\r\n\r\n"abc"`, /^HTTP\/1.1 400/],
  ['two lengths', `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\n"abc"`, /^HTTP\/1.1 400/],
  [
    'a length beside chunks',
    `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1.1 400/,
  ],
  ['more than its length', `${HEAD}Content-Length: 1001\r\n\r\n${'x'.repeat(2000)}`, /^HTTP\/1.1 413/],
  ['less than its length', `${HEAD}Content-Length: 100\r\n\r\n"abc"`, /^HTTP\/1.1 408/],
  ['a length without a body', `${HEAD}Content-Length: 100\r\n\r\n`, /^HTTP\/1.1 408/],
  ['chunks without an end', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n"abc"\r\n`, /^HTTP\/1.1 408/],
  ['a chunk that is cut off', `${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\n"abc"`, /^HTTP\/1.1 408/],
  [
    'a chunk whose size is no number',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n"abc"\r\n`,
    /^HTTP\/1.1 400/,
  ],
  [
    'a chunk that is longer than its size',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n"abc"\r\n0\r\n\r\n`,
    /^HTTP\/1.1 400/,
  ],
  [
    'chunks beyond the limit',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n${`64\r\n${'x'.repeat(100)}\r\n`.repeat(11)}`,
    /^HTTP\/1.1 413/,
  ],
  ['another transfer encoding', `${HEAD}Transfer-Encoding: rot13\r\n\r\n"abc"`, /^HTTP\/1.1 (400|501)/],
  ['a header of 20 KB', `${HEAD}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
  ['a name of a header of 20 KB', `${HEAD}${'x'.repeat(20_000)}: x\r\n\r\n`, /^HTTP\/1.1 431/],
  ['3,000 headers', `${HEAD}${'X-Header: value\r\n'.repeat(3000)}\r\n`, /^HTTP\/1.1 431/],
  ['a path of 20 KB', `POST /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1.1 431/],
  ['headers without an end', HEAD, /^HTTP\/1.1 408/],
  ['a header without a colon', `${HEAD}nonsense\r\n\r\n`, /^HTTP\/1.1 400/],
  ['a space before the colon', `${HEAD}Content-Length : 5\r\n\r\n"abc"`, /^HTTP\/1.1 400/],
  ['a NUL in a header', `${HEAD}X: a\0b\r\n\r\n`, /^HTTP\/1.1 400/],
  ['no host', 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"abc"', /^HTTP\/1.1 400/],
  ['another protocol', 'HELO example.org\r\n', /^HTTP\/1.1 400/],
  ['a later HTTP', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1.1 (400|505)|^$/],
  ['nothing', '', /^HTTP\/1.1 408|^$/],
];

const COMPRESSED: readonly (readonly [what: string, encoding: string, body: Buffer, status: number])[] = [
  ['no gzip', 'gzip', Buffer.from('"abc"'), 400],
  ['gzip that is cut off', 'gzip', zlib.gzipSync('"abc"').subarray(0, -6), 400],
  ['gzip with a wrong checksum', 'gzip', withLastByte(zlib.gzipSync('"abcdefgh"')), 400],
  ['no brotli', 'br', Buffer.from('"abc"'), 400],
  ['brotli that is cut off', 'br', zlib.brotliCompressSync('"abcdefgh"').subarray(0, -3), 400],
  ['no deflate', 'deflate', Buffer.from('"abc"'), 400],
  ['an unknown encoding', 'rot13', Buffer.from('"abc"'), 415],
  ['compression in compression', 'gzip, gzip', zlib.gzipSync(zlib.gzipSync('"abc"')), 415],
];

const CREDENTIALS: readonly (readonly [what: string, headers: Record<string, string>])[] = [
  ['none', {}],
  ['an empty one', { authorization: '' }],
  ['half of the token', { authorization: `Bearer ${TOKEN.slice(0, 5)}` }],
  ['more than the token', { authorization: `Bearer ${TOKEN}2` }],
  ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ['the token alone', { authorization: TOKEN }],
  ['one of 8 KB', { authorization: `Bearer ${'x'.repeat(8000)}` }],
];

/** Its checksum, or its length, does not fit then. */
function withLastByte(bytes: Buffer): Buffer {
  bytes[bytes.length - 8]! ^= 0xff;
  return bytes;
}

describe('an http source that strangers can reach', () => {
  it('takes what it may, refuses all else with the right status, and keeps its memory', async () => {
    const folder = newFolder();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    await start(
      `
sources: { in: { type: http, address: "127.0.0.1:${port}", token: ${TOKEN}, max_body_bytes: ${LIMIT_BYTES}, timeout: 300ms } }
sinks: { out: { type: file, inputs: [in], path: "${folder}/out.txt" } }
runtime: { state: "${folder}/state", checkpoint: 10ms }`,
      url,
    );
    const send = async (body: Buffer, headers: Record<string, string>): Promise<number> => {
      const posting = { headers: { authorization: `Bearer ${TOKEN}`, ...headers } };
      // The rest of a body that is refused may meet a connection that is closed.
      return await post(url, body, posting).then(
        ({ status }) => status,
        () => 413,
      );
    };
    const before = process.memoryUsage.rss();
    let taken = 0;
    for (const [encoding, encode] of ENCODERS) {
      for (const [what, bytes, wanted] of SIZES) {
        expect(
          await send(encode(bodyOf(bytes)), { 'content-encoding': encoding }),
          `${encoding}: ${what}`,
        ).toBe(wanted);
        if (wanted === 200) taken++;
      }
      if (encoding === 'identity') continue;
      const bomb = encode(Buffer.alloc(BOMB_BYTES));
      expect(bomb.length * 900, encoding).toBeLessThan(BOMB_BYTES);
      expect(await send(bomb, { 'content-encoding': encoding }), `${encoding}: a bomb`).toBe(413);
    }
    for (const [what, encoding, body, wanted] of COMPRESSED)
      expect(await send(body, { 'content-encoding': encoding }), what).toBe(wanted);
    for (const [what, headers] of CREDENTIALS)
      expect((await post(url, '"abc"', { headers })).status, what).toBe(401);
    const answers = await Promise.all(REQUESTS.map(([, request]) => raw(port, request)));
    for (const [i, [what, , wanted]] of REQUESTS.entries()) expect(answers[i], what).toMatch(wanted);
    expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_GROWTH_BYTES);
    expect(await send(Buffer.from('"the last"'), {})).toBe(200);
    const written = readFileSync(join(folder, 'out.txt'), 'utf8').split('\n').slice(0, -1);
    expect(written.length).toBe(taken + 1);
    expect(written.at(-1)).toContain('the last');
  }, 60_000);
});

/** Writes bytes to a connection, and gives what came until it was closed. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.on('error', () => {});
  socket.on('data', (part: Buffer) => {
    got += part.toString('latin1');
  });
  socket.write(text);
  await once(socket, 'close');
  return got;
}
