export { Metrics, type StageCounts } from './metrics.js';
export { Run, type RunOptions } from './run.js';
