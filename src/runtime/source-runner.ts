import { setImmediate as turn } from 'node:timers/promises';
import type { JsonValue } from '../base/json.js';
import type { Chunk, Outlet, Positions, QueuedBatch } from '../component/index.js';
import type { Barrier, Edge, Reservation } from '../flow/index.js';
import { encodeDeadLetter, placeOf } from '../workers/index.js';
import type { BufferPool } from './buffer-pool.js';
import type { Positioned } from './checkpointer.js';
import { sendLetters } from './dead-letters/index.js';
import type { AnySource, ChainItem, SinkItem } from './items.js';
import type { Metrics } from './metrics.js';

export interface SourceRunnerOptions {
  /** The id of the stage or the queue. */
  readonly stage: string;
  readonly pipeline: string;
  readonly source: AnySource;
  /** Where to go on. */
  readonly from: Positions;
  readonly edge: Edge<ChainItem>;
  readonly deadLetters: Edge<SinkItem>;
  readonly pool: BufferPool;
  readonly metrics: Metrics;
  readonly batchBytes: number;
  readonly lingerMs: number;
  /** Aborts when the source shall come to its end. */
  readonly signal: AbortSignal;
}

/** How long the process may be busy without looking at signals, timers and what threads say. */
const BUSY_MS = 10;

/** Reads a source into its chain's queue. Every buffer that the source holds has been paid for with credit. */
export class SourceRunner implements Outlet, Positioned {
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly source: AnySource;
  passed = 0;
  readonly #options: SourceRunnerOptions;
  readonly #lent = new Map<ArrayBuffer, Reservation<ChainItem>>();
  readonly #positions: Map<string, JsonValue>;
  /** A chunk is on its way into the queue, partly there perhaps: no barrier may come between. */
  #isPassing = false;
  #hasEnded = false;
  #waitingBarriers: (() => void)[] = [];

  constructor(options: SourceRunnerOptions) {
    this.#options = options;
    this.batchBytes = options.batchBytes;
    this.lingerMs = options.lingerMs;
    this.source = options.source;
    this.#positions = new Map(options.from);
  }

  async lend(bytes: number): Promise<ArrayBuffer> {
    const reservation = await this.#options.edge.reserve(bytes);
    const buffer = this.#options.pool.take(bytes);
    this.#lent.set(buffer, reservation);
    return buffer;
  }

  giveBack(buffer: ArrayBuffer): void {
    this.#lent.get(buffer)?.cancel();
    this.#lent.delete(buffer);
    this.#options.pool.give(buffer);
  }

  async run(): Promise<void> {
    const { source, from, edge, deadLetters, signal } = this.#options;
    let turnedAtMs = performance.now();
    for await (const read of source.read(this, signal, from) as AsyncIterable<Chunk | QueuedBatch>) {
      await this.#pass(read);
      // Where a source makes its records and a sink never waits, promises alone would keep the process busy for ever.
      if (performance.now() - turnedAtMs < BUSY_MS) continue;
      await turn();
      turnedAtMs = performance.now();
    }
    this.#hasEnded = true;
    edge.end();
    deadLetters.end();
  }

  positions(): Positions {
    return new Map(this.#positions);
  }

  barrier(barrier: Barrier): Promise<Positions> {
    return new Promise((resolve) => {
      const insert = () => {
        // Whoever meets an ended edge takes its end for any barrier.
        if (!this.#hasEnded) {
          this.#options.edge.barrier(barrier);
          this.#options.deadLetters.barrier(barrier);
        }
        resolve(this.positions());
      };
      if (this.#isPassing) this.#waitingBarriers.push(insert);
      else insert();
    });
  }

  forget(asked: Positions, needed: Positions): void {
    for (const [key, position] of asked) {
      if (!needed.has(key) && this.#positions.get(key) === position) this.#positions.delete(key);
    }
  }

  async #pass(read: Chunk | QueuedBatch): Promise<void> {
    this.#isPassing = true;
    if ('batch' in read) this.#putBatch(read);
    else await this.#put(read);
    if (read.resume) this.#positions.set(read.resume.key, read.resume.position);
    this.passed++;
    this.#isPassing = false;
    for (const insert of this.#waitingBarriers.splice(0)) insert();
  }

  #putBatch({ batch, records }: QueuedBatch): void {
    this.#options.metrics.queue(this.#options.stage).recordsOut += records;
    this.#sendReserved({ kind: 'batch', batch, records }, batch.buffer);
  }

  async #put(chunk: Chunk): Promise<void> {
    const counts = this.#options.metrics.stage(this.#options.stage);
    counts.bytes += chunk.bytes.length;
    if (chunk.dropped) {
      counts.recordsIn += chunk.dropped;
      counts.dropped += chunk.dropped;
    }
    if (chunk.refused) await this.#refuse(chunk);
    const buffer = chunk.bytes.buffer;
    if (chunk.bytes.length === 0) return this.giveBack(buffer);
    this.#sendReserved({ kind: 'chunk', chunk }, buffer);
  }

  #sendReserved(item: ChainItem, buffer: ArrayBuffer): void {
    const reservation = this.#lent.get(buffer)!;
    this.#lent.delete(buffer);
    reservation.send(item, buffer.byteLength);
  }

  async #refuse({ refused, partition }: Chunk): Promise<void> {
    const { stage, pipeline, metrics, deadLetters } = this.#options;
    const counts = metrics.stage(stage);
    const where = { pipeline, ...placeOf(partition), stage };
    const time = new Date().toISOString();
    const letters = refused!.map(({ offset, bytes, code, message }) => {
      metrics.addError(`${stage}:${code}`, 1);
      return encodeDeadLetter({ ...where, offset, code, message, attempts: 1, time }, bytes);
    });
    counts.recordsIn += letters.length;
    counts.deadLettered += letters.length;
    await sendLetters(deadLetters, letters);
  }
}
