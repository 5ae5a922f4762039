export {
  formatOf,
  framingOf,
  inputShape,
  inTopologicalOrder,
  type PlanProblem,
  planPipeline,
} from './chains.js';
export * from './pipeline.js';
export type { ChainPlan, InboxPlan, NodeKind, NodePlan, Plan, SegmentPlan } from './plan.js';
