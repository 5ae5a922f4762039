import type { Block, Prepared, Sink } from '../component/index.js';
import type { Barrier, Inbox } from '../flow/index.js';
import type { OutputPart } from '../workers/index.js';
import type { BufferPool } from './buffer-pool.js';
import { type BatchItem, bufferOf, type SinkItem } from './items.js';
import type { PartlyWritten, Rejected, ReliableWriter } from './reliable-writer.js';
import type { GivenUpRow } from './write-task.js';

export interface SinkRunnerOptions {
  /** It is open already, and stays so: the last checkpoint comes before its close. */
  readonly sink: Sink;
  readonly inbox: Inbox<SinkItem>;
  readonly pool: BufferPool;
  readonly signal: AbortSignal;
  readonly onWritten: (records: number, bytes: number) => void;
  /** How long a write took, its retries included. */
  readonly onWrite: (ms: number) => void;
  /** Writes to the sink, as often as it takes. */
  readonly writer: ReliableWriter;
  /** A block was given up. */
  readonly onRejected: (block: Block, rejected: Rejected) => Promise<void>;
  /** Some of a block's records were given up; the others are written. Only of sinks with an envelope. */
  readonly onRefused?: (block: Block, refused: readonly GivenUpRow[]) => Promise<void>;
  readonly onPrepared: (barrier: Barrier, prepared: Prepared) => void;
  /** Everything has come and was written. */
  readonly onEnded: (prepared: Prepared) => void;
}

/** Writes what arrives at a sink, one block after another. What it syncs at a barrier does not hold up the next block. */
export async function runSink(options: SinkRunnerOptions): Promise<void> {
  const { sink, inbox, pool, signal, writer, onWrite, onWritten, onRejected, onPrepared, onEnded } = options;
  for (;;) {
    const arrival = await inbox.receive();
    if (arrival === undefined) break;
    if (arrival.kind === 'barrier') {
      onPrepared(arrival, await sink.prepare());
      continue;
    }
    for (const block of blocksOf(arrival.item)) {
      const startedMs = performance.now();
      const outcome = await writer.write(block, signal);
      onWrite(performance.now() - startedMs);
      if (outcome === 'written') onWritten(block.records, block.bytes.length);
      else if ('rejected' in outcome) await onRejected(block, outcome);
      else await passRefused(block, outcome, options);
    }
    pool.give(bufferOf(arrival.item));
    arrival.release();
  }
  onEnded(await (sink.finish?.() ?? sink.prepare()));
}

async function passRefused(
  block: Block,
  { refused }: PartlyWritten,
  { onWritten, onRefused }: SinkRunnerOptions,
): Promise<void> {
  const { ends } = block.envelope!;
  const bytesOf = ({ row }: GivenUpRow): number => ends[row]! - (row === 0 ? 0 : ends[row - 1]!);
  const bytes = ends.length === block.records ? refused.reduce((sum, one) => sum + bytesOf(one), 0) : 0;
  onWritten(block.records - refused.length, block.bytes.length - bytes);
  await onRefused!(block, refused);
}

/** One for each path, where its records have paths. */
function* blocksOf(item: SinkItem): Generator<Block> {
  if (item.kind === 'batch') return yield blockOfBatch(item);
  const { buffer, byteOffset, length, records, parts, envelope } = item;
  if (!parts)
    yield { bytes: new Uint8Array(buffer, byteOffset, length), records, ...(envelope && { envelope }) };
  let at = byteOffset;
  for (const part of parts ?? []) {
    yield blockOfPart(new Uint8Array(buffer, at, part.length), part);
    at += part.length;
  }
}

/** What the records of a batch agree in is no path. */
function blockOfPart(bytes: Uint8Array, { records, key, envelope }: OutputPart): Block {
  return envelope ? { bytes, records, envelope } : { bytes, records, key };
}

function blockOfBatch({ batch: { buffer, meta }, records, partition }: BatchItem): Block {
  const bytes = new Uint8Array(buffer, 0, meta.byteLength);
  return { bytes, records, queued: { meta, partition: partition! } };
}
