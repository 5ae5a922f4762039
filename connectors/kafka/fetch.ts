import { Writer } from '@platformatic/kafka';
import type { RawRequest } from './client.js';
import { WireReader } from './wire.js';

/** Where to read on in a partition. */
export interface FetchAt {
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: number;
}

export interface FetchOptions {
  /** About so many bytes in all; a single batch may be larger. */
  readonly maxBytes: number;
  /** How long the broker waits for the first byte. */
  readonly maxWaitMs: number;
  /** Without it also records of transactions that are open or were given up. */
  readonly committedOnly: boolean;
  /** By the ids of topics. */
  readonly topics: readonly { readonly id: string; readonly partitions: readonly FetchAt[] }[];
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches. */
  readonly records: Buffer;
}

export interface Fetched {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

/** From this version on there is no number of a replica. */
const WITHOUT_REPLICA = 15;

/** A request for records of one broker, versions 13 to 17, without a session. */
export function fetchRequest(options: FetchOptions): RawRequest<Fetched> {
  return { api: 'Fetch', request: (version) => encodeRequest(options, version), parse: parseFetched };
}

function encodeRequest(
  { maxBytes, maxWaitMs, committedOnly, topics }: FetchOptions,
  version: number,
): Writer {
  const writer = Writer.create();
  if (version < WITHOUT_REPLICA) writer.appendInt32(-1);
  const minBytes = 1;
  writer
    .appendInt32(maxWaitMs)
    .appendInt32(minBytes)
    .appendInt32(maxBytes)
    .appendInt8(committedOnly ? 1 : 0);
  // No session: its number and its epoch are 0 and -1.
  writer.appendInt32(0).appendInt32(-1);
  writer.appendArray([...topics], (to, { id, partitions }) => {
    to.appendUUID(id).appendArray([...partitions], (at, { partition, leaderEpoch, offset }) => {
      at.appendInt32(partition).appendInt32(leaderEpoch).appendInt64(BigInt(offset));
      // The last epoch that was fetched and the start of the log: only brokers have them.
      at.appendInt32(-1).appendInt64(-1n).appendInt32(maxBytes);
    });
  });
  return writer
    .appendArray([], () => {})
    .appendString('')
    .appendTaggedFields();
}

function parseFetched(bytes: Buffer): Fetched {
  const reader = new WireReader(bytes);
  reader.int32();
  const errorCode = reader.int16();
  reader.int32();
  const partitions: FetchedPartition[] = [];
  reader.array(() => {
    const topicId = reader.uuid();
    for (const partition of reader.array(() => partitionOf(reader, topicId))) partitions.push(partition);
  });
  return { errorCode, partitions };
}

function partitionOf(reader: WireReader, topicId: string): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  // How far it goes, and where it begins.
  reader.int64();
  reader.int64();
  reader.int64();
  const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }));
  reader.int32();
  return { topicId, partition, errorCode, aborted, records: reader.blob() };
}
