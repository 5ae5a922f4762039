import type { ChannelModel, SocketOptions } from 'amqplib';
import { MillraceError, messageOf } from '#component';
import { readClientTls } from '../tls.js';
import { type ConnectionOptions, placeOf, targetOf } from './options.js';

/** What the broker answers to those whom it will not let in, however often they come. */
const REFUSED = /\b403\b|\b530\b|ACCESS.REFUSED|NOT.ALLOWED/;
const KEEP_ALIVE_MS = 30_000;

/**
 * Opens a connection to the first node that answers.
 * @param name how the broker shows it to its administrators
 * @throws MillraceError `amqp_unreachable`, after which trying again can help, or `amqp_access_refused`
 */
export async function openConnection(options: ConnectionOptions, name: string): Promise<ChannelModel> {
  const { connect, credentials } = await import('amqplib');
  const tls = await readClientTls(options.tls);
  const failures: string[] = [];
  for (const url of options.urls) {
    const target = targetOf(url, options.heartbeatMs);
    const isCertified = tls.cert !== undefined && target.username === undefined;
    const socket: SocketOptions = {
      ...tls,
      ...(isCertified && { credentials: credentials.external() }),
      noDelay: true,
      keepAlive: true,
      keepAliveDelay: KEEP_ALIVE_MS,
      timeout: options.connectTimeoutMs,
      clientProperties: { product: 'millrace', connection_name: name },
    };
    try {
      const model = await connect(target, socket);
      // Whoever uses the connection is told by its close, which follows each error.
      model.on('error', () => {});
      return model;
    } catch (error) {
      if (REFUSED.test(messageOf(error))) throw accessRefused(url, error);
      failures.push(`${placeOf(url)}: ${reasonOf(error)}`);
    }
  }
  throw new MillraceError('amqp_unreachable', `no broker answers (${failures.join('; ')})`, {
    blame: 'external',
    retryable: true,
  });
}

/** The name of one of a pipeline's connections: which stage has it, and what for. */
export function connectionName(pipeline: string, stage: string, role: string): string {
  return `millrace ${pipeline}/${stage} ${role}`;
}

function accessRefused(url: string, error: unknown): MillraceError {
  return new MillraceError(
    'amqp_access_refused',
    `${placeOf(url)} lets us not in: ${messageOf(error)}; check the user, the password and the virtual host in the URL`,
    { blame: 'config', cause: error },
  );
}

/** Node puts several failures of one name into an error without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return messageOf(error);
}
