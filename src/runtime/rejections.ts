import type { Block } from '../component/index.js';
import type { Edge } from '../flow/index.js';
import type { OnError } from '../plan/index.js';
import { encodeDeadLetter } from '../workers/index.js';
import { linesOf, sendLetters } from './dead-letters/index.js';
import type { SinkItem } from './items.js';
import type { Metrics } from './metrics.js';
import type { Rejected } from './reliable-writer.js';

export interface RejectionsOptions {
  readonly pipeline: string;
  /** The sink. */
  readonly stage: string;
  readonly action: OnError['action'];
  readonly edge: Edge<SinkItem>;
  readonly metrics: Metrics;
}

/** What becomes of blocks that a sink has given up: their records are dropped, or dead letters as they would have been written. */
export class Rejections {
  readonly #options: RejectionsOptions;

  constructor(options: RejectionsOptions) {
    this.#options = options;
  }

  async add(block: Block, { rejected, attempts }: Rejected): Promise<void> {
    const { pipeline, stage, action, edge, metrics } = this.#options;
    const counts = metrics.stage(stage);
    const { records } = block;
    counts.recordsIn += records;
    metrics.addError(`${stage}:${rejected.code}`, records);
    if (action === 'drop') {
      counts.dropped += records;
      return;
    }
    counts.deadLettered += records;
    const { code, message } = rejected;
    const time = new Date().toISOString();
    const where = { pipeline, source: stage, partition: 'output', stage };
    const letters = recordsOf(block).map((bytes, offset) =>
      encodeDeadLetter({ ...where, offset, code, message, attempts, time }, bytes),
    );
    await sendLetters(edge, letters);
  }
}

/** As many parts as the block has records: its lines, or where these are others, all in the first. */
function recordsOf({ bytes, records }: Block): Uint8Array[] {
  const lines = [...linesOf(bytes)];
  if (lines.length === records) return lines;
  return Array.from({ length: records }, (_, i) => (i === 0 ? bytes : new Uint8Array(0)));
}
