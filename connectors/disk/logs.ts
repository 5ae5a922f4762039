import { join } from 'node:path';
import type { LogState, QueueContext, SinkState } from '#component';
import { Partition } from './partition.js';

export interface DiskQueueOptions {
  readonly maxBytes: number;
  readonly partitions: number;
  readonly sync: 'checkpoint' | 'always';
  /** What is kept of what has been consumed; without it nothing. */
  readonly retain?: { readonly ageMs?: number; readonly bytes?: number };
}

/** What one segment puts in. */
export interface Producer {
  readonly id: string;
  /** By their numbers. Those beyond the number of partitions are left from when there were more. */
  partitions: readonly Partition[];
  hasEnded: boolean;
}

/** What both ends of a disk queue know: the logs, how far each end is, and whether that has changed. */
export class QueueLogs {
  readonly options: DiskQueueOptions;
  readonly producers: Producer[];
  /** The consumer takes no more: nobody shall wait for it. */
  isAbandoned: boolean;
  readonly #context: QueueContext;
  #hasFormer = false;
  #version = 0;
  #waiting: (() => void)[] = [];

  constructor(options: DiskQueueOptions, context: QueueContext) {
    this.options = options;
    this.#context = context;
    this.isAbandoned = context.hasNoConsumer ?? false;
    this.producers = context.producers.map((id) => ({ id, partitions: [], hasEnded: false }));
  }

  /** Takes in what other segments have left, as the pipeline was before. */
  async openFormer(): Promise<void> {
    if (this.#hasFormer) return;
    this.#hasFormer = true;
    for (const [id, state] of this.#context.former) {
      const producer = { id, partitions: [], hasEnded: true };
      this.producers.push(producer);
      await this.openPartitions(producer, readState(state));
    }
  }

  /**
   * Opens the partitions of a producer at their states, and new ones where it has more partitions now. Those that an end before
   * has opened are taken back to these states, and the consumer goes on with them.
   */
  async openPartitions(producer: Producer, states: readonly LogState[], least = 0): Promise<void> {
    const count = Math.max(states.length, least);
    const before = producer.partitions;
    producer.partitions = Array.from(
      { length: count },
      (_, i) => before[i] ?? this.#partition(producer.id, i),
    );
    for (const [i, partition] of producer.partitions.entries()) await partition.open(states[i]);
  }

  /** Its log is open from when its producer is until the queue is closed: both ends need it. */
  #partition(producer: string, index: number): Partition {
    const { storage, folder, log } = this.#context;
    return new Partition({ storage, log, folder: join(folder, producer, String(index)) });
  }

  get partitions(): Partition[] {
    return this.producers.flatMap(({ partitions }) => partitions);
  }

  get isFull(): boolean {
    if (this.isAbandoned) return false;
    return this.partitions.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0) >= this.options.maxBytes;
  }

  get waiting(): number {
    return this.partitions.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Changes whenever there may be more to read, or more room. */
  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version++;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when the queue has changed since `version`, or soon after the signal aborts. */
  changedSince(version: number, signal: AbortSignal): Promise<void> {
    if (version !== this.#version || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake);
      this.#waiting.push(wake);
    });
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.partitions.map((partition) => partition.close()));
    for (const one of closed) if (one.status === 'rejected') throw one.reason;
  }
}

/** What a checkpoint of the producer knows: by partition. */
export function readState(state: SinkState | undefined): readonly LogState[] {
  return Array.isArray(state) ? (state as unknown as LogState[]) : [];
}
