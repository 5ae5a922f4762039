import type { Options } from 'amqplib';
import { type Config, type Field, FieldError } from '#component';
import { clientTlsField } from '../tls.js';

/** Where a broker is, and how it is spoken to. */
export interface ConnectionOptions {
  /** In this order; each names one node of a cluster. */
  readonly urls: readonly string[];
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  /** The option `tls`, whose files are read when a connection is opened. */
  readonly tls: unknown;
}

const PROTOCOLS = new Set(['amqp:', 'amqps:']);

/** Refuses what is no URL of a broker. What it says shows no password. */
function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !PROTOCOLS.has(url.protocol) || url.hostname === '')
    throw new FieldError('expected a URL such as amqp://user:password@host:5672/vhost, or one of amqps');
  return text;
}

export const CONNECTION_FIELDS: readonly Field[] = [
  {
    name: 'url',
    summary:
      'The broker, or a list of the nodes of a cluster, which are tried in turn. amqps is AMQP through TLS.',
    type: {
      kind: 'either',
      types: [
        { kind: 'string', format: 'url', parse: parseUrl },
        { kind: 'list', items: { kind: 'string', format: 'url', parse: parseUrl }, minItems: 1 },
      ],
    },
    default: 'amqp://guest:guest@127.0.0.1:5672',
    example: '${AMQP_URL}',
  },
  {
    name: 'heartbeat',
    summary:
      'How often either end shows that it is there. A connection on which nothing came for twice as long is given up.',
    type: { kind: 'duration', min: 1000 },
    default: 5_000,
  },
  {
    name: 'connect_timeout',
    summary: 'How long opening a connection to one node may take.',
    type: { kind: 'duration', min: 10 },
    default: 10_000,
  },
  clientTlsField(
    'For amqps: the authorities that the broker is checked by, and a certificate of our own. With a certificate and without a user in the URL, the certificate is who we are (EXTERNAL).',
  ),
];

export function connectionOptions({ url, heartbeat, connect_timeout, tls }: Config): ConnectionOptions {
  return {
    urls: Array.isArray(url) ? (url as readonly string[]) : [url as string],
    heartbeatMs: heartbeat as number,
    connectTimeoutMs: connect_timeout as number,
    tls,
  };
}

/** A URL taken apart as the client wants it. */
export function targetOf(text: string, heartbeatMs: number): Options.Connect {
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  return {
    protocol: protocol.slice(0, -1),
    hostname: hostname.replace(/^\[|\]$/g, ''),
    ...(port !== '' && { port: Number(port) }),
    ...((username !== '' || password !== '') && {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    }),
    // Without a path it is the broker's default; the client undoes the escapes.
    vhost: pathname === '' ? '/' : pathname.slice(1),
    heartbeat: Math.max(1, Math.round(heartbeatMs / 1000)),
  };
}

/** `host:port/vhost`, for people and for logs. */
export function placeOf(text: string): string {
  const { host, pathname } = new URL(text);
  return `${host}${pathname}`;
}
