import { chainFrom, isRoot } from './fusion.js';
import { learn, type PlanProblem } from './knowledge.js';
import type { Pipeline, QueueConfig, Stage } from './pipeline.js';
import type { ChainPlan, InboxPlan, NodePlan, Plan } from './plan.js';

/** Turns a checked pipeline (its graph has no cycle) into chains and queues. No I/O. */
export function planPipeline(pipeline: Pipeline): { plan: Plan; problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const knowledge = learn(pipeline, problems);
  const { order, shapes, wanted } = knowledge;
  const chains = order.filter(isRoot).map((root) => chainFrom(root, knowledge, pipeline.runtime.batch));
  const inboxes = inboxesOf(order, chains, pipeline);
  const stages = new Map(order.map((stage) => [stage.id, stage]));
  const segment = { id: pipeline.name, stages: order.map((stage) => stage.id), chains, inboxes };
  return { plan: { name: pipeline.name, stages, segments: [segment], shapes, wanted }, problems };
}

function inboxesOf(order: readonly Stage[], chains: readonly ChainPlan[], pipeline: Pipeline): InboxPlan[] {
  const standard = defaultQueue(pipeline, order);
  return order
    .map((stage) => {
      const feeding = chains.filter((chain) => chain.nodes.some((node) => isLeafFor(node, stage.id)));
      const inputs = stage.kind === 'source' ? [stage.id] : feeding.map((chain) => chain.id);
      return { stage: stage.id, inputs, queue: { ...standard, ...stage.queue } };
    })
    .filter((inbox) => inbox.inputs.length > 0);
}

function isLeafFor(node: NodePlan, stage: string): boolean {
  return node.stage === stage && (node.kind === 'encode' || node.kind === 'send');
}

/**
 * Room for a few batches for every worker, and no more: what waits in a queue only costs memory. With many queues each
 * gets less, so that together they stay within half of `runtime.memory`; the other half is for work under way.
 */
function defaultQueue({ runtime }: Pipeline, order: readonly Stage[]): Required<QueueConfig> {
  const queues = order.filter((stage) => stage.kind !== 'transform' || stage.queue).length;
  const share = Math.floor(runtime.memoryBytes / 2 / queues);
  const maxBytes = Math.min(8 * runtime.batch.maxBytes, Math.max(share, runtime.batch.maxBytes));
  return { type: 'memory', maxBytes, whenFull: 'block' };
}
