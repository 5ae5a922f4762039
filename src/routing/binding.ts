/** How an exchange chooses who gets a record, as in AMQP 0-9-1. */
export const EXCHANGE_TYPES = ['direct', 'topic', 'fanout', 'headers'] as const;
export type ExchangeType = (typeof EXCHANGE_TYPES)[number];

/**
 * Which of a binding's headers a record must have. Headers whose names begin with `x-` count only where the match says
 * `with-x`.
 */
export const HEADER_MATCHES = ['all', 'any', 'all-with-x', 'any-with-x'] as const;
export type HeaderMatch = (typeof HEADER_MATCHES)[number];

/** A value that a header must have; with null it need only be there. Whole numbers and others are different types. */
export type HeaderValue = string | number | boolean | null;

/** Delivers records by their routing key, which a direct exchange compares and a topic exchange matches with `key`. */
export interface KeyBinding {
  /** The consumer's number, counted from 0. */
  readonly consumer: number;
  readonly key: string;
}

/** Delivers records by their headers. */
export interface HeadersBinding {
  readonly consumer: number;
  readonly match: HeaderMatch;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** The length of a short string in AMQP 0-9-1, which routing keys are. */
const MOST_KEY_BYTES = 255;
/** As in RabbitMQ: with each more, a broker that searches its bindings back and forth takes many times as long. */
const MOST_HASHES = 2;

/** What is wrong with a binding's key, or undefined. */
export function wrongBindingKey(type: ExchangeType, key: string): string | undefined {
  const bytes = Buffer.byteLength(key);
  if (bytes > MOST_KEY_BYTES) return `a binding has at most ${MOST_KEY_BYTES} bytes, this one has ${bytes}`;
  if (type !== 'topic') return undefined;
  const hashes = key.split('.').filter((word) => word === '#').length;
  if (hashes <= MOST_HASHES) return undefined;
  return `a binding has at most ${MOST_HASHES} words "#", this one has ${hashes}: "#" alone matches any number of words`;
}

/** Whether `value` says which of a binding's headers must match. */
export function isHeaderMatch(value: unknown): value is HeaderMatch {
  return (HEADER_MATCHES as readonly unknown[]).includes(value);
}
