export { type Bottleneck, bottleneckOf, bottleneckText } from './bottleneck.js';
export {
  keepsState,
  type LetterChoice,
  type LetterFilter,
  type LetterName,
  matches,
  type NamedDamage,
  type NamedLetter,
  PipelineLetters,
  RangeCollector,
  type Ranges,
  resolveLetters,
} from './dead-letters/index.js';
export { type HistogramCounts, LATENCY_BOUNDS_MS, quantileMs } from './histogram.js';
export { Metrics, type QueueCounts, type StageCounts } from './metrics.js';
export type {
  ChainObservation,
  DurableQueueObservation,
  Observation,
  QueueObservation,
  StageObservation,
} from './observation.js';
export type { NextVersion } from './parts.js';
export { Checkpoints, ForgottenState, PipelineState } from './pipeline-state.js';
export {
  lagOf,
  type MovedPartition,
  movesTo,
  moveTo,
  nextFor,
  openQueues,
  type PipelineQueue,
  type QueueGroup,
  type QueuePoint,
  rangesBetween,
  recordsIn,
  registerGroup,
  type StoredRange,
} from './queues/index.js';
export { replayId } from './replay/replay-id.js';
export {
  type LeftLetters,
  type ReplayedLetters,
  type ReplayLettersOptions,
  replayLetters,
} from './replay/replay-letters.js';
export { type KeptReplay, type ReplayQueueOptions, replayQueue } from './replay/replay-queue.js';
export { runStored, type StoredRunOutcome } from './replay/run-stored.js';
export { type Reloaded, Run, type RunOptions } from './run.js';
export { type TapSide, Taps } from './taps.js';
