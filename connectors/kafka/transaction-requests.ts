import { ResponseError, Writer } from '@platformatic/kafka';
import { MillraceError } from '#component';
import type { ProducerIdentity } from './batch-builder.js';
import type { RawRequest, TopicPartition } from './client.js';
import { isCausedBy, kafkaError } from './errors.js';
import { WireReader } from './wire.js';

/** The type of a coordinator that looks after transactional ids. */
export const TRANSACTION = 1;

const ADD_PARTITIONS = 24;
/** Newer versions are for brokers alone (KIP-890), which ask for rights on the cluster. */
const NEWEST_FOR_CLIENTS = 3;

/** Makes partitions part of a transaction. */
export function addPartitionsRequest(
  transactionalId: string,
  { id, epoch }: ProducerIdentity,
  partitions: readonly TopicPartition[],
): RawRequest<void> {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions)
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  const request = (): Writer =>
    Writer.create()
      .appendString(transactionalId)
      .appendInt64(BigInt(id))
      .appendInt16(epoch)
      .appendArray([...byTopic], (to, [topic, of]) => {
        to.appendString(topic).appendArray(of, (at, one) => void at.appendInt32(one), true, false);
      })
      .appendTaggedFields();
  return { api: 'AddPartitionsToTxn', version: NEWEST_FOR_CLIENTS, request, parse: parseAdded };
}

function parseAdded(bytes: Buffer, version: number): void {
  const reader = new WireReader(bytes);
  reader.int32();
  const codes = reader.array(() => {
    const topic = reader.text() ?? '';
    return reader.array(() => [`/${topic}/${reader.int32()}`, reader.int16()] as const);
  });
  const failed = codes.flat().filter(([, code]) => code !== 0);
  if (failed.length === 0) return;
  const errors = Object.fromEntries(failed.map(([path, code]) => [path, [code, null]]));
  throw new ResponseError(ADD_PARTITIONS, version, errors as never, {});
}

/** The code of errors after which there is no way back into a transaction. */
export const LOST = 'kafka_transaction_lost';
const REASONS = [
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'UNKNOWN_PRODUCER_ID',
];

/**
 * @param why in place of an error
 * @returns undefined for an error that says something else
 */
export function lostTransaction(error: unknown, why?: string): MillraceError | undefined {
  if (why === undefined && !isCausedBy(error, ...REASONS)) return undefined;
  const what = why ?? kafkaError('they say', error).message;
  const message = `the brokers have given up the open transaction (${what}): it took longer than transaction_timeout, or another process writes with the same state folder. The next run goes on at the last checkpoint`;
  return new MillraceError(LOST, message, { blame: 'external', cause: error });
}
