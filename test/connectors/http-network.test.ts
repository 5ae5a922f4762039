import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type GivenMessage, messageSource } from '../support/messages.js';
import { runs } from '../support/property.js';
import { runInThread } from '../support/run-pipeline.js';
import { freePort, newFolder, post, type Receiver, receiver, start } from './http-support.js';

/** What the network does to a connection. */
type Fault = 'none' | 'swallow' | { readonly cutAfterBytes: number; readonly way: 'there' | 'back' };

/** A network in front of a port: `faultOf` says what becomes of the n-th connection. */
async function network(port: number, faultOf: (connection: number) => Fault): Promise<number> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const fault = faultOf(count++);
    const target = connect(port, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        target.destroy();
      });
    }
    if (fault === 'swallow') {
      client.resume();
      return;
    }
    pass(client, target, 'there', fault);
    pass(target, client, 'back', fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

function pass(from: Socket, to: Socket, way: 'there' | 'back', fault: Fault): void {
  let left = typeof fault === 'object' && fault.way === way ? fault.cutAfterBytes : Number.POSITIVE_INFINITY;
  from.on('data', (data) => {
    to.write(data.subarray(0, left));
    left -= data.length;
    if (left <= 0) to.end(() => from.resetAndDestroy());
  });
}

const RECORDS = 12;
const messages: GivenMessage[] = Array.from({ length: RECORDS }, (_, n) => ({
  bytes: Buffer.from(JSON.stringify({ n, text: 'x'.repeat(40) })),
  position: n,
}));

async function send(url: string, timeout = '5s'): Promise<void> {
  const yaml = `
sources: { in: { type: messages } }
sinks: { out: { type: http, inputs: [in], url: "${url}", timeout: ${timeout}, max_concurrency: 2, on_error: { retry: { attempts: 1000, backoff: 1ms, max_backoff: 4ms }, then: stop } } }
runtime: { state: "${newFolder()}" }`;
  const metrics = await runInThread(yaml, 'send.yaml', { sources: [messageSource(messages)] });
  expect(metrics.stage('out').recordsOut).toBe(RECORDS);
}

/** Each record came once or more, always with its key. */
function expectAll({ requests }: Receiver): void {
  const keys = requests.map(({ headers, body }) => {
    const { n } = JSON.parse(body) as { n: number };
    expect(headers['idempotency-key']).toBe(`in:orders/0:${n}`);
    return n;
  });
  expect([...new Set(keys)].sort((a, b) => a - b)).toEqual(messages.map(({ position }) => position));
}

describe('an http sink on a bad network', () => {
  it.each(['there', 'back'] as const)(
    'sends all when connections are cut on the way %s, after any byte',
    async (way) => {
      const step = Math.max(1, Math.round(10 / runs(10)));
      for (let cutAfterBytes = 1; cutAfterBytes < 400; cutAfterBytes += 7 * step) {
        const target = await receiver();
        const port = await network(Number(new URL(target.url).port), (connection) =>
          connection < 6 ? { cutAfterBytes, way } : 'none',
        );
        await send(`http://127.0.0.1:${port}/`);
        expectAll(target);
      }
    },
    60_000,
  );

  it('sends all when connections swallow what they are given', async () => {
    const target = await receiver();
    const port = await network(Number(new URL(target.url).port), (connection) =>
      connection < 3 ? 'swallow' : 'none',
    );
    await send(`http://127.0.0.1:${port}/`, '200ms');
    expectAll(target);
  });
});

describe('an http source on a bad network', () => {
  it('has each record once, when connections are cut after any byte and requests are sent until they are answered', async () => {
    const folder = newFolder();
    const port = await freePort();
    const { stop } = await start(
      `
sources: { in: { type: http, address: "127.0.0.1:${port}" } }
sinks: { out: { type: file, inputs: [in], path: "${folder}/out.ndjson" } }
runtime: { state: "${folder}/state", checkpoint: 10ms }`,
      `http://127.0.0.1:${port}/`,
    );
    const step = Math.max(1, Math.round(7 / runs(1)));
    const faults = (['there', 'back'] as const).flatMap((way) =>
      Array.from({ length: Math.ceil(400 / step) }, (_, i) => ({ way, cutAfterBytes: 1 + i * step })),
    );
    let cuts = 0;
    for (const [n, fault] of faults.entries()) cuts += await sendUntilAnswered(port, n, fault);
    await stop();
    expect(cuts).toBe(faults.length);
    const found = readFileSync(join(folder, 'out.ndjson'), 'utf8').trim().split('\n');
    const sent = faults.flatMap((_, n) => linesOfRequest(n));
    expect(found.sort()).toEqual(sent.sort());
  }, 60_000);
});

/** Requests of this size, and their answers, are longer than 400 bytes. */
const LINES = 16;

const linesOfRequest = (n: number): string[] =>
  Array.from({ length: LINES }, (_, line) => `{"request":${n},"line":${line}}`);

/** @returns how many attempts failed; only the first connection has the fault */
async function sendUntilAnswered(port: number, n: number, fault: Fault): Promise<number> {
  const url = `http://127.0.0.1:${await network(port, (connection) => (connection === 0 ? fault : 'none'))}/`;
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': `request ${n}` };
  for (let failures = 0; ; failures++) {
    const answer = await post(url, linesOfRequest(n).join('\n'), { headers }).catch(() => undefined);
    if (answer?.status === 200) return failures;
  }
}

describe('an http source among a thousand slow connections', () => {
  it('serves others, and keeps its memory', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const folder = newFolder();
    const { stop } = await start(
      `
sources: { in: { type: http, address: "127.0.0.1:${port}", max_connections: 1100, timeout: 2s } }
sinks: { out: { type: file, inputs: [in], path: "${folder}/out.ndjson" } }
runtime: { state: "${folder}/state" }`,
      url,
    );
    expect(await post(url, '{"n":0}')).toMatchObject({ status: 200 });
    const before = process.memoryUsage.rss();
    const closed = Array.from({ length: 1000 }, (_, i) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(i)}`);
      return new Promise((resolve) => socket.resume().on('close', resolve));
    });
    for (let n = 1; n <= 20; n++) expect(await post(url, `{"n":${n}}`)).toMatchObject({ status: 200 });
    await Promise.all(closed);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
    await stop();
  }, 30_000);
});
