import type { Sink } from '../component/index.js';
import type { Inbox } from '../flow/index.js';
import type { BufferPool } from './buffer-pool.js';
import type { SinkItem } from './items.js';

export interface SinkRunnerOptions {
  readonly sink: Sink;
  readonly inbox: Inbox<SinkItem>;
  readonly pool: BufferPool;
  readonly signal: AbortSignal;
  readonly onWritten: (records: number, bytes: number) => void;
}

/**
 * Writes what arrives at a sink, one block after another. Only a barrier makes what was written durable: at the end of a
 * run everything has been handed to the system, as any copy would do it.
 */
export async function runSink({ sink, inbox, pool, signal, onWritten }: SinkRunnerOptions): Promise<void> {
  try {
    await sink.open(undefined);
    for (;;) {
      const arrival = await inbox.receive();
      if (arrival === undefined) break;
      if (arrival.kind === 'barrier') {
        await (await sink.prepare()).durable();
        continue;
      }
      const { buffer, byteOffset, length, records } = arrival.item;
      await sink.write({ bytes: new Uint8Array(buffer, byteOffset, length), records }, signal);
      onWritten(records, length);
      pool.give(buffer);
      arrival.release();
    }
  } finally {
    await sink.close();
  }
}
