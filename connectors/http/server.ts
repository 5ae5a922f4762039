import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { MillraceError, messageOf } from '#component';
import { readPem } from '../tls.js';
import type { HttpSourceOptions, TlsFiles } from './options.js';

const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are looked at that take too long. */
const LOOK_MS = 500;
/** What has been answered may take so long to leave when the server closes. */
const CLOSE_MS = 2000;

/** @param begin of a request that waits for `100 Continue` says so; to be called before its body is read */
export type Handler = (request: IncomingMessage, response: ServerResponse, begin: () => void) => void;

/** Makes a server that listens. Throws MillraceError where it cannot. */
export async function listen(options: HttpSourceOptions, handle: Handler): Promise<Server> {
  const { timeoutMs, maxConnections, tls } = options;
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, timeoutMs),
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: Math.min(LOOK_MS, timeoutMs),
  };
  const server = tls ? createTlsServer({ ...limits, ...(await tlsOptions(tls)) }) : createServer(limits);
  server.maxConnections = maxConnections;
  server.on('request', (request, response) => handle(request, response, () => {}));
  server.on('checkContinue', (request, response) =>
    handle(request, response, () => response.writeContinue()),
  );
  await bind(server, options);
  return server;
}

async function tlsOptions({ cert, key, clientCa }: TlsFiles) {
  const own = { cert: await readPem(cert), key: await readPem(key) };
  if (clientCa === undefined) return own;
  return { ...own, ca: await readPem(clientCa), requestCert: true, rejectUnauthorized: true };
}

async function bind(server: Server, { address }: HttpSourceOptions): Promise<void> {
  const { host, port } = address;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const message = `cannot listen on ${host}:${port}: ${messageOf(error)}; choose another address, or end what listens there`;
    throw new MillraceError('cannot_listen', message, { blame: 'config', cause: error });
  }
}

/** The address at which a server is reached, its port chosen by the system where it was 0. */
export function urlOf(server: Server, { tls, path }: HttpSourceOptions): string {
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${tls ? 'https' : 'http'}://${host}:${port}${path}`;
}

export function isLoopback(server: Server): boolean {
  const { address } = server.address() as AddressInfo;
  return address === '::1' || address.startsWith('127.');
}

/** Ends the server: answers on their way leave, all else is cut off. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearTimeout(timer);
}
