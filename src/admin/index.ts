export { type Family, familiesOf, type Labels } from './families.js';
export type { HistorySample, StageSample } from './history.js';
export { prometheusText } from './prometheus.js';
export { type ObservedPipeline, Recent } from './recent.js';
export { AdminServer, type AdminViews } from './server.js';
