export { type ReadingPipeline, registerGroup } from './groups.js';
export { refuseLeftQueues } from './left-queues.js';
export {
  lagOf,
  nextFor,
  openQueues,
  type PipelineQueue,
  type PipelineQueuesOptions,
  type QueueGroup,
} from './pipeline-queues.js';
export { offsetAt, type QueuePoint, rangesBetween, recordsIn, type StoredRange } from './range.js';
export { type MovedPartition, movesTo, moveTo } from './reset-queue.js';
export { StoredSource } from './stored-source.js';
