import {
  type Block,
  type JsonValue,
  type LogWriter,
  MillraceError,
  type Prepared,
  type QueueEndContext,
  type Sink,
  type SinkState,
} from '#component';
import { BATCH_KIND, PayloadWriter } from '../payload.js';
import { type Producer, type QueueLogs, readState } from './logs.js';

/** So much may be written before the consumer sees any of it. */
const MOST_PENDING_BYTES = 32 * 2 ** 20;

/** The end of a disk queue into which a segment puts its records. */
export class DiskQueueSink implements Sink {
  readonly #logs: QueueLogs;
  readonly #producer: Producer;
  readonly #ends: QueueEndContext;
  readonly #payloads = new PayloadWriter();
  readonly #pendingLimit: number;
  /** Written since the last barrier. */
  #pendingBytes = 0;
  #syncFailure: unknown;

  constructor(logs: QueueLogs, producer: Producer, ends: QueueEndContext) {
    this.#logs = logs;
    this.#producer = producer;
    this.#ends = ends;
    this.#pendingLimit = Math.min(MOST_PENDING_BYTES, logs.options.maxBytes / 4);
  }

  async open(state: SinkState | undefined): Promise<SinkState> {
    await this.#logs.openPartitions(this.#producer, readState(state), this.#logs.options.partitions);
    return this.#state();
  }

  async write({ bytes, records, queued }: Block, signal: AbortSignal): Promise<void> {
    await this.#waitForRoom(signal);
    const { writer } = this.#producer.partitions[queued!.partition]!;
    const payload = this.#payloads.encode(queued!.meta, bytes);
    try {
      if (this.#syncFailure !== undefined) throw this.#syncFailure;
      await writer.append(payload, { records, timestampMs: Date.now(), kind: BATCH_KIND });
      if (this.#logs.options.sync === 'always') this.#syncNow(writer);
    } catch (error) {
      throw isFull(error) ? error : brokenBy(error);
    }
    this.#pendingBytes += payload.length;
    if (this.#pendingBytes >= this.#pendingLimit) this.#ends.requestCheckpoint();
  }

  async prepare(): Promise<Prepared> {
    this.#pendingBytes = 0;
    const { partitions } = this.#producer;
    return {
      state: this.#state(),
      durable: async () => {
        await Promise.all(partitions.map(({ writer }) => writer.sync()));
      },
    };
  }

  async commit(state: SinkState): Promise<void> {
    const states = readState(state);
    const isNew = this.#producer.partitions.map((partition, i) => partition.publish(states[i]!));
    if (isNew.includes(true)) this.#logs.changed();
  }

  async close(): Promise<void> {
    if (this.#ends.isHandedOver()) return;
    this.#producer.hasEnded = true;
    this.#logs.changed();
  }

  /** Nobody waits for it: what comes while the disk is busy shares the next sync, and the checkpoint waits for all of them. */
  #syncNow(writer: LogWriter): void {
    writer.sync().catch((error) => {
      this.#syncFailure ??= error;
    });
  }

  /**
   * Only what a barrier has passed can be consumed and make room, so the only place to wait is right behind one. Until the
   * next comes, there may be more in the queue than its limit, by no more than what is on its way in memory.
   */
  async #waitForRoom(signal: AbortSignal): Promise<void> {
    while (this.#logs.isFull) {
      if (this.#pendingBytes > 0) return this.#ends.requestCheckpoint();
      await this.#logs.changedSince(this.#logs.version, signal);
      signal.throwIfAborted();
    }
  }

  #state(): SinkState {
    return this.#producer.partitions.map(({ writer }) => writer.state) as unknown as JsonValue;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'disk_full';
}

/** The log has to be opened anew at the last checkpoint, which is done when the pipeline is run again. */
function brokenBy(error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error;
  return new MillraceError(error.code, error.message, { blame: error.blame, cause: error });
}
