import type { DetachedMeta } from '../batch/index.js';

/** What is said of a block that holds a batch: the block's bytes are the used part of the batch's buffer. */
export interface QueuedAs {
  readonly meta: DetachedMeta;
  /** Of the queue, from 0. */
  readonly partition: number;
}
