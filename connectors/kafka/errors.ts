import { MillraceError, messageOf } from '#component';

/** Of the client's errors what is looked at: they hold others, and codes of the protocol. */
interface ClientError extends Error {
  readonly errors?: readonly unknown[];
  readonly canRetry?: boolean;
  readonly apiId?: string;
  readonly serverErrorMessage?: string | null;
}

/** Names of the protocol's errors after which trying again cannot help, and what a person can do. */
const ADVICE: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'the user may not use the topic: grant the rights, or name another user',
  GROUP_AUTHORIZATION_FAILED: 'the user may not use the group: grant the rights, or choose another `group`',
  CLUSTER_AUTHORIZATION_FAILED: 'the user may not do this on the cluster: grant the rights',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'the user may not use the transactional id: grant the rights',
  INVALID_TRANSACTION_TIMEOUT:
    '`transaction_timeout` is longer than the brokers allow (their transaction.max.timeout.ms): lower the one or raise the other',
  SASL_AUTHENTICATION_FAILED: 'user or password are wrong',
  UNSUPPORTED_SASL_MECHANISM: 'the broker does not offer this `sasl.mechanism`',
};

/** Everything that an error is made of, itself first. */
function* partsOf(error: unknown): Generator<ClientError> {
  if (!(error instanceof Error)) return;
  const part = error as ClientError;
  yield part;
  for (const inner of part.errors ?? []) yield* partsOf(inner);
  yield* partsOf(part.cause);
}

/** Whether the protocol's error of this name is among the reasons. */
export function isCausedBy(error: unknown, ...names: readonly string[]): boolean {
  for (const { apiId } of partsOf(error)) if (apiId !== undefined && names.includes(apiId)) return true;
  return false;
}

/**
 * An error of the client as a user meets it: what was tried, the last reason, what to do.
 * @param doing such as `cannot read from Kafka`
 */
export function kafkaError(doing: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const parts = [...partsOf(error)];
  const named = parts.find(({ apiId }) => apiId !== undefined);
  const advice = named && ADVICE[named.apiId!];
  const isRefused = advice !== undefined || parts.some(({ name }) => name === 'AuthenticationError');
  const isFinal = isRefused || (named !== undefined && named.canRetry === false);
  const reasons = parts.map(({ message }) => message.replace(/\.$/, '')).filter((text) => text !== '');
  const last = named ? `${named.apiId}${said(named)}` : (reasons.at(-1) ?? messageOf(error));
  return new MillraceError(isRefused ? 'kafka_refused' : 'kafka_failed', `${doing}: ${advice ?? last}`, {
    blame: isRefused ? 'config' : 'external',
    retryable: !isFinal,
    cause: error,
  });
}

function said({ serverErrorMessage, message }: ClientError): string {
  const text = serverErrorMessage ?? message;
  return text ? ` (${text.replace(/\.$/, '')})` : '';
}
