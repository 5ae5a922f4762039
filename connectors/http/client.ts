import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { messageOf } from '#component';
import type { ClientTls } from '../tls.js';

/** What is read of an answer; the rest is thrown away with its connection. */
const MOST_ANSWER_BYTES = 64 * 1024;

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What came of a call: an answer, or why there is none. */
export type HttpAnswer =
  | { readonly status: number; readonly retryAfter: string | undefined; readonly text: string }
  /** `isFinal`: it will never go otherwise. */
  | { readonly failure: string; readonly isFinal: boolean };

export interface HttpClientOptions {
  readonly maxSockets: number;
  readonly timeoutMs: number;
  readonly tls: ClientTls;
}

/** Makes requests over connections that are kept. It follows no redirects: records go where the pipeline says. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const { maxSockets, tls } = options;
    this.#http = new HttpAgent({ keepAlive: true, maxSockets });
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets, ...tls });
  }

  /** Never rejects but for the signal's reason. */
  async call(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    const url = URL.canParse(call.url) ? new URL(call.url) : undefined;
    if (!url || !/^https?:$/.test(url.protocol))
      return { failure: `${JSON.stringify(call.url)} is no http(s) URL`, isFinal: true };
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      return await this.#send(call, url, AbortSignal.any([signal, timeout]));
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted)
        return { failure: `no answer within ${this.#options.timeoutMs} ms`, isFinal: false };
      const { code } = error as NodeJS.ErrnoException;
      const isFinal = code?.startsWith('ERR_INVALID') === true || code === 'ERR_UNESCAPED_CHARACTERS';
      return { failure: messageOf(error), isFinal };
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #send({ method, headers, body }: HttpCall, url: URL, signal: AbortSignal): Promise<HttpAnswer> {
    const isTls = url.protocol === 'https:';
    const options: RequestOptions = {
      method,
      headers: { ...headers, 'Content-Length': String(body.length) },
      agent: isTls ? this.#https : this.#http,
      signal,
    };
    return new Promise((resolve, reject) => {
      const request = (isTls ? httpsRequest : httpRequest)(url, options, (response) => {
        answerOf(response).then(resolve, reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}

async function answerOf(response: IncomingMessage): Promise<HttpAnswer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part.subarray(0, MOST_ANSWER_BYTES - length));
    length += part.length;
    // Leaving the loop destroys the response, and its connection with it.
    if (length > MOST_ANSWER_BYTES) break;
  }
  const { statusCode = 0, headers } = response;
  return { status: statusCode, retryAfter: headers['retry-after'], text: Buffer.concat(parts).toString() };
}
