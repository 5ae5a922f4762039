import { type Arena, attachBatch, type Batch, type DetachedBatch } from '../batch/index.js';
import { MemberFinder } from '../formats/index.js';
import type { NodePlan } from '../plan/index.js';

/** Takes the batches of a queue into the arena. */
export class ReceiveNode {
  readonly #names: ReadonlySet<string>;
  readonly #finder = new MemberFinder();

  constructor({ wantedNames = [] }: NodePlan) {
    this.#names = new Set(wantedNames);
  }

  /** What a durable queue holds was put in by whoever ran then, who may have looked into fewer fields. */
  run(arena: Arena, detached: DetachedBatch): Batch {
    const batch = attachBatch(arena, detached);
    if (!batch.document) return batch;
    return { ...batch, document: this.#finder.with(arena, batch.document, this.#names) };
  }
}
