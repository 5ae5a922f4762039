export { type LetterFilter, matches } from './filter.js';
export {
  type LetterChoice,
  type LetterName,
  type NamedDamage,
  type NamedLetter,
  PipelineLetters,
} from './pipeline-letters.js';
export { RangeCollector, type Ranges } from './ranges.js';
export { DeadLetters, type LetterDamage, type StoredLetter } from './reader.js';
export { RejectingSink } from './rejecting-sink.js';
export { ReportingSink } from './reporting-sink.js';
export { sendLetters } from './send-letters.js';
export { DeadLetterSink } from './sink.js';
export { StandaloneDeadLetterSink } from './standalone-sink.js';
export { type DeadLetterState, resolve } from './state.js';
export { deadLetterFolder, keepsState, resolveLetters } from './store.js';
