export { createLanes } from './create-lanes.js';
export { inputOfChunk } from './cutter.js';
export { type DeadLetter, encodeDeadLetter, fateOf, parsedMeta, placeOf, recordOf } from './dead-letter.js';
export { createEncoder } from './encode-node.js';
export { InlineLanes, type Lanes, type ThreadData, workerCount } from './lanes.js';
export { roundUp } from './outputs.js';
export type { TapRequest, TapSample } from './probe.js';
export { type Evaluated, RecordEvaluator } from './record-evaluator.js';
export { withResources } from './resources.js';
export {
  buffersOfEnvelope,
  COUNTERS,
  Counter,
  DEAD_LETTERS,
  envelopesOf,
  type OutputPart,
  type StoppedBy,
  type TripInput,
  type TripOutput,
  type TripRequest,
  type TripResult,
} from './trip.js';
