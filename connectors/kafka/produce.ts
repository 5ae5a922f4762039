import { Writer } from '@platformatic/kafka';
import type { RawRequest } from './client.js';
import { WireReader } from './wire.js';

export interface Produced {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly message: string | undefined;
  /** Of those records that were refused alone: their indexes in the batch. */
  readonly recordErrors: readonly { readonly index: number; readonly message: string | undefined }[];
}

const ACKS_ALL = -1;

export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

/** Sends at most one record batch for each partition; answered when all replicas in sync have them. */
export function produceRequest(
  batches: readonly Batch[],
  timeoutMs: number,
  transactionalId: string | null,
): RawRequest<readonly Produced[]> {
  const byTopic = new Map<string, Batch[]>();
  for (const batch of batches) byTopic.set(batch.topic, [...(byTopic.get(batch.topic) ?? []), batch]);
  const request = (): Writer =>
    Writer.create()
      .appendString(transactionalId)
      .appendInt16(ACKS_ALL)
      .appendInt32(timeoutMs)
      .appendArray([...byTopic], (to, [topic, of]) => {
        to.appendString(topic).appendArray(of, (at, { partition, bytes }) => {
          at.appendInt32(partition).appendBytes(bytes);
        });
      })
      .appendTaggedFields();
  return { api: 'Produce', request, parse: parseProduced };
}

function parseProduced(bytes: Buffer): readonly Produced[] {
  const reader = new WireReader(bytes);
  const topics = reader.array(() => {
    const topic = reader.text() ?? '';
    return reader.array(() => producedOf(reader, topic));
  });
  return topics.flat();
}

function producedOf(reader: WireReader, topic: string): Produced {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64();
  reader.int64();
  reader.int64();
  const recordErrors = reader.array(() => ({ index: reader.int32(), message: reader.text() }));
  return { topic, partition, errorCode, recordErrors, message: reader.text() };
}
