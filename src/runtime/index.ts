export {
  DeadLetters,
  type LetterDamage,
  type LetterFilter,
  RangeCollector,
  type Ranges,
  resolveLetters,
  type StoredLetter,
} from './dead-letters/index.js';
export { Metrics, type StageCounts } from './metrics.js';
export { Run, type RunOptions } from './run.js';
