import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Block,
  type Config,
  type EnvelopeOfRecords,
  type EnvelopeValue,
  envelopeValue,
  idempotencyKeyOf,
  MillraceError,
  messageOf,
  type Prepared,
  payloadOf,
  type RefusedRow,
  type Secret,
  type Sink,
  type SinkContext,
} from '#component';
import { contentTypeOf } from '../media.js';
import { readClientTls } from '../tls.js';
import { AdaptiveLimit } from './adaptive-limit.js';
import { type HttpAnswer, HttpClient } from './client.js';
import { retryAfterMs } from './retry-after.js';
import { UrlTemplate } from './url-template.js';

const PREPARED: Prepared = { state: null, durable: async () => {} };
/** Answers that say: later. Others below 500 are final. */
const TRANSIENT = new Set([408, 421, 423, 425, 429]);
const OVERLOADED = new Set([429, 503]);
/** From 500 on these two are final: the receiver does not know the method, or the version. */
const FINAL = new Set([501, 505]);
const SHOWN_CHARACTERS = 300;
const HEADER = 'header ';

/** What the threads evaluate for each request. */
export function envelopeOfConfig(config: Config): EnvelopeOfRecords {
  const isBatch = config.batch === true;
  const headers = Object.entries((config.headers ?? {}) as Readonly<Record<string, string>>);
  const values: Record<string, EnvelopeValue> = {
    ...new UrlTemplate(config.url as string).values,
    method: { template: config.method as string },
    ...Object.fromEntries(headers.map(([name, template]) => [`${HEADER}${name}`, { template }])),
    id: idempotencyKeyOf(config, isBatch),
  };
  return isBatch ? { values, batch: true } : { values };
}

export function createHttpSink(config: Config, context: SinkContext): Sink {
  return new HttpSink(config, context);
}

type Reason = Omit<RefusedRow, 'row'>;

/** Sends each record, or each batch, as a request, and several at a time. */
class HttpSink implements Sink {
  readonly #config: Config;
  readonly #context: SinkContext;
  readonly #url: UrlTemplate;
  readonly #limit: AdaptiveLimit;
  readonly #contentType: string;
  #client: HttpClient | undefined;
  /** Before this time the receiver wants no requests. */
  #resumeAtMs = 0;

  constructor(config: Config, context: SinkContext) {
    this.#config = config;
    this.#context = context;
    this.#url = new UrlTemplate(config.url as string);
    this.#limit = new AdaptiveLimit(config.max_concurrency as number);
    this.#contentType = contentTypeOf(config);
  }

  async open(): Promise<null> {
    const tls = await readClientTls(this.#config.tls);
    const { max_concurrency, timeout } = this.#config;
    this.#client = new HttpClient({
      maxSockets: max_concurrency as number,
      timeoutMs: timeout as number,
      tls,
    });
    return null;
  }

  async write(block: Block, signal: AbortSignal): Promise<readonly RefusedRow[]> {
    if (this.#config.batch === true) return await this.#writeBatch(block, signal);
    const refused: RefusedRow[] = [];
    const calls: Promise<void>[] = [];
    for (let row = 0; row < block.records && !signal.aborted; row++) {
      const period = await this.#limit.begin();
      const call = this.#call(block, row, period, signal).then((reason) => {
        if (reason) refused.push({ row, ...reason });
      });
      calls.push(call);
    }
    await Promise.all(calls);
    signal.throwIfAborted();
    return refused;
  }

  /** All records of a batch share its fate; where it may go well later, it comes again whole. */
  async #writeBatch(block: Block, signal: AbortSignal): Promise<readonly RefusedRow[]> {
    const reason = await this.#call(block, 0, await this.#limit.begin(), signal);
    signal.throwIfAborted();
    if (!reason) return [];
    const { code, message, retryable } = reason;
    if (retryable) throw new MillraceError(code, message, { blame: 'external', retryable });
    return Array.from({ length: block.records }, (_, row) => ({ row, code, message }));
  }

  async prepare(): Promise<Prepared> {
    return PREPARED;
  }

  async close(): Promise<void> {
    this.#client?.close();
  }

  /** Never rejects. @returns why it did not go well */
  async #call(
    block: Block,
    message: number,
    period: number,
    signal: AbortSignal,
  ): Promise<Reason | undefined> {
    let answer: HttpAnswer;
    try {
      answer = await this.#send(block, message, signal);
    } catch (error) {
      answer = { failure: messageOf(error), isFinal: false };
    }
    this.#limit.end(period, outcomeOf(answer));
    return this.#reasonOf(answer);
  }

  async #send(block: Block, message: number, signal: AbortSignal): Promise<HttpAnswer> {
    const envelope = block.envelope!;
    const url = this.#url.build(envelope, message);
    if ('refused' in url) return { failure: url.refused, isFinal: true };
    while (this.#resumeAtMs > Date.now()) await sleep(this.#resumeAtMs - Date.now(), undefined, { signal });
    const headers = Object.keys(envelope.values).flatMap((name) => {
      const text = name.startsWith(HEADER) ? envelopeValue(envelope, name, message) : undefined;
      return text === undefined ? [] : [[name.slice(HEADER.length), text] as const];
    });
    const call = {
      method: envelopeValue(envelope, 'method', message) ?? '',
      url: url.url,
      headers: {
        'Content-Type': this.#contentType,
        ...this.#authorization(),
        ...this.#idempotencyKey(block, message),
        ...Object.fromEntries(headers),
      },
      body: this.#body(block, message),
    };
    return await this.#client!.call(call, signal);
  }

  #idempotencyKey({ envelope, records }: Block, message: number): Readonly<Record<string, string>> {
    const id = envelopeValue(envelope!, 'id', message) ?? '';
    if (id === '') return {};
    return { 'Idempotency-Key': this.#config.batch === true ? `${id}+${records}` : id };
  }

  #body(block: Block, message: number): Uint8Array {
    if (this.#config.batch !== true) return payloadOf(block, message);
    const { header, footer } = this.#context;
    return header || footer
      ? Buffer.concat([header ?? '', block.bytes, footer ?? ''].map((part) => Buffer.from(part)))
      : block.bytes;
  }

  #authorization(): Readonly<Record<string, string>> {
    const token = this.#config.token as Secret | undefined;
    return token ? { Authorization: `Bearer ${token.reveal()}` } : {};
  }

  /** Why an answer is no success. */
  #reasonOf(answer: HttpAnswer): Reason | undefined {
    if ('failure' in answer) {
      const code = answer.isFinal ? 'request_invalid' : 'request_failed';
      return { code, message: `the request failed: ${answer.failure}`, retryable: !answer.isFinal };
    }
    const { status, text, retryAfter } = answer;
    if (status >= 200 && status < 300) return undefined;
    const retryable = TRANSIENT.has(status) || (status >= 500 && !FINAL.has(status));
    if (retryable) {
      const nowMs = Date.now();
      this.#resumeAtMs = Math.max(this.#resumeAtMs, nowMs + retryAfterMs(retryAfter, nowMs));
    }
    const said = text.trim().slice(0, SHOWN_CHARACTERS);
    const message = `the receiver answered ${status}${said === '' ? '' : `: ${said}`}`;
    return { code: `http_${status}`, message, retryable };
  }
}

function outcomeOf(answer: HttpAnswer): 'well' | 'overloaded' | 'other' {
  if ('failure' in answer) return answer.isFinal ? 'other' : 'overloaded';
  if (OVERLOADED.has(answer.status)) return 'overloaded';
  return answer.status < 500 ? 'well' : 'other';
}
