export { askedOf, withReader } from './asked.js';
export { pipelineBehind } from './behind-queue.js';
export { planPipeline } from './chains.js';
export { commonFields } from './check-stage.js';
export { detourThrough } from './detour.js';
export { durableQueueOf, hasQueue, isQueueId, queueId, stageOfQueue } from './durable.js';
export { keptSegments } from './kept-segments.js';
export {
  choosesReaders,
  formatOf,
  framingOf,
  inputShape,
  inTopologicalOrder,
  type PlanProblem,
} from './knowledge.js';
export { onlySegmentsOf } from './only.js';
export * from './pipeline.js';
export { TOP_LEVEL } from './pipeline-fields.js';
export type { ChainPlan, InboxPlan, NodeKind, NodePlan, Plan, QueuePlan, SegmentPlan } from './plan.js';
export { makeSink, type ReadSinkOptions, readSink } from './read-sink.js';
export { type ReplayedPipeline, replayedPipeline } from './replayed.js';
export { readTestFile, type StageKinds } from './tests/read-tests.js';
export type * from './tests/types.js';
