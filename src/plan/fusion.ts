import { durableQueueOf, queueId } from './durable.js';
import {
  envelopeOf,
  formatOf,
  framingOf,
  inputShape,
  type Knowledge,
  memoryOf,
  NOTHING,
  pathOf,
  transformOf,
} from './knowledge.js';
import type { Pipeline, Stage } from './pipeline.js';
import type { ChainPlan, NodePlan } from './plan.js';

/** Whether a chain begins there. What waits in front of a sink in memory is encoded already. */
export function isRoot(stage: Stage): boolean {
  if (transformOf(stage)) return stage.queue !== undefined || memoryOf(stage) !== undefined;
  return stage.kind === 'source' || durableQueueOf(stage) !== undefined;
}

/**
 * Fuses everything that is reached from `root` without passing a queue. What comes out of a durable queue in front of a stage with
 * a memory takes a chain of its own to it: there the questions are asked.
 */
export function chainsFrom(
  root: Stage,
  knowledge: Knowledge,
  { maxRecords }: Pipeline['runtime']['batch'],
): ChainPlan[] {
  const chain = chainFrom(root, knowledge, maxRecords);
  if (!memoryOf(root)) return [chain];
  const own = { ...chain, id: root.id, remembers: root.id };
  if (!durableQueueOf(root)) return [own];
  const nodes = [rootNode(root, knowledge), askNode(root, [0])];
  return [{ id: queueId(root.id), nodes, maxRecords, copiesLines: false }, own];
}

function chainFrom(root: Stage, knowledge: Knowledge, maxRecords: number): ChainPlan {
  const { order } = knowledge;
  const nodes: NodePlan[] = [rootNode(root, knowledge)];
  const nodeOf = new Map<string, number>();
  const add = (stage: Stage, inputs: readonly number[]) => {
    if (stage.kind === 'sink') nodes.push(encodeNode(stage, inputs, knowledge));
    else nodeOf.set(stage.id, nodes.push(transformNode(stage, inputs, knowledge)) - 1);
  };
  if (root.kind === 'source') nodeOf.set(root.id, 0);
  else add(root, [0]);
  for (const stage of order) {
    if (stage === root) continue;
    const inputs = stage.inputs.flatMap((id) => nodeOf.get(id) ?? []);
    if (inputs.length === 0) continue;
    if (isRoot(stage)) nodes.push(sendNode(stage, inputs));
    else add(stage, inputs);
  }
  const within = new Set([...nodeOf.keys(), ...nodes.flatMap((node) => (node.asks ? node.stage : []))]);
  const mayRunAway = order.some((stage) => within.has(stage.id) && stageMayRunAway(stage));
  const id = durableQueueOf(root) ? queueId(root.id) : root.id;
  const plan = { id, nodes, maxRecords, copiesLines: nodes.every(copiesLines) };
  return mayRunAway ? { ...plan, mayRunAway } : plan;
}

function stageMayRunAway(stage: Stage): boolean {
  if (stage.kind === 'source') return formatOf(stage)?.definition.decoder?.mayRunAway ?? false;
  return transformOf(stage)?.mayRunAway?.(stage.config) ?? false;
}

function copiesLines({ kind, format, framing, path, envelope }: NodePlan): boolean {
  if (path || envelope || format?.type !== 'lines') return false;
  return kind === 'encode' || (kind === 'decode' && framing === 'lines');
}

function rootNode(root: Stage, { wanted, needs }: Knowledge): NodePlan {
  const node = stageNode(root, []);
  const format = root.kind === 'source' ? formatOf(root) : undefined;
  const { names, all } = (format ? wanted : needs).get(root.id) ?? NOTHING;
  if (!format) return { ...node, kind: 'receive', wantedNames: [...names], wantsAll: all };
  const { framing } = framingOf(root);
  return { ...node, kind: 'decode', format: format.config, framing, wantedNames: [...names], wantsAll: all };
}

function stageNode(stage: Stage, inputs: readonly number[]): Omit<NodePlan, 'kind'> {
  const { id, type, config, onError } = stage;
  return { stage: id, type, config, inputs, onError: onError.action };
}

function sendNode(stage: Stage, inputs: readonly number[]): NodePlan {
  const durable = durableQueueOf(stage);
  if (!durable) return askNode(stage, inputs);
  const partitioning = durable.definition.partitioning(durable.config);
  return { ...stageNode(stage, inputs), kind: 'send', partitioning };
}

/** Sends to a stage's queue in memory, with what the stage asks where it has a memory. */
function askNode(stage: Stage, inputs: readonly number[]): NodePlan {
  const node: NodePlan = { ...stageNode(stage, inputs), kind: 'send' };
  const memory = memoryOf(stage);
  if (!memory) return node;
  const { key, time, nullPasses } = memory;
  return { ...node, asks: { key, ...(time !== undefined && { time }), ...(nullPasses && { nullPasses }) } };
}

function transformNode(stage: Stage, inputs: readonly number[], { wanted }: Knowledge): NodePlan {
  const { names, all } = wanted.get(stage.id) ?? NOTHING;
  return { ...stageNode(stage, inputs), kind: 'transform', wantedNames: [...names], wantsAll: all };
}

function encodeNode(stage: Stage, inputs: readonly number[], { shapes }: Knowledge): NodePlan {
  const shape = inputShape(stage, shapes);
  const path = pathOf(stage);
  const envelope = envelopeOf(stage);
  const node: NodePlan = {
    ...stageNode(stage, inputs),
    kind: 'encode',
    ...(path && { path }),
    ...(envelope && { envelope }),
  };
  const format = formatOf(stage);
  if (!format) return node;
  return { ...node, format: format.config, shape: { fields: [...shape.fields], open: shape.open } };
}
