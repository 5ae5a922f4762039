/**
 * How many requests and records a second does the http source take, and how many does the http sink send? The source beside the
 * server that one writes first (`peers/node/http.mjs`), which syncs nothing; the sink beside Node's client with as many requests
 * at a time. The clients and receivers run in this process, so that they take a share of the machine as well.
 * Run: npm run build && node dist/bench/http.js
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';

const ROOT = resolve(import.meta.dirname, '../..');
const ROUNDS = 5;
const ROUND_MS = 1500;
const CONNECTIONS = 64;
const SENT = 20_000;
const PORTS = { peer: 18_686, millrace: 18_687 };

const record = (n: number): string => `${JSON.stringify({ n, customer: `c${n}`, note: 'x'.repeat(240) })}\n`;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

function post(url: string, body: string): Promise<void> {
  return new Promise((done, fail) => {
    const headers = { 'Content-Type': 'application/x-ndjson', 'Content-Length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response
        .resume()
        .on('end', () => (response.statusCode === 200 ? done() : fail(new Error(`${response.statusCode}`))));
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

/** Requests a second of as many clients as there are connections. */
async function requestRate(url: string, body: string): Promise<number> {
  const startMs = performance.now();
  let requests = 0;
  const client = async (): Promise<void> => {
    for (; performance.now() - startMs < ROUND_MS; requests++) await post(url, body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return (requests * 1000) / (performance.now() - startMs);
}

async function started(url: string, start: () => ChildProcess): Promise<ChildProcess> {
  const child = start();
  for (;;) {
    const isThere = await post(url, '').then(
      () => true,
      () => false,
    );
    if (isThere) return child;
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
  }
}

const median = (rates: readonly number[]): number => [...rates].sort((a, b) => a - b)[rates.length >> 1]!;

async function measureSource(folder: string): Promise<void> {
  const yaml = (name: string, queue: string) => `
name: ${name}
sources: { orders: { type: http, address: "127.0.0.1:${PORTS.millrace}", format: json } }
sinks: { out: { type: file, inputs: [orders], path: "${folder}/${name}.ndjson"${queue} } }
runtime: { state: "${folder}/state" }`;
  writeFileSync(join(folder, 'source.yaml'), yaml('source', ''));
  const urls = { peer: `http://127.0.0.1:${PORTS.peer}/`, millrace: `http://127.0.0.1:${PORTS.millrace}/` };
  const options = { stdio: 'ignore' as const };
  const peer = await started(urls.peer, () =>
    spawn(
      process.execPath,
      [join(ROOT, 'bench/peers/node/http.mjs'), String(PORTS.peer), join(folder, 'peer.ndjson')],
      options,
    ),
  );
  const millrace = await started(urls.millrace, () =>
    spawn(
      process.execPath,
      [join(ROOT, 'dist/bin/millrace.js'), 'run', join(folder, 'source.yaml')],
      options,
    ),
  );
  try {
    for (const records of [1, 100]) {
      const body = Array.from({ length: records }, (_, n) => record(n)).join('');
      const rates = { peer: [] as number[], millrace: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        for (const name of ['peer', 'millrace'] as const) {
          const rate = await requestRate(urls[name], body);
          if (round > 0) rates[name].push(rate * records);
        }
      }
      report(`source, ${records} of 300 bytes in a request`, median(rates.millrace), median(rates.peer));
    }
  } finally {
    millrace.kill('SIGTERM');
    peer.kill();
  }
}

async function receiver(): Promise<{ server: Server; url: string }> {
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => response.end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

async function measureSink(folder: string): Promise<void> {
  const { server, url } = await receiver();
  writeFileSync(join(folder, 'in.ndjson'), Array.from({ length: SENT }, (_, n) => record(n)).join(''));
  const yaml = (batch: boolean) => `
name: sink
sources: { in: { type: file, paths: ["${folder}/in.ndjson"], format: json } }
sinks: { out: { type: http, inputs: [in], url: "${url}", max_concurrency: ${CONNECTIONS}, batch: ${batch} } }
runtime: { state: "${folder}/state" }`;
  for (const batch of [false, true]) {
    writeFileSync(join(folder, 'sink.yaml'), yaml(batch));
    const rates = { own: [] as number[], peer: [] as number[] };
    for (let round = 0; round <= ROUNDS; round++) {
      const startMs = performance.now();
      await ended(
        spawn(
          process.execPath,
          [join(ROOT, 'dist/bin/millrace.js'), 'run', join(folder, 'sink.yaml'), '--fresh'],
          { stdio: 'ignore' },
        ),
      );
      const own = (SENT * 1000) / (performance.now() - startMs);
      const peer = await requestRate(url, record(round));
      if (round === 0) continue;
      rates.own.push(own);
      rates.peer.push(peer);
    }
    report(
      batch ? 'sink, a batch in a request' : 'sink, one in a request',
      median(rates.own),
      median(rates.peer),
    );
  }
  server.closeAllConnections();
  server.close();
}

async function ended(child: ChildProcess): Promise<void> {
  const code = await new Promise<number | null>((done) => child.on('close', done));
  if (code !== 0) throw new Error(`ended with ${code}`);
}

function report(name: string, own: number, peer: number): void {
  const rates = `${Math.round(own).toString().padStart(9)}${Math.round(peer).toString().padStart(9)}`;
  process.stdout.write(`${name.padEnd(42)}${rates}${(own / peer).toFixed(2).padStart(8)}\n`);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-http-bench-'));
  process.stdout.write(
    `${'records/s'.padEnd(42)}${'Millrace'.padStart(9)}${'Node'.padStart(9)}${'ratio'.padStart(8)}\n`,
  );
  try {
    await measureSource(folder);
    await measureSink(folder);
  } finally {
    agent.destroy();
    rmSync(folder, { recursive: true });
  }
}

await main();
