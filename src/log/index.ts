export { checksum } from '../batch/index.js';
export { extentOf, type LogExtent } from './extent.js';
export { type LogRange, LogReader } from './reader.js';
export type { Retention } from './retention.js';
export { offsetAtTime } from './time-search.js';
export type { AppendAbout, LogFrame, LogOptions, LogState, SkippedRegion } from './types.js';
export { LogWriter } from './writer.js';
