import type { Arena } from '../batch/index.js';
import type { ChainPlan } from '../plan/index.js';
import { AskNode } from './ask-node.js';
import { EncodeNode } from './encode-node.js';
import { DecodeNode, TransformNode } from './nodes.js';
import { ReceiveNode } from './receive-node.js';
import { SendNode } from './send-node.js';

export type Node = DecodeNode | ReceiveNode | TransformNode | EncodeNode | SendNode | AskNode;

/** Makes the nodes of a chain ready to run in an arena. */
export async function createNodes(plan: ChainPlan, arena: Arena): Promise<Node[]> {
  const nodes: Node[] = [];
  for (const [index, node] of plan.nodes.entries()) {
    if (node.kind === 'decode') nodes.push(new DecodeNode(node, index));
    else if (node.kind === 'transform')
      nodes.push(new TransformNode(node, index, arena, readersOf(plan, index)));
    else if (node.kind === 'encode') nodes.push(await EncodeNode.create(node, index, arena));
    else if (node.kind === 'send')
      nodes.push(node.asks ? new AskNode(node, index) : await SendNode.create(node, arena));
    else nodes.push(new ReceiveNode(node));
  }
  return nodes;
}

/** The nodes that read node `index`, by their stages. */
function readersOf({ nodes }: ChainPlan, index: number): Map<string, number> {
  return new Map(
    nodes.flatMap(({ stage, inputs }, reader) => (inputs.includes(index) ? [[stage, reader] as const] : [])),
  );
}
