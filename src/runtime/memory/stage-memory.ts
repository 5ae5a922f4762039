import { type DetachedBatch, questionsOf } from '../../batch/index.js';
import type { KeyMemory, Prepared, SinkState } from '../../component/index.js';
import type { KeyFile } from './key-file.js';
import { KeyTable } from './key-table.js';

export interface StageMemoryOptions {
  readonly memory: KeyMemory;
  /** Where it outlives the run. */
  readonly file?: KeyFile | undefined;
  /** So many keys were forgotten although they mattered still. */
  readonly onForgotten: (keys: number) => void;
}

/**
 * What a stage remembers of the keys of its records. It answers about all batches of the stage in their order, in the main
 * thread, before their trips are made: so a trip that is made again finds the same answers.
 */
export class StageMemory {
  readonly #options: StageMemoryOptions;
  readonly #table: KeyTable;

  constructor(options: StageMemoryOptions) {
    this.#options = options;
    this.#table = new KeyTable(options.memory.maxKeys);
  }

  /** Remembers what it knew at a checkpoint. Resolves to its state now. */
  async open(state: SinkState | undefined): Promise<SinkState> {
    return (await this.#options.file?.open(state, this.#table)) ?? null;
  }

  /** Writes into the batch which of its records pass. */
  answer(batch: DetachedBatch): void {
    const table = this.#table;
    const { memory, onForgotten } = this.#options;
    const { hashes, timesMs, answers } = questionsOf(batch)!;
    const { readAtMs } = batch.meta;
    let forgotten = 0;
    for (let row = 0; row < answers.length; row++) {
      const low = hashes[2 * row]!;
      const high = hashes[2 * row + 1]!;
      answers[row] = 1;
      if (low === 0 && high === 0) continue;
      const nowMs = timesMs ? timesMs[row]! : readAtMs;
      const slot = table.find(low, high);
      const knownMs = slot < 0 ? Number.NEGATIVE_INFINITY : table.untilOf(slot);
      const untilMs = memory.decide(knownMs, nowMs);
      if (Number.isNaN(untilMs)) answers[row] = 0;
      else if (table.put(slot, low, high, untilMs) > nowMs) forgotten++;
    }
    if (forgotten > 0) onForgotten(forgotten);
    this.#forgetWhatIsOver(timesMs ? Math.min(readAtMs, timesMs.at(-1)!) : readAtMs);
  }

  /** What matters no more need not be kept. A record from the future makes nothing forgotten. */
  #forgetWhatIsOver(nowMs: number): void {
    while (this.#table.oldestUntilMs <= nowMs) this.#table.forgetOldest();
  }

  /** At a barrier: what it knows now is what the checkpoint will hold. Batches may come before it has resolved. */
  prepare(): Promise<Prepared> {
    const { file } = this.#options;
    return file ? file.prepare(this.#table) : Promise.resolve({ state: null, durable: async () => {} });
  }

  async close(): Promise<void> {
    await this.#options.file?.close();
  }
}
