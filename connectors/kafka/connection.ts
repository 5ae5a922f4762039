import { readFile } from 'node:fs/promises';
import { type Config, type Field, MillraceError, messageOf, type Secret } from '#component';

export interface SaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
  readonly username?: string;
  readonly password?: Secret;
  readonly token?: Secret;
}

export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** How a cluster is reached. */
export interface ConnectionOptions {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls?: TlsOptions;
  readonly sasl?: SaslOptions;
}

const DEFAULT_PORT = 9092;

/** The options of everything that speaks to a cluster. */
export const CONNECTION_FIELDS: readonly Field[] = [
  {
    name: 'brokers',
    summary: 'Some brokers of the cluster, as host:port; the others are found through them.',
    type: { kind: 'list', items: { kind: 'string' }, minItems: 1 },
    required: true,
    example: ['localhost:9092'],
  },
  {
    name: 'client_id',
    summary: 'The name under which brokers log and limit this client.',
    type: { kind: 'string' },
    default: 'millrace',
  },
  {
    name: 'tls',
    summary:
      'Encrypts the connections. Files are PEM. Without `ca`, the authorities that Node knows are trusted.',
    type: {
      kind: 'object',
      fields: [
        {
          name: 'ca',
          summary: 'Of certificates that are trusted.',
          type: { kind: 'string' },
          example: '/etc/kafka/ca.pem',
        },
        {
          name: 'cert',
          summary: 'Of the certificate of this client.',
          type: { kind: 'string' },
          example: '/etc/kafka/client.pem',
        },
        {
          name: 'key',
          summary: 'Of its private key.',
          type: { kind: 'string' },
          example: '/etc/kafka/client.key',
        },
        {
          name: 'server_name',
          summary: "The name that the brokers' certificates must have, instead of their hosts.",
          type: { kind: 'string' },
          example: 'kafka.example',
        },
      ],
    },
    example: { ca: '/etc/kafka/ca.pem' },
  },
  {
    name: 'sasl',
    summary: 'Who this client is, where brokers ask for it.',
    type: {
      kind: 'object',
      fields: [
        {
          name: 'mechanism',
          summary: 'How it is shown.',
          type: { kind: 'enum', values: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] },
          required: true,
        },
        {
          name: 'username',
          summary: 'The user of PLAIN and SCRAM.',
          type: { kind: 'string' },
          example: 'alice',
        },
        {
          name: 'password',
          summary: 'Their password.',
          type: { kind: 'secret' },
          example: '${KAFKA_PASSWORD}',
        },
        {
          name: 'token',
          summary: 'The token of OAUTHBEARER.',
          type: { kind: 'secret' },
          example: '${KAFKA_TOKEN}',
        },
      ],
    },
    example: { mechanism: 'SCRAM-SHA-512', username: 'alice', password: '${KAFKA_PASSWORD}' },
  },
];

/** Reads the files that the options name. */
export async function connectionOf({ brokers, client_id, tls, sasl }: Config): Promise<ConnectionOptions> {
  return {
    brokers: (brokers as readonly string[]).map((broker) =>
      broker.includes(':') ? broker : `${broker}:${DEFAULT_PORT}`,
    ),
    clientId: client_id as string,
    ...(tls !== undefined && { tls: await tlsOf(tls as Config) }),
    ...(sasl !== undefined && { sasl: sasl as SaslOptions }),
  };
}

async function tlsOf({ ca, cert, key, server_name }: Config): Promise<TlsOptions> {
  return {
    ...(ca !== undefined && { ca: await readPem(ca as string) }),
    ...(cert !== undefined && { cert: await readPem(cert as string) }),
    ...(key !== undefined && { key: await readPem(key as string) }),
    ...(server_name !== undefined && { servername: server_name as string }),
  };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new MillraceError('file_unreadable', `cannot read ${path}: ${messageOf(error)}`, {
      blame: 'config',
      cause: error,
    });
  }
}

/** What of the connection's options cannot be right together. */
export function checkConnection({ brokers, sasl }: Config): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  for (const [i, broker] of ((brokers ?? []) as readonly string[]).entries()) {
    if (/^[^\s/:]+(:\d{1,5})?$/.test(broker)) continue;
    problems.push({ field: `brokers[${i}]`, message: `expected host:port, found "${broker}"` });
  }
  if (sasl === undefined) return problems;
  const { mechanism, username, password, token } = sasl as SaslOptions;
  if (mechanism === 'OAUTHBEARER') {
    if (!token) problems.push({ field: 'sasl', message: 'OAUTHBEARER needs a token' });
  } else if (username === undefined || !password) {
    problems.push({ field: 'sasl', message: `${mechanism} needs username and password` });
  }
  return problems;
}
