import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MillraceError, messageOf } from '../base/errors.js';
import { redact, type Secret } from '../base/secrets.js';
import { addressText, isLoopback, type SocketAddress } from '../base/socket-address.js';
import type { Taps } from '../runtime/index.js';
import { Dashboard } from './dashboard.js';
import { Gate } from './gate.js';
import { History } from './history.js';
import { prometheusText } from './prometheus.js';
import { readQuery } from './query.js';
import type { ObservedPipeline } from './recent.js';
import { readTapChoice, streamRecords } from './tap.js';

/** What the server shows. What is asked for with unknown names is undefined. */
export interface AdminViews {
  /** Undefined while nothing runs. */
  readonly pipeline: () => ObservedPipeline | undefined;
  readonly deadLetters: (asked: URLSearchParams) => Promise<unknown>;
  readonly deadLetter: (name: string) => Promise<unknown>;
  readonly durableQueues: () => Promise<unknown>;
  /** What can be done with dead letters, by its name, and done with those that are asked for; gives what became of them. */
  readonly letterActions: Readonly<
    Record<'replay' | 'discard', (asked: URLSearchParams) => Promise<unknown>>
  >;
  readonly taps: Taps;
}

export interface AdminOptions {
  readonly address: SocketAddress;
  /** Asked of everyone, where there is one. */
  readonly token?: Secret;
  readonly views: AdminViews;
  /** The folder in which the dashboard is. */
  readonly dashboard: string;
}

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 5000,
};
const MOST_CONNECTIONS = 64;
const MOST_STREAMS = 8;

const JSON_TYPE = 'application/json; charset=utf-8';
const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** Shows a pipeline that runs to operators and their tools. Only what is posted changes something: dead letters. */
export class AdminServer {
  readonly #views: AdminViews;
  readonly #dashboard: Dashboard;
  readonly #gate: Gate;
  readonly #history: History;
  readonly #server: Server;
  /** Answers that go on as long as the run. */
  readonly #streams = new Set<ServerResponse>();

  private constructor({ token, views, dashboard }: AdminOptions) {
    this.#views = views;
    this.#dashboard = new Dashboard(dashboard);
    this.#gate = new Gate(token);
    this.#history = new History(views.pipeline);
    this.#server = createServer(LIMITS, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else sendError(response, error);
      });
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Throws MillraceError `token_needed`, `cannot_listen`. */
  static async start(options: AdminOptions): Promise<AdminServer> {
    const { address, token } = options;
    const at = addressText(address);
    if (!isLoopback(address.host) && !token) {
      const message = `--listen ${at} can be reached from other machines: set MILLRACE_TOKEN to a token that they have to send, or listen on 127.0.0.1`;
      throw new MillraceError('token_needed', message, { blame: 'config' });
    }
    const server = new AdminServer(options);
    try {
      await new Promise<void>((resolve, reject) => {
        server.#server.once('error', reject);
        server.#server.listen(address.port, address.host, resolve);
      });
    } catch (error) {
      server.#history.close();
      throw new MillraceError('cannot_listen', `--listen ${at}: ${messageOf(error)}`, { blame: 'config' });
    }
    // It shows a run and is no reason to go on.
    server.#server.unref();
    return server;
  }

  /** Where it listens, with the port that the system has chosen. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${addressText({ host: address, port })}`;
  }

  async close(): Promise<void> {
    this.#history.close();
    for (const stream of this.#streams) stream.end();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    const { pathname, searchParams } = urlOf(request);
    const [, action] = /^\/api\/dead-letters\/(replay|discard)$/.exec(pathname) ?? [];
    const method = action === undefined ? 'GET' : 'POST';
    const refused = this.#gate.check(request, method);
    if (refused) {
      if (refused.status === 405) response.setHeader('Allow', method === 'GET' ? 'GET, HEAD' : 'POST');
      return sendJson(response, refused.status, problem('refused', refused.message));
    }
    if (pathname === '/health') return sendJson(response, 200, { status: 'ok' });
    if (pathname === '/ready') return this.#ready(response);
    // The page itself tells nothing, and it asks for the token.
    if (await this.#dashboard.send(pathname, HEADERS, response)) return;
    if (!this.#gate.isKnown(request)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      const message = 'a bearer token is needed in the Authorization header';
      return sendJson(response, 401, problem('unauthorized', message));
    }
    if (action !== undefined) return await this.#act(action as 'replay' | 'discard', request, response);
    if (pathname === '/metrics') return this.#metrics(response);
    const [, stage] = /^\/api\/stages\/([^/]+)\/records$/.exec(pathname) ?? [];
    if (stage !== undefined) return this.#records(stage, searchParams, response);
    if (pathname.startsWith('/api/')) {
      const found = await this.#api(pathname.slice('/api/'.length), searchParams);
      if (found !== undefined) return sendJson(response, 200, found);
    }
    sendJson(response, 404, problem('not_found', `there is nothing at ${pathname}`));
  }

  #ready(response: ServerResponse): void {
    const pipeline = this.#views.pipeline();
    const status = !pipeline ? 'starting' : pipeline.draining ? 'draining' : 'ready';
    sendJson(response, status === 'ready' ? 200 : 503, { status });
  }

  #metrics(response: ServerResponse): void {
    const pipeline = this.#views.pipeline();
    const text = pipeline ? prometheusText(pipeline) : '';
    send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text);
  }

  #records(name: string, asked: URLSearchParams, response: ServerResponse): void {
    const stage = this.#views.pipeline()?.stages.find(({ id }) => id === decoded(name));
    const choice = stage && readTapChoice(stage, asked);
    if (choice === undefined)
      sendJson(response, 404, problem('unknown_stage', `there is no stage "${name}"`));
    else if (typeof choice === 'string') sendJson(response, 400, problem('wrong_query', choice));
    else if (this.#streams.size === MOST_STREAMS)
      sendJson(response, 429, problem('too_many', `${MOST_STREAMS} others look at records already`));
    else {
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/x-ndjson' });
      streamRecords(this.#views.taps, choice, response);
    }
  }

  async #act(
    action: 'replay' | 'discard',
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const asked = await readQuery(request);
    sendJson(response, 200, await this.#views.letterActions[action](asked));
  }

  async #api(path: string, asked: URLSearchParams): Promise<unknown> {
    const views = this.#views;
    if (path === 'pipeline') return views.pipeline();
    if (path === 'history') return this.#history.after(Number(asked.get('after') ?? 0) || 0);
    if (path === 'queues') return await views.durableQueues();
    if (path === 'dead-letters') return await views.deadLetters(asked);
    const [, letter] = /^dead-letters\/(.+)$/.exec(path) ?? [];
    const name = letter === undefined ? undefined : decoded(letter);
    return name === undefined ? undefined : await views.deadLetter(name);
  }
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  return new URL(url.startsWith('/') ? `http://host${url.replace(/^\/+/, '/')}` : 'http://host/');
}

/** Undefined where it is no percent-encoding. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** What is the asker's fault, and what cannot be done now, is said so; anything else is ours. */
function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof MillraceError)
    sendJson(response, error.blame === 'config' ? 400 : 409, problem(error.code, error.message));
  else sendJson(response, 500, problem('internal_error', messageOf(error)));
}

function problem(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, JSON_TYPE, `${JSON.stringify(value)}\n`);
}

/** Whatever is sent, secrets are not. */
function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': type });
  response.end(redact(text));
}
