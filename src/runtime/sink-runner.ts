import type { Prepared, Sink } from '../component/index.js';
import type { Barrier, Inbox } from '../flow/index.js';
import type { BufferPool } from './buffer-pool.js';
import type { SinkItem } from './items.js';

export interface SinkRunnerOptions {
  /** It is open already, and stays so: the last checkpoint comes before its close. */
  readonly sink: Sink;
  readonly inbox: Inbox<SinkItem>;
  readonly pool: BufferPool;
  readonly signal: AbortSignal;
  readonly onWritten: (records: number, bytes: number) => void;
  readonly onPrepared: (barrier: Barrier, prepared: Prepared) => void;
  /** Everything has come and was written. */
  readonly onEnded: (prepared: Prepared) => void;
}

/** Writes what arrives at a sink, one block after another. What it syncs at a barrier does not hold up the next block. */
export async function runSink(options: SinkRunnerOptions): Promise<void> {
  const { sink, inbox, pool, signal, onWritten, onPrepared, onEnded } = options;
  for (;;) {
    const arrival = await inbox.receive();
    if (arrival === undefined) break;
    if (arrival.kind === 'barrier') {
      onPrepared(arrival, await sink.prepare());
      continue;
    }
    const { buffer, byteOffset, length, records } = arrival.item;
    await sink.write({ bytes: new Uint8Array(buffer, byteOffset, length), records }, signal);
    onWritten(records, length);
    pool.give(buffer);
    arrival.release();
  }
  onEnded(await sink.prepare());
}
