export {
  type LetterChoice,
  type LetterName,
  type NamedDamage,
  type NamedLetter,
  PipelineLetters,
  RangeCollector,
  type Ranges,
  resolveLetters,
} from './dead-letters/index.js';
export { Metrics, type QueueCounts, type StageCounts } from './metrics.js';
export {
  type LeftLetters,
  type ReplayedLetters,
  replayLetters,
} from './replay/replay-letters.js';
export { Run, type RunOptions } from './run.js';
