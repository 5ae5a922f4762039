import { type Block, bytesAt, linesOf } from '../component/index.js';
import type { Edge } from '../flow/index.js';
import type { OnError } from '../plan/index.js';
import { encodeDeadLetter, fateOf, parsedMeta, placeOf } from '../workers/index.js';
import { sendLetters } from './dead-letters/index.js';
import type { SinkItem } from './items.js';
import type { Metrics } from './metrics.js';
import type { Rejected } from './reliable-writer.js';
import type { GivenUpRow } from './write-task.js';

export interface RejectionsOptions {
  readonly pipeline: string;
  /** The sink. */
  readonly stage: string;
  readonly action: OnError['action'];
  readonly edge: Edge<SinkItem>;
  readonly metrics: Metrics;
}

/**
 * What becomes of records that a sink has given up: they are dropped, or dead letters. Where their block has an envelope, these hold
 * them as their source read them, otherwise as they would have been written.
 */
export class Rejections {
  readonly #options: RejectionsOptions;

  constructor(options: RejectionsOptions) {
    this.#options = options;
  }

  /** All records of a block, for one reason. */
  async add(block: Block, { rejected, attempts }: Rejected): Promise<void> {
    const { code, message } = rejected;
    const why = { code, message, attempts };
    if (block.envelope) {
      await this.addRows(
        block,
        Array.from({ length: block.records }, (_, row) => ({ row, ...why })),
      );
      return;
    }
    const { stage } = this.#options;
    this.#count(code, block.records);
    await this.#send(() =>
      recordsOf(block).map((bytes, offset) =>
        encodeDeadLetter({ ...this.#common(why), source: stage, partition: 'output', offset }, bytes),
      ),
    );
  }

  /** Some records of a block with an envelope, each for its own reason: as their source read them. */
  async addRows({ envelope }: Block, rows: readonly GivenUpRow[]): Promise<void> {
    for (const { code } of rows) this.#count(code, 1);
    const { partition, positions, records, meta } = envelope!.origin;
    await this.#send(() =>
      rows.map(({ row, ...why }) => {
        const of = {
          ...placeOf(partition),
          offset: positions[row]!,
          ...parsedMeta(meta && bytesAt(meta, row)),
          ...fateOf(this.#options.action),
        };
        return encodeDeadLetter({ ...this.#common(why), ...of }, bytesAt(records, row)!);
      }),
    );
  }

  #count(code: string, records: number): void {
    const { stage, action, metrics } = this.#options;
    const counts = metrics.stage(stage);
    counts.recordsIn += records;
    metrics.addError(`${stage}:${code}`, records);
    if (action === 'drop') counts.dropped += records;
    else counts.deadLettered += records;
  }

  async #send(letters: () => readonly string[]): Promise<void> {
    const { action, edge } = this.#options;
    if (action !== 'drop') await sendLetters(edge, letters());
  }

  #common(why: Pick<GivenUpRow, 'code' | 'message' | 'attempts'>) {
    const { pipeline, stage } = this.#options;
    const { code, message, attempts } = why;
    return { pipeline, stage, code, message, attempts, time: new Date().toISOString() };
  }
}

/** As many parts as the block has records: its lines, or where these are others, all in the first. */
function recordsOf({ bytes, records }: Block): Uint8Array[] {
  const lines = [...linesOf(bytes)];
  if (lines.length === records) return lines;
  return Array.from({ length: records }, (_, i) => (i === 0 ? bytes : new Uint8Array(0)));
}
