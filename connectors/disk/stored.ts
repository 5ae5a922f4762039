import { join } from 'node:path';
import {
  extentOf,
  type LogOptions,
  LogReader,
  type LogState,
  offsetAtTime,
  type StoredBatch,
  type StoredPartition,
  type StoredQueueContext,
} from '#component';
import { batchBytes, decodePayload } from '../payload.js';
import { readState } from './logs.js';

/** What a queue holds, by partition, as the last checkpoints of those who put records in know it. */
export async function storedPartitions(context: StoredQueueContext): Promise<StoredPartition[]> {
  const { storage, folder, log, producers } = context;
  const partitions: StoredPartition[] = [];
  for (const [producer, state] of producers) {
    for (const [i, end] of readState(state).entries()) {
      const key = `${producer}/${i}`;
      partitions.push(await storedPartition(key, { storage, log, folder: join(folder, key) }, end));
    }
  }
  return partitions;
}

async function storedPartition(key: string, log: LogOptions, end: LogState): Promise<StoredPartition> {
  return {
    key,
    ...(await extentOf(log, end)),
    offsetAtTime: async (timeMs) => Math.min(await offsetAtTime(log, timeMs), end.nextOffset),
    read: (from, to) => readBatches(log, end, from, to),
  };
}

async function* readBatches(
  log: LogOptions,
  end: LogState,
  from: number,
  to: number,
): AsyncGenerator<StoredBatch> {
  const reader = await LogReader.open(log, { fromOffset: from, end });
  try {
    for (let frame = await reader.read(); frame && frame.baseOffset < to; frame = await reader.read()) {
      const { payload, baseOffset: offset, records, timestampMs: timeMs } = frame;
      const nextOffset = offset + records;
      const copyTo = (buffer: ArrayBuffer) => decodePayload(payload, buffer);
      yield { offset, nextOffset, records, timeMs, bytes: batchBytes(payload), copyTo };
    }
  } finally {
    await reader.close();
  }
}
