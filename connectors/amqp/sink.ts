import {
  type Block,
  type Config,
  type EnvelopeOfRecords,
  type EnvelopeValue,
  envelopeValue,
  MillraceError,
  type Prepared,
  payloadOf,
  type RefusedRow,
  type Sink,
  type SinkContext,
} from '#component';
import { contentTypeOf } from '../media.js';
import { connectionName } from './connection.js';
import { connectionOptions } from './options.js';
import { type OutgoingMessage, Publisher, type Refusal } from './publisher.js';
import { topologyOf } from './topology-fields.js';

const PREPARED: Prepared = { state: null, durable: async () => {} };
const HEADER = 'header ';
const OPTIONAL = ['priority', 'expiration', 'correlation_id'] as const;
const MOST_PRIORITY = 255;
const MOST_EXPIRATION_MS = 2 ** 32 - 1;

/** What the threads evaluate for each message. */
export function envelopeOfConfig(config: Config): EnvelopeOfRecords {
  const isBatch = config.batch === true;
  const headers = Object.entries((config.headers ?? {}) as Readonly<Record<string, string>>);
  const template = (name: string): EnvelopeValue => ({ template: config[name] as string });
  const values: Record<string, EnvelopeValue> = {
    routing_key: template('routing_key'),
    id: { ...template('message_id'), ...(isBatch && { of: 'first' }) },
  };
  for (const name of OPTIONAL) if (config[name] !== undefined) values[name] = template(name);
  // As JSON, so that numbers and booleans stay what they are.
  for (const [name, text] of headers) values[`${HEADER}${name}`] = { template: text, as: 'json' };
  return isBatch ? { values, batch: true } : { values };
}

export function createAmqpSink(config: Config, context: SinkContext): Sink {
  return new AmqpSink(config, context);
}

/** Publishes each record, or each batch, as a message. It counts as written when the broker has confirmed it. */
class AmqpSink implements Sink {
  readonly #config: Config;
  readonly #context: SinkContext;
  readonly #publisher: Publisher;
  readonly #contentType: string;
  readonly #headers: readonly string[];

  constructor(config: Config, context: SinkContext) {
    const { pipeline, stage, log } = context;
    this.#config = config;
    this.#context = context;
    this.#contentType = (config.content_type as string | undefined) ?? contentTypeOf(config);
    this.#headers = Object.keys((config.headers ?? {}) as object);
    this.#publisher = new Publisher({
      connection: connectionOptions(config),
      name: connectionName(pipeline, stage, 'publish'),
      exchange: config.exchange as string,
      topology: topologyOf(config),
      window: config.window as number,
      log,
    });
  }

  async open(): Promise<null> {
    return null;
  }

  async write(block: Block, signal: AbortSignal): Promise<readonly RefusedRow[]> {
    const refused = await this.#publisher.publish(this.#messages(block), signal);
    if (this.#config.batch === true) return refusedBatch(block, refused.get(0));
    return [...refused].map(([row, refusal]) => ({ row, ...refusal }));
  }

  async prepare(): Promise<Prepared> {
    return PREPARED;
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }

  *#messages(block: Block): Generator<OutgoingMessage | Refusal> {
    const count = this.#config.batch === true ? 1 : block.records;
    for (let message = 0; message < count; message++) yield this.#message(block, message);
  }

  #message(block: Block, message: number): OutgoingMessage | Refusal {
    const envelope = block.envelope!;
    const { mandatory, persistent, batch } = this.#config;
    const id = envelopeValue(envelope, 'id', message);
    const priority = envelopeValue(envelope, 'priority', message);
    const expiration = envelopeValue(envelope, 'expiration', message);
    const correlationId = envelopeValue(envelope, 'correlation_id', message);
    if (priority && !isWhole(priority, MOST_PRIORITY))
      return invalid('priority', 'a whole number from 0 to 255', priority);
    if (expiration && !isWhole(expiration, MOST_EXPIRATION_MS))
      return invalid('expiration', 'whole milliseconds', expiration);
    return {
      routingKey: envelopeValue(envelope, 'routing_key', message) ?? '',
      content: this.#body(block, message),
      options: {
        mandatory: mandatory as boolean,
        persistent: persistent as boolean,
        contentType: this.#contentType,
        headers: this.#headersOf(block, message),
        ...(id && { messageId: batch === true ? `${id}+${block.records}` : id }),
        ...(priority && { priority: Number(priority) }),
        ...(expiration && { expiration }),
        ...(correlationId && { correlationId }),
      },
    };
  }

  #headersOf({ envelope }: Block, message: number): Record<string, unknown> {
    const headers: Record<string, unknown> = {};
    for (const name of this.#headers) {
      const text = envelopeValue(envelope!, `${HEADER}${name}`, message);
      if (text !== undefined) headers[name] = JSON.parse(text) as unknown;
    }
    return headers;
  }

  /** The client holds on to it until it is confirmed, and so does the block. */
  #body(block: Block, message: number): Buffer {
    if (this.#config.batch !== true) return viewOf(payloadOf(block, message));
    const { header, footer } = this.#context;
    if (!header && !footer) return viewOf(block.bytes);
    return Buffer.concat([header ?? '', block.bytes, footer ?? ''].map((part) => Buffer.from(part)));
  }
}

/** All records of a batch share its fate; where it may go well later, it comes again whole. */
function refusedBatch({ records }: Block, refusal: Refusal | undefined): readonly RefusedRow[] {
  if (!refusal) return [];
  const { code, message, retryable } = refusal;
  if (retryable) throw new MillraceError(code, message, { blame: 'external', retryable });
  return Array.from({ length: records }, (_, row) => ({ row, code, message }));
}

function isWhole(text: string, most: number): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= most;
}

function invalid(name: string, expected: string, found: string): Refusal {
  return {
    code: 'message_invalid',
    message: `${name}: expected ${expected}, found ${JSON.stringify(found)}`,
  };
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
