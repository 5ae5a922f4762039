export { checksum } from './checksum.js';
export { type LogRange, LogReader, offsetAtTime } from './reader.js';
export type { AppendAbout, LogFrame, LogOptions, LogState, SkippedRegion } from './types.js';
export { LogWriter } from './writer.js';
