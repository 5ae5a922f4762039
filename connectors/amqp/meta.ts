import type { ConsumeMessage, MessageProperties } from 'amqplib';
import type { JsonValue } from '#component';

/** The names of properties in `meta.properties`, for those of the client. */
const PROPERTIES: readonly (readonly [keyof MessageProperties, string])[] = [
  ['contentType', 'content_type'],
  ['contentEncoding', 'content_encoding'],
  ['deliveryMode', 'delivery_mode'],
  ['priority', 'priority'],
  ['correlationId', 'correlation_id'],
  ['replyTo', 'reply_to'],
  ['expiration', 'expiration'],
  ['messageId', 'message_id'],
  ['timestamp', 'timestamp'],
  ['type', 'type'],
  ['userId', 'user_id'],
  ['appId', 'app_id'],
];

/** Dates in JavaScript end here, in seconds. */
const LAST_SECOND = 8.64e12;

/**
 * What came with a message, as the members of `meta`. The message's id, where its sender gave one, is the record's; of the i-th
 * of several records `<id>/<i>`.
 */
export class MetaOfMessage {
  readonly #members: Readonly<Record<string, JsonValue>>;
  readonly #id: string | undefined;

  constructor({ fields, properties }: ConsumeMessage) {
    const { exchange, routingKey, redelivered } = fields;
    const { messageId, timestamp } = properties as {
      readonly messageId?: unknown;
      readonly timestamp?: unknown;
    };
    this.#id = typeof messageId === 'string' && messageId !== '' ? messageId : undefined;
    const time = timeOf(timestamp);
    this.#members = {
      exchange,
      routing_key: routingKey,
      redelivered,
      ...(time !== undefined && { time }),
      headers: plain(properties.headers ?? {}),
      properties: propertiesOf(properties),
    };
  }

  text(record?: number): string {
    const id = this.#id !== undefined && record !== undefined ? `${this.#id}/${record}` : this.#id;
    return JSON.stringify(id === undefined ? this.#members : { id, ...this.#members });
  }
}

function propertiesOf(properties: MessageProperties): JsonValue {
  const given: Record<string, JsonValue> = {};
  for (const [name, shown] of PROPERTIES) {
    const value = properties[name] as unknown;
    if (value !== undefined) given[shown] = plain(value);
  }
  return given;
}

function timeOf(timestamp: unknown): string | undefined {
  if (typeof timestamp !== 'number' || !(Math.abs(timestamp) <= LAST_SECOND)) return undefined;
  return new Date(timestamp * 1000).toISOString();
}

/** A value of AMQP as JSON has it: times and decimals, which the client wraps, become numbers, and bytes base64. */
function plain(value: unknown): JsonValue {
  if (value === null || typeof value !== 'object') return (value ?? null) as JsonValue;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if ('!' in value && 'value' in value) return unwrapped(value as unknown as Wrapped);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

interface Wrapped {
  readonly '!': string;
  readonly value: unknown;
}

function unwrapped({ '!': type, value }: Wrapped): JsonValue {
  if (type !== 'decimal') return plain(value);
  const { digits, places } = value as { readonly digits: number; readonly places: number };
  return digits / 10 ** places;
}
