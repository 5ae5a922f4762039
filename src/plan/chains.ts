import { durableQueueOf, queueId } from './durable.js';
import { chainsFrom, isRoot } from './fusion.js';
import { type Knowledge, learn, type PlanProblem, transformOf } from './knowledge.js';
import type { MemoryQueueConfig, Pipeline, Stage } from './pipeline.js';
import type { ChainPlan, InboxPlan, NodePlan, Plan, QueuePlan, SegmentPlan } from './plan.js';
import { cutIntoSegments, queuesBetween, refuseReturns, type SegmentStages, segmentId } from './segments.js';
import { unknownFields } from './unknown-fields.js';

/** Turns a checked pipeline (its graph has no cycle) into segments, chains and queues. No I/O. */
export function planPipeline(pipeline: Pipeline): { plan: Plan; problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const knowledge = learn(pipeline, problems);
  problems.push(...unknownFields(knowledge));
  const { order, shapes, wanted } = knowledge;
  const cut = cutIntoSegments(order);
  const queues = queuesBetween(cut);
  problems.push(...refuseReturns(cut, queues));
  const standard = defaultQueue(pipeline, cut);
  const segments = cut.map((stages) => segmentFrom(stages, { knowledge, pipeline, queues, standard }));
  const stages = new Map(order.map((stage) => [stage.id, stage]));
  return { plan: { name: pipeline.name, stages, segments, queues, shapes, wanted }, problems };
}

interface Surroundings {
  readonly knowledge: Knowledge;
  readonly pipeline: Pipeline;
  readonly queues: ReadonlyMap<string, QueuePlan>;
  readonly standard: Required<MemoryQueueConfig>;
}

function segmentFrom(
  stages: SegmentStages,
  { knowledge, pipeline, queues, standard }: Surroundings,
): SegmentPlan {
  const id = segmentId(stages);
  const { batch } = pipeline.runtime;
  const chains = stages.filter(isRoot).flatMap((root) => chainsFrom(root, knowledge, batch));
  const writes = [...queues.values()]
    .filter(({ producers }) => producers.includes(id))
    .map((queue) => queue.id);
  const reads = stages.filter(durableQueueOf).map((stage) => queueId(stage.id));
  const inboxes = [
    ...stages.filter(({ kind }) => kind === 'source').map((stage) => inboxOf(stage.id, [stage.id], standard)),
    ...reads.map((queue) => inboxOf(queue, [queue], standard)),
    ...stages.flatMap((stage) => {
      const inputs = chainsInto(stage.id, chains);
      const queue = durableQueueOf(stage) ? standard : { ...standard, ...(stage.queue as MemoryQueueConfig) };
      return inputs.length > 0 ? [inboxOf(stage.id, inputs, queue)] : [];
    }),
    ...writes.map((queue) => inboxOf(queue, chainsInto(queues.get(queue)!.stage.id, chains), standard)),
  ];
  return { id, stages: stages.map((stage) => stage.id), reads, writes, chains, inboxes };
}

function inboxOf(id: string, inputs: readonly string[], queue: Required<MemoryQueueConfig>): InboxPlan {
  return { id, inputs, queue };
}

function chainsInto(stage: string, chains: readonly ChainPlan[]): string[] {
  return chains.filter(({ nodes }) => nodes.some((node) => isLeafFor(node, stage))).map(({ id }) => id);
}

function isLeafFor(node: NodePlan, stage: string): boolean {
  return node.stage === stage && (node.kind === 'encode' || node.kind === 'send');
}

/**
 * Room for a few batches for every worker, and no more: what waits in a queue only costs memory. With many queues each
 * gets less, so that together they stay within half of `runtime.memory`; the other half is for work under way.
 */
function defaultQueue(
  { runtime }: Pipeline,
  segments: readonly SegmentStages[],
): Required<MemoryQueueConfig> {
  const stages = segments.flat();
  const durable = stages.filter(durableQueueOf).length;
  const isInbox = (stage: Stage) => !transformOf(stage) || isRoot(stage);
  const queues = stages.filter(isInbox).length + durable;
  const share = Math.floor(runtime.memoryBytes / 2 / queues);
  const maxBytes = Math.min(4 * runtime.batch.maxBytes, Math.max(share, runtime.batch.maxBytes));
  return { type: 'memory', maxBytes, whenFull: 'block' };
}
