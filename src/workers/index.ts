export { createLanes } from './create-lanes.js';
export { type DeadLetter, encodeDeadLetter, placeOf, recordOf } from './dead-letter.js';
export { InlineLanes, type Lanes, type ThreadData, workerCount } from './lanes.js';
export { createEncoder } from './nodes.js';
export { roundUp } from './outputs.js';
export { type Evaluated, RecordEvaluator } from './record-evaluator.js';
export { withResources } from './resources.js';
export {
  COUNTERS,
  Counter,
  DEAD_LETTERS,
  type OutputPart,
  type StoppedBy,
  type TripInput,
  type TripOutput,
  type TripRequest,
  type TripResult,
} from './trip.js';
