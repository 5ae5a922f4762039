import { join } from 'node:path';
import { type LogOptions, type LogState, LogWriter, type StageLog, type Storage } from '#component';

export interface PartitionOptions {
  readonly storage: Storage;
  /** `<queue>/<producer>/<partition>`. */
  readonly folder: string;
  readonly log: StageLog;
}

/** What one segment has put into one partition: a log, and how far both of its ends are. */
export class Partition {
  readonly log: LogOptions;
  readonly #options: PartitionOptions;
  #writer: LogWriter | undefined;
  #published: LogState | undefined;
  #consumed = 0;
  /** Resolves when whoever changes the log is done. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: PartitionOptions) {
    this.#options = options;
    this.log = options;
  }

  /** Takes the log back to a state: what came later was never published. Without a state it begins anew. */
  async open(state: LogState | undefined): Promise<void> {
    await this.#inTurn(async () => {
      await this.#writer?.close();
      if (state === undefined) await this.#clear();
      this.#writer = await LogWriter.open(this.log, state);
      this.#published = this.#writer.state;
    });
  }

  /** Lets the consumer remove what it has consumed, while the log is not being opened. */
  exclusively(change: (writer: LogWriter) => Promise<unknown>): Promise<void> {
    return this.#inTurn(async () => {
      await change(this.writer);
    });
  }

  get writer(): LogWriter {
    return this.#writer!;
  }

  /** Up to where a durable checkpoint of the producer holds the records; the consumer reads no further. */
  get published(): LogState | undefined {
    return this.#published;
  }

  /** True when there is more to read than before. */
  publish(state: LogState): boolean {
    const isNew = state.nextOffset > (this.#published?.nextOffset ?? 0);
    this.#published = state;
    return isNew;
  }

  /** All before this offset has been consumed, as a durable checkpoint of the consumer says; or never will be. */
  consumed(offset: number): void {
    this.#consumed = Math.max(this.#consumed, offset);
  }

  /** What waits for the consumer, in records. */
  get waiting(): number {
    return this.#writer ? this.#writer.nextOffset - this.#firstWaiting : 0;
  }

  /** About what waits takes on the disk. */
  get waitingBytes(): number {
    if (!this.#writer || this.waiting === 0) return 0;
    const { bytes, nextOffset, firstOffset } = this.#writer;
    return (bytes * this.waiting) / (nextOffset - firstOffset);
  }

  get consumedOffset(): number {
    return this.#consumed;
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => {});
    return done;
  }

  get #firstWaiting(): number {
    return Math.max(this.#consumed, this.#writer!.firstOffset);
  }

  /** What no checkpoint knows of was never acknowledged. */
  async #clear(): Promise<void> {
    const { storage, folder } = this.#options;
    const names = await storage.list(folder);
    for (const name of names) await storage.unlink(join(folder, name));
    if (names.length > 0) await storage.syncFolder(folder);
  }
}
