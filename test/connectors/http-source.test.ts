import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SinkDefinition } from '../../src/component/index.js';
import { deadLettersIn } from '../support/letters-in.js';
import { runs } from '../support/property.js';
import { freePort, newFolder, post, type Running, start, until } from './http-support.js';

interface Shop extends Running {
  readonly url: string;
  readonly folder: string;
  readonly yaml: string;
  out(): unknown[];
}

/** A pipeline from HTTP to a file. */
async function shop(options = '', sink = '', folder = newFolder()): Promise<Shop> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/orders`;
  const yaml = `
name: shop
sources: { orders: { type: http, address: "127.0.0.1:${port}", path: /orders, format: json${options} } }
transforms: { all: { type: map, inputs: [orders], set: { id: meta.id, at: meta.path, q: meta.query.q, h: 'meta.headers["x-a"]' } } }
sinks: { out: { type: file, inputs: [all], path: "${folder}/out.ndjson", format: json${sink} } }
runtime: { state: "${folder}/state" }`;
  const running = await start(yaml, url);
  return { ...running, url, folder, yaml, out: () => linesOf(join(folder, 'out.ndjson')) };
}

function linesOf(path: string): unknown[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** A sink that takes nothing until it is released. */
class StuckSink {
  written = 0;
  release: () => void = () => {};
  readonly definition: SinkDefinition;

  constructor() {
    const held = new Promise<void>((resolve) => {
      this.release = resolve;
    });
    this.definition = {
      kind: 'sink',
      name: 'stuck',
      keepsState: true,
      summary: 'For tests.',
      fields: [{ name: 'format', summary: 'Encoder.', type: { kind: 'any' }, default: { type: 'json' } }],
      example: 'type: stuck',
      create: () => ({
        open: async () => null,
        write: async ({ records }) => {
          await held;
          this.written += records;
        },
        prepare: async () => ({ state: null, durable: async () => {} }),
        close: async () => {},
      }),
    };
  }
}

const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };

describe('an http source', () => {
  it('answers when the records are in the output, with their ids', async () => {
    const { url, out } = await shop(', headers: [X-A]');
    const answer = await post(`${url}?q=1`, '{"n":1}', { headers: { ...json, 'x-a': 'yes' } });
    const written = out() as { id: string }[];
    expect(written).toMatchObject([{ n: 1, at: '/orders', q: '1', h: 'yes' }]);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ records: 1, ids: [written[0]!.id] });
  });

  it('takes items of JSON arrays, lines of NDJSON, and other bodies as one record', async () => {
    const { url, out } = await shop();
    const bodies: [string, Record<string, string>, number][] = [
      [' [ {"n":1}, {"n":"[,]\\"}"},[3] , 4 ] ', json, 4],
      ['[]', json, 0],
      ['{"n":5}\n\n{"n":6}\r\n', ndjson, 2],
      ['{\n"n":\n7}\n', json, 1],
      ['{"n":8}', {}, 1],
      // The item that is missing is refused as others are, and not taken for none.
      ['[{"n":9}, ]', json, 2],
    ];
    for (const [body, headers, records] of bodies) {
      const answer = await post(url, body, { headers });
      expect(JSON.parse(answer.text), body).toMatchObject({ records });
    }
    const found = out() as { n?: unknown; message?: unknown }[];
    expect(found.map(({ n, message }) => n ?? message)).toEqual([1, '[,]"}', [3], 4, 5, 6, 7, 8, 9]);
  });

  it('undoes compression, and counts the limit in what comes out', async () => {
    const { url, out } = await shop(', max_body_bytes: 1000');
    const compressed: [string, Buffer][] = [
      ['gzip', gzipSync('{"n":1}')],
      ['deflate', deflateSync('{"n":2}')],
      ['br', brotliCompressSync('{"n":3}')],
    ];
    for (const [encoding, body] of compressed)
      expect(await post(url, body, { headers: { 'content-encoding': encoding } })).toMatchObject({
        status: 200,
      });
    expect(out()).toMatchObject([{ n: 1 }, { n: 2 }, { n: 3 }]);
    const bomb = gzipSync(Buffer.alloc(50 * 2 ** 20));
    const before = process.memoryUsage.rss();
    const bombed = await post(url, bomb, { headers: { 'content-encoding': 'gzip' } }).catch(() => undefined);
    expect(bombed?.status ?? 413).toBe(413);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
    expect(await post(url, 'x'.repeat(1001))).toMatchObject({ status: 413 });
    expect(await post(url, 'no gzip', { headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 400,
    });
    expect(await post(url, '{}', { headers: { 'content-encoding': 'rot13' } })).toMatchObject({
      status: 415,
    });
    expect(out()).toHaveLength(3);
  });

  it('takes records only from those who have the token, at its path, by POST', async () => {
    const { url, out } = await shop(', token: open-sesame');
    for (const authorization of ['', 'Bearer open-sesam', 'Bearer open-sesame2', 'Basic open-sesame'])
      expect(await post(url, '{}', { headers: { authorization } })).toMatchObject({ status: 401 });
    const headers = { authorization: 'bearer open-sesame' };
    expect(await post(url, '{"n":1}', { headers })).toMatchObject({ status: 200 });
    expect(await post(`${url}/more`, '{}', { headers })).toMatchObject({ status: 404 });
    expect(await post(url, '{}', { method: 'PUT', headers })).toMatchObject({ status: 405 });
    expect(out()).toHaveLength(1);
  });

  it('answers a key that was seen again without a second record, also after a restart', async () => {
    const first = await shop();
    const headers = { ...ndjson, 'idempotency-key': 'order-1' };
    const body = '{"n":1}\n{"n":2}\n';
    const answers = await Promise.all([1, 2, 3].map(() => post(first.url, body, { headers })));
    const again = await post(first.url, body, { headers });
    expect(new Set([...answers, again].map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await post(first.url, '{"n":3}', { headers })).toMatchObject({ status: 422 });
    await first.stop();
    const second = await start(first.yaml, first.url);
    expect((await post(first.url, body, { headers })).text).toBe(again.text);
    expect(await post(first.url, '{"n":4}')).toMatchObject({ status: 200 });
    await second.stop();
    expect((first.out() as { n: number }[]).map(({ n }) => n)).toEqual([1, 2, 4]);
    const ids = (first.out() as { id: string }[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
  });

  it('keeps bodies that are no records as dead letters, with what was said of them', async () => {
    const { url, folder, out, stop } = await shop();
    expect(await post(url, '{"n":', { headers: json })).toMatchObject({ status: 200 });
    expect(await post(url, '[{"n":1}', { headers: json })).toMatchObject({ status: 400 });
    await stop();
    expect(out()).toEqual([]);
    const letters = await deadLettersIn(join(folder, 'state/shop'));
    expect(letters).toMatchObject([{ stage: 'orders', record: '{"n":', meta: { path: '/orders' } }]);
  });

  it('ends connections that are too slow or say too much', async () => {
    const { url, out } = await shop(', timeout: 300ms, max_connections: 64');
    const { port } = new URL(url);
    const raw = async (text: string): Promise<string> => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(text);
      let got = '';
      socket.on('data', (part) => {
        got += part;
      });
      await once(socket, 'close');
      return got;
    };
    const head = 'POST /orders HTTP/1.1\r\nHost: x\r\n';
    expect(await raw(`${head}Content-Length: 100\r\n\r\n{"n":1}`)).toContain('408');
    expect(await raw(`${head}Transfer-Encoding: chunked\r\n\r\n7\r\n{"n":1}\r\n`)).toContain('408');
    expect(await raw(head)).toContain('408');
    expect(await raw(`${head}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`)).toContain('431');
    const cut = connect(Number(port), '127.0.0.1');
    cut.write(`${head}Content-Length: 100\r\n\r\n{"n":1}`);
    cut.end();
    await once(cut.resume(), 'close');
    const slow = Array.from({ length: 200 }, () => raw(head).catch(() => ''));
    await Promise.all(slow);
    expect(await post(url, '{"n":1}')).toMatchObject({ status: 200 });
    expect(out()).toHaveLength(1);
  });

  it('does not read what it has no credit for, and says when to come again', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const stuck = new StuckSink();
    const yaml = `
sources: { in: { type: http, address: "127.0.0.1:${port}", format: lines } }
sinks: { out: { type: stuck, inputs: [in] } }
runtime: { memory: 64MiB, batch: { max_bytes: 64KiB } }`;
    const { stop } = await start(yaml, url, { sinks: [stuck.definition] });
    const statuses: number[] = [];
    let taken = 0;
    const one = async (): Promise<void> => {
      const answer = await post(url, 'x'.repeat(60_000));
      statuses.push(answer.status);
      if (answer.status === 200) taken++;
      else expect(answer.headers['retry-after']).toBe('1');
    };
    const posts: Promise<void>[] = [];
    while (!statuses.includes(429)) {
      posts.push(one());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    stuck.release();
    await Promise.all(posts);
    await stop();
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(stuck.written).toBe(taken);
  });

  it('says after a while that records are not durable yet, and then has them once', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const stuck = new StuckSink();
    const yaml = `
sources: { in: { type: http, address: "127.0.0.1:${port}", answer_timeout: 100ms } }
sinks: { out: { type: stuck, inputs: [in] } }`;
    const { stop } = await start(yaml, url, { sinks: [stuck.definition] });
    const headers = { 'idempotency-key': 'one' };
    for (let i = 0; i < 2; i++) {
      const answer = await post(url, '{"n":1}', { headers });
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    }
    stuck.release();
    expect(await post(url, '{"n":1}', { headers })).toMatchObject({ status: 200 });
    await stop();
    expect(stuck.written).toBe(1);
  });

  it('takes every record once, however many requests come at once and however it is stopped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 }),
        fc.nat(30),
        async (sizes, stopAfter) => {
          const { url, out, stop } = await shop();
          let sent = 0;
          const wanted: number[] = [];
          let answered = 0;
          const posts = sizes.map(async (size, i) => {
            const numbers = Array.from({ length: size }, () => sent++);
            const body = numbers.map((n) => `{"n":${n}}\n`).join('');
            const headers = { ...ndjson, 'idempotency-key': `k${i}` };
            const answer = await post(url, body, { headers }).catch(() => ({ status: 0 }));
            answered++;
            if (answer.status === 200) wanted.push(...numbers);
          });
          await until(() => answered >= Math.min(stopAfter, sizes.length));
          await stop();
          await Promise.all(posts);
          const found = (out() as { n: number }[]).map(({ n }) => n);
          expect(new Set(found).size).toBe(found.length);
          expect(found).toEqual(expect.arrayContaining(wanted));
        },
      ),
      { numRuns: runs(15) },
    );
  }, 60_000);
});
