import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messageSource } from '../support/messages.js';
import { prepareRun, runInThread } from '../support/run-pipeline.js';
import { freePort, newFolder, until } from './http-support.js';

/** Certificates that protect nothing: of an authority, and of a server and a client whom it knows. */
const pem = (name: string): string => join(import.meta.dirname, 'tls', name);
const IDENTITY = `cert: "${pem('client.pem')}", key: "${pem('client.key')}"`;

async function server(): Promise<{ url: string; folder: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const folder = newFolder();
  const tls = `tls: { cert: "${pem('server.pem')}", key: "${pem('server.key')}", client_ca: "${pem('authority.pem')}" }`;
  const yaml = `
sources: { in: { type: http, address: "127.0.0.1:${port}", ${tls} } }
sinks: { out: { type: file, inputs: [in], path: "${folder}/out.ndjson" } }
runtime: { state: "${folder}/state" }`;
  const run = await prepareRun(yaml, 'tls.yaml');
  const ended = run.run();
  const url = `https://localhost:${port}/`;
  await until(async () => (await knock(url, 'client')) === 404);
  return {
    url,
    folder,
    stop: async () => {
      run.drain();
      await ended;
    },
  };
}

/** The status that a client with this certificate gets for a path that there is not; undefined where it is not let in. */
function knock(url: string, name: string): Promise<number | undefined> {
  const identity = { ca: readFileSync(pem('authority.pem')) };
  const own = { cert: readFileSync(pem(`${name}.pem`)), key: readFileSync(pem(`${name}.key`)) };
  return new Promise((resolve) => {
    const sent = request(`${url}nowhere`, { ...identity, ...own, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}

async function send(url: string, tls: string): Promise<{ written: number; dead: number }> {
  const yaml = `
sources: { in: { type: messages } }
sinks: { out: { type: http, inputs: [in], url: "${url}", ${tls} on_error: { retry: { attempts: 2, backoff: 1ms }, then: dead_letter } } }`;
  const messages = [1, 2, 3].map((n) => ({ bytes: Buffer.from(`{"n":${n}}`), position: n }));
  const metrics = await runInThread(yaml, 'send.yaml', { sources: [messageSource(messages)] });
  return { written: metrics.stage('out').recordsOut, dead: metrics.deadLetters };
}

describe('http with certificates of both sides', () => {
  it('lets in those whom the authority knows, and nobody else', async () => {
    const { url, folder, stop } = await server();
    expect(await knock(url, 'stranger')).toBeUndefined();
    const authority = `ca: "${pem('authority.pem')}"`;
    expect(await send(url, `tls: { ${authority}, ${IDENTITY} },`)).toEqual({ written: 3, dead: 0 });
    expect(await send(url, `tls: { ${authority} },`)).toEqual({ written: 0, dead: 3 });
    // Who does not know the server's authority does not talk to it.
    expect(await send(url, `tls: { ${IDENTITY} },`)).toEqual({ written: 0, dead: 3 });
    await stop();
    expect(readFileSync(join(folder, 'out.ndjson'), 'utf8').split('\n')).toHaveLength(4);
  });
});
