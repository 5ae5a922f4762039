import type { Block, Prepared, Sink } from '../component/index.js';
import type { Barrier, Inbox } from '../flow/index.js';
import type { BufferPool } from './buffer-pool.js';
import { type BatchItem, bufferOf, type SinkItem } from './items.js';
import type { Rejected, ReliableWriter } from './reliable-writer.js';

export interface SinkRunnerOptions {
  /** It is open already, and stays so: the last checkpoint comes before its close. */
  readonly sink: Sink;
  readonly inbox: Inbox<SinkItem>;
  readonly pool: BufferPool;
  readonly signal: AbortSignal;
  readonly onWritten: (records: number, bytes: number) => void;
  /** Writes to the sink, as often as it takes. */
  readonly writer: ReliableWriter;
  /** A block was given up. */
  readonly onRejected: (block: Block, rejected: Rejected) => Promise<void>;
  readonly onPrepared: (barrier: Barrier, prepared: Prepared) => void;
  /** Everything has come and was written. */
  readonly onEnded: (prepared: Prepared) => void;
}

/** Writes what arrives at a sink, one block after another. What it syncs at a barrier does not hold up the next block. */
export async function runSink(options: SinkRunnerOptions): Promise<void> {
  const { sink, inbox, pool, signal, writer, onWritten, onRejected, onPrepared, onEnded } = options;
  for (;;) {
    const arrival = await inbox.receive();
    if (arrival === undefined) break;
    if (arrival.kind === 'barrier') {
      onPrepared(arrival, await sink.prepare());
      continue;
    }
    for (const block of blocksOf(arrival.item)) {
      const outcome = await writer.write(block, signal);
      if (outcome === 'written') onWritten(block.records, block.bytes.length);
      else await onRejected(block, outcome);
    }
    pool.give(bufferOf(arrival.item));
    arrival.release();
  }
  onEnded(await (sink.finish?.() ?? sink.prepare()));
}

/** One for each path, where its records have paths. */
function* blocksOf(item: SinkItem): Generator<Block> {
  if (item.kind === 'batch') return yield blockOfBatch(item);
  const { buffer, byteOffset, length, records, parts } = item;
  if (!parts) yield { bytes: new Uint8Array(buffer, byteOffset, length), records };
  let at = byteOffset;
  for (const part of parts ?? []) {
    yield { bytes: new Uint8Array(buffer, at, part.length), records: part.records, key: part.key };
    at += part.length;
  }
}

function blockOfBatch({ batch: { buffer, meta }, records, partition }: BatchItem): Block {
  const bytes = new Uint8Array(buffer, 0, meta.byteLength);
  return { bytes, records, queued: { meta, partition: partition! } };
}
