import { type Edge, SpillingEdge } from '../flow/index.js';
import type { InboxPlan } from '../plan/index.js';
import type { LeafEdge } from './chain-runner.js';
import type { SinkItem } from './items.js';
import { SpillFiles, type SpillFilesOptions } from './spill-files.js';

export interface SpillsOptions extends Omit<SpillFilesOptions, 'stage' | 'signal'> {
  readonly failing: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** What the memory queues of a segment have put on the disk. */
export class Spills {
  readonly #options: SpillsOptions;
  readonly #spills: SpillFiles[] = [];

  constructor(options: SpillsOptions) {
    this.#options = options;
  }

  /** The sender's side of an edge, as the queue behind it has it. */
  before(edge: LeafEdge, { id, queue }: InboxPlan): LeafEdge {
    if (queue.whenFull !== 'spill') return edge;
    const { storage, folder, pool, log, failing: signal, onFailure } = this.#options;
    const spill = new SpillFiles({ storage, folder, stage: id, pool, log, signal });
    this.#spills.push(spill);
    return new SpillingEdge(edge as Edge<SinkItem>, spill, onFailure);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#spills.map((spill) => spill.close()));
  }
}
