import { mkdtempSync, rmSync } from 'node:fs';
import {
  type Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Run } from '../../src/runtime/index.js';
import { prepareRun, type RunInThreadOptions } from '../support/run-pipeline.js';

/** A folder of its own for a test, removed afterwards. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-http-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A port on which nobody listens at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Posting {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

/** Sends a request over a socket. Rejects where the connection fails. */
export function post(url: string, body: string | Uint8Array, posting: Posting = {}): Promise<Answer> {
  const { method = 'POST', headers, agent } = posting;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method, headers: { ...headers }, ...(agent && { agent }) },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            text: Buffer.concat(parts).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export interface Running {
  readonly run: Run;
  readonly ended: Promise<void>;
  /** Lets it come to its end. */
  stop(): Promise<void>;
}

/** Runs a pipeline until it is stopped, at the latest when the test ends; resolves when `url` is answered. */
export async function start(yaml: string, url: string, options: RunInThreadOptions = {}): Promise<Running> {
  const run = await prepareRun(yaml, 'http.yaml', options);
  let failure: unknown;
  const ended = run.run();
  ended.catch((error) => {
    failure = error;
  });
  const stop = async (): Promise<void> => {
    run.drain();
    await ended;
  };
  onTestFinished(async () => void (await stop().catch(() => {})));
  await until(async () => {
    if (failure) throw failure;
    return await post(url, '', { method: 'GET' }).then(
      () => true,
      () => false,
    );
  });
  return { run, ended, stop };
}

/** Resolves when the condition holds. The test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** The most requests at a time so far. */
  readonly mostAtOnce: () => number;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The connection is closed in place of an answer. */
  readonly isCut?: true;
}

/** A server that answers as `answer` says; by itself 200. */
export async function receiver(
  answer: (request: ReceivedRequest, index: number) => ReceiverAnswer | Promise<ReceiverAnswer> = () => ({
    status: 200,
  }),
): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  let underWay = 0;
  let most = 0;
  const server: Server = createServer((request, response) => {
    most = Math.max(most, ++underWay);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const { method, url, headers } = request;
      const bytes = Buffer.concat(parts);
      const received = { method: method!, path: url!, headers, body: bytes.toString(), bytes };
      const { status, headers: more, body, isCut } = await answer(received, requests.push(received) - 1);
      underWay--;
      if (isCut) request.socket.destroy();
      else response.writeHead(status, { ...more }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, mostAtOnce: () => most };
}
