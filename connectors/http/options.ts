import { type Config, type Field, FieldError, type Secret } from '#component';
import type { BodyFraming } from './records.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Files in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Of who may connect: then only they can. */
  readonly clientCa?: string;
}

export interface HttpSourceOptions {
  readonly address: Address;
  readonly path: string;
  readonly framing: BodyFraming;
  /** Headers that become `meta.headers`, in lower case. */
  readonly headers: readonly string[];
  readonly token?: Secret;
  readonly tls?: TlsFiles;
  readonly maxBodyBytes: number;
  readonly maxRecords: number;
  readonly maxPendingBytes: number;
  readonly maxConnections: number;
  readonly timeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly idempotencyKeys: number;
}

/** `host:port`; an IPv6 address in brackets. */
export function parseAddress(text: string): string {
  addressOf(text);
  return text;
}

export function addressOf(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw new FieldError(`expected an address such as 127.0.0.1:8080, found ${JSON.stringify(text)}`);
  return { host: (match[1] ?? match[2])!, port };
}

export function sourceOptions(config: Config): HttpSourceOptions {
  const { token, tls } = config as { readonly token?: Secret; readonly tls?: Record<string, string> };
  return {
    address: addressOf(config.address as string),
    path: config.path as string,
    framing: config.framing as BodyFraming,
    headers: (config.headers as readonly string[]).map((name) => name.toLowerCase()),
    ...(token && { token }),
    ...(tls && { tls: tlsFiles(tls) }),
    maxBodyBytes: config.max_body_bytes as number,
    maxRecords: config.max_records as number,
    maxPendingBytes: config.max_pending_bytes as number,
    maxConnections: config.max_connections as number,
    timeoutMs: config.timeout as number,
    answerTimeoutMs: config.answer_timeout as number,
    idempotencyKeys: config.idempotency_keys as number,
  };
}

function tlsFiles({ cert, key, client_ca }: Readonly<Record<string, string>>): TlsFiles {
  return { cert: cert!, key: key!, ...(client_ca !== undefined && { clientCa: client_ca }) };
}

export const SOURCE_FIELDS: readonly Field[] = [
  {
    name: 'address',
    summary:
      'Where it listens. Beyond this machine (0.0.0.0) it should ask for a token or for client certificates.',
    type: { kind: 'string', format: 'host:port', parse: parseAddress },
    default: '127.0.0.1:8686',
  },
  {
    name: 'path',
    summary: 'The path to which records are posted. All others are 404.',
    type: { kind: 'string' },
    default: '/',
    example: '/orders',
  },
  {
    name: 'framing',
    summary:
      'How a body is cut into records: as one message, into its lines, or as its Content-Type says: NDJSON and plain text into lines, a JSON array into its items, all else as one message.',
    type: { kind: 'enum', values: ['auto', 'message', 'lines'] },
    default: 'auto',
  },
  {
    name: 'headers',
    summary: 'Request headers that are kept with each record, as meta.headers.',
    type: { kind: 'list', items: { kind: 'string' } },
    default: [],
    example: ['x-request-id', 'user-agent'],
  },
  {
    name: 'token',
    summary: 'Only requests with this bearer token in their Authorization header are taken; others are 401.',
    type: { kind: 'secret' },
    example: '${ORDERS_TOKEN}',
  },
  {
    name: 'tls',
    summary: 'Speaks HTTPS. With client_ca, only clients with a certificate of that authority can connect.',
    type: {
      kind: 'object',
      fields: [
        { name: 'cert', summary: 'Its certificate, a PEM file.', type: { kind: 'string' }, required: true },
        { name: 'key', summary: 'The key of that, a PEM file.', type: { kind: 'string' }, required: true },
        { name: 'client_ca', summary: 'Authorities of clients, a PEM file.', type: { kind: 'string' } },
      ],
    },
    example: { cert: 'server.pem', key: 'server.key', client_ca: 'clients.pem' },
  },
  {
    name: 'max_body_bytes',
    summary: 'The largest body, its compression undone. A larger one is 413.',
    type: { kind: 'size', min: 1, max: 2 ** 28 },
    default: 10 * 2 ** 20,
  },
  {
    name: 'max_records',
    summary: 'The most records in one body. More are 413.',
    type: { kind: 'integer', min: 1, max: 1_000_000 },
    default: 100_000,
  },
  {
    name: 'max_pending_bytes',
    summary: 'Memory for bodies that are being read, in all requests together. Requests beyond that are 429.',
    type: { kind: 'size', min: 2 ** 16 },
    default: 32 * 2 ** 20,
  },
  {
    name: 'max_connections',
    summary: 'The most connections at a time. Further ones are closed.',
    type: { kind: 'integer', min: 1, max: 65_535 },
    default: 1024,
  },
  {
    name: 'timeout',
    summary: 'How long a request may take to come. A slower one is 408.',
    type: { kind: 'duration', min: 100 },
    default: 30_000,
  },
  {
    name: 'answer_timeout',
    summary:
      'How long a request waits until its records are durable. Then it is 503, and may be sent again with its Idempotency-Key.',
    type: { kind: 'duration', min: 100 },
    default: 30_000,
  },
  {
    name: 'idempotency_keys',
    summary: 'How many Idempotency-Key headers are remembered at least.',
    type: { kind: 'integer', min: 16, max: 1_000_000 },
    default: 10_000,
  },
];
