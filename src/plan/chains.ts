import { EMPTY_SHAPE, type Shape, unionOf } from '../batch/index.js';
import {
  FieldError,
  type PathOfRecords,
  readsOfPath,
  type SinkDefinition,
  type SourceDefinition,
  type TransformDefinition,
} from '../component/index.js';
import { type FormatConfig, type FormatDefinition, formatNamed, type Wanted } from '../formats/index.js';
import type { Pipeline, QueueConfig, Stage } from './pipeline.js';
import type { ChainPlan, InboxPlan, NodePlan, Plan } from './plan.js';

const NOTHING: Wanted = { names: new Set(), all: false };

/** A stage that cannot work with what it is given. */
export interface PlanProblem {
  readonly stage: Stage;
  readonly message: string;
}

/**
 * Turns a checked pipeline (its graph has no cycle) into chains and queues. Field names flow backward, so that decoders
 * make only the columns that someone looks into; shapes flow forward, so that encoders know theirs. No I/O.
 */
export function planPipeline(pipeline: Pipeline): { plan: Plan; problems: readonly PlanProblem[] } {
  const order = inTopologicalOrder(pipeline.stages);
  const stages = new Map(order.map((stage) => [stage.id, stage]));
  const problems: PlanProblem[] = [];
  const shapes = shapesOf(order);
  const wanted = wantedOf(order, shapes, verbatimOf(order), problems);
  const roots = order.filter(
    (stage) => stage.kind === 'source' || (stage.kind === 'transform' && stage.queue),
  );
  const chains = roots.map((root) => chainFrom(root, order, { shapes, wanted, pipeline }));
  const inboxes = inboxesOf(order, chains, pipeline);
  const segment = { id: pipeline.name, stages: order.map((stage) => stage.id), chains, inboxes };
  return { plan: { name: pipeline.name, stages, segments: [segment], shapes, wanted }, problems };
}

/** Inputs before their readers, otherwise in the order of the file. */
export function inTopologicalOrder(stages: readonly Stage[]): Stage[] {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const order = new Set<Stage>();
  const visit = (stage: Stage): void => {
    if (order.has(stage)) return;
    for (const input of stage.inputs) visit(byId.get(input)!);
    order.add(stage);
  };
  for (const stage of stages) visit(stage);
  return [...order];
}

/** The format of a stage that has one, with its definition. */
export function formatOf(stage: Stage): { config: FormatConfig; definition: FormatDefinition } | undefined {
  const config = stage.config.format as FormatConfig | undefined;
  const definition = config && formatNamed(config.type);
  return definition && { config, definition };
}

/** What arrives at a stage: the union of its inputs' shapes. */
export function inputShape(stage: Stage, shapes: ReadonlyMap<string, Shape>): Shape {
  return stage.inputs.map((id) => shapes.get(id)!).reduce(unionOf, EMPTY_SHAPE);
}

function shapesOf(order: readonly Stage[]): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const stage of order) {
    if (stage.kind === 'source') {
      const format = formatOf(stage);
      shapes.set(stage.id, format?.definition.decoder?.shape(format.config) ?? EMPTY_SHAPE);
    } else if (stage.kind === 'transform') {
      const definition = stage.definition as TransformDefinition;
      shapes.set(stage.id, definition.shape(stage.config, inputShape(stage, shapes)));
    }
  }
  return shapes;
}

/** The stages whose records are still the bytes that a source read, with the format of these bytes. */
function verbatimOf(order: readonly Stage[]): Map<string, string> {
  const verbatim = new Map<string, string>();
  for (const stage of order) {
    const names =
      stage.kind === 'source' ? [verbatimFormat(stage)] : stage.inputs.map((id) => verbatim.get(id));
    const keeps = stage.kind !== 'transform' || (stage.definition as TransformDefinition).keepsRecords;
    const [name] = names;
    if (keeps && name !== undefined && names.every((other) => other === name)) verbatim.set(stage.id, name);
  }
  return verbatim;
}

function verbatimFormat(source: Stage): string | undefined {
  const definition = formatOf(source)?.definition;
  return definition?.verbatim && definition.name;
}

function wantedOf(
  order: readonly Stage[],
  shapes: ReadonlyMap<string, Shape>,
  verbatim: ReadonlyMap<string, string>,
  problems: PlanProblem[],
): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const stage of [...order].reverse()) {
    let needs = needsOf(stage, wanted.get(stage.id) ?? NOTHING, shapes, problems);
    // What goes out as it came in needs no fields, only the check that it could have had them.
    if (stage.kind === 'sink' && verbatim.get(stage.id) === formatOf(stage)?.config.type) needs = NOTHING;
    const path = pathOf(stage);
    if (path) needs = both(needs, { names: readsOfPath(path), all: false });
    for (const input of stage.inputs) wanted.set(input, both(wanted.get(input) ?? NOTHING, needs));
  }
  return wanted;
}

function needsOf(
  stage: Stage,
  wantedOfStage: Wanted,
  shapes: ReadonlyMap<string, Shape>,
  problems: PlanProblem[],
): Wanted {
  if (stage.kind === 'transform') {
    return (stage.definition as TransformDefinition).needs(stage.config, wantedOfStage);
  }
  const format = stage.kind === 'sink' ? formatOf(stage) : undefined;
  if (!format) return NOTHING;
  try {
    return format.definition.encoder!.wanted(format.config, inputShape(stage, shapes));
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    problems.push({ stage, message: error.message });
    return NOTHING;
  }
}

/** To where the records of a sink go, where they name it themselves. */
function pathOf({ kind, definition, config }: Stage): PathOfRecords | undefined {
  return kind === 'sink' ? (definition as SinkDefinition).path?.(config) : undefined;
}

function both(a: Wanted, b: Wanted): Wanted {
  return { names: new Set([...a.names, ...b.names]), all: a.all || b.all };
}

interface Knowledge {
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly pipeline: Pipeline;
}

/** Fuses everything that is reached from `root` without passing a queue. */
function chainFrom(root: Stage, order: readonly Stage[], knowledge: Knowledge): ChainPlan {
  const nodes: NodePlan[] = [rootNode(root, knowledge)];
  const nodeOf = new Map<string, number>();
  if (root.kind === 'source') {
    nodeOf.set(root.id, 0);
  } else {
    nodes.push(transformNode(root, [0], knowledge));
    nodeOf.set(root.id, 1);
  }
  for (const stage of order) {
    if (stage === root) continue;
    const inputs = stage.inputs.flatMap((id) => nodeOf.get(id) ?? []);
    if (inputs.length === 0) continue;
    if (stage.kind === 'sink') nodes.push(encodeNode(stage, inputs, knowledge));
    else if (stage.queue) nodes.push({ ...stageNode(stage, inputs), kind: 'send' });
    else nodeOf.set(stage.id, nodes.push(transformNode(stage, inputs, knowledge)) - 1);
  }
  const { maxRecords } = knowledge.pipeline.runtime.batch;
  const mayRunAway = order.some((stage) => nodeOf.has(stage.id) && stageMayRunAway(stage));
  const plan = { id: root.id, nodes, maxRecords, copiesLines: nodes.every(copiesLines) };
  return mayRunAway ? { ...plan, mayRunAway } : plan;
}

function stageMayRunAway({ kind, definition, config }: Stage): boolean {
  return kind === 'transform' && ((definition as TransformDefinition).mayRunAway?.(config) ?? false);
}

function copiesLines({ kind, format, path }: NodePlan): boolean {
  return !path && (kind === 'decode' || kind === 'encode') && format?.type === 'lines';
}

function rootNode(root: Stage, { wanted }: Knowledge): NodePlan {
  const node = stageNode(root, []);
  const format = root.kind === 'source' ? formatOf(root) : undefined;
  if (!format) return { ...node, kind: 'receive' };
  const { names, all } = wanted.get(root.id) ?? NOTHING;
  const framing = format.definition.decoder!.framing;
  return { ...node, kind: 'decode', format: format.config, framing, wantedNames: [...names], wantsAll: all };
}

function stageNode(stage: Stage, inputs: readonly number[]): Omit<NodePlan, 'kind'> {
  const { id, type, config, onError } = stage;
  return { stage: id, type, config, inputs, onError: onError.action };
}

function transformNode(stage: Stage, inputs: readonly number[], { wanted }: Knowledge): NodePlan {
  const { names, all } = wanted.get(stage.id) ?? NOTHING;
  return { ...stageNode(stage, inputs), kind: 'transform', wantedNames: [...names], wantsAll: all };
}

function encodeNode(stage: Stage, inputs: readonly number[], { shapes }: Knowledge): NodePlan {
  const shape = inputShape(stage, shapes);
  const path = pathOf(stage);
  const node: NodePlan = { ...stageNode(stage, inputs), kind: 'encode', ...(path && { path }) };
  const format = formatOf(stage);
  if (!format) return node;
  return { ...node, format: format.config, shape: { fields: [...shape.fields], open: shape.open } };
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

/** The framing of a source's bytes, and how many lines come before its records. */
export function framingOf(stage: Stage): { framing: 'lines' | 'csv'; preambleLines: number } {
  const format = (stage.definition as SourceDefinition) && formatOf(stage);
  const decoder = format?.definition.decoder;
  return {
    framing: decoder?.framing ?? 'lines',
    preambleLines: decoder?.preambleLines?.(format!.config) ?? 0,
  };
}
