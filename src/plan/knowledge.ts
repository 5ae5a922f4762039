import { EMPTY_SHAPE, type Shape, unionOf } from '../batch/index.js';
import {
  type EnvelopeOfRecords,
  type ExchangeDefinition,
  FieldError,
  type KeyMemory,
  type PathOfRecords,
  readsOf,
  readsOfEnvelope,
  readsOfPath,
  type SinkDefinition,
  type SourceDefinition,
  type TransformDefinition,
} from '../component/index.js';
import {
  type FormatConfig,
  type FormatDefinition,
  type Framing,
  formatNamed,
  type MultilineConfig,
  multilineFraming,
  type Wanted,
} from '../formats/index.js';
import { durableQueueOf } from './durable.js';
import type { DurableQueueConfig, Pipeline, Stage } from './pipeline.js';

export const NOTHING: Wanted = { names: new Set(), all: false };

/** A stage that cannot work with what it is given. */
export interface PlanProblem {
  readonly stage: Stage;
  readonly message: string;
}

/** What is known of the records between the stages. */
export interface Knowledge {
  /** The stages, inputs before their readers. */
  readonly order: readonly Stage[];
  /** What each source and transform puts out, and what is wanted of it. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** What each stage wants of what it gets. */
  readonly needs: ReadonlyMap<string, Wanted>;
}

/**
 * Field names flow backward, so that decoders make only the columns that someone looks into; shapes flow forward, so that
 * encoders know theirs.
 */
export function learn(pipeline: Pipeline, problems: PlanProblem[]): Knowledge {
  const order = inTopologicalOrder(pipeline.stages);
  const shapes = shapesOf(order);
  return { order, shapes, ...wantedOf(order, shapes, verbatimOf(order), problems) };
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

/** The definition of a stage that works in the threads: of a transform or an exchange. */
export function transformOf({ definition }: Stage): TransformDefinition | ExchangeDefinition | undefined {
  return definition.kind === 'transform' || definition.kind === 'exchange' ? definition : undefined;
}

/** What a stage remembers. */
export function memoryOf({ definition, config }: Stage): KeyMemory | undefined {
  return definition.kind === 'transform' ? definition.memory?.(config) : undefined;
}

/** Whether a stage does not give all its records to all who read it. */
export function choosesReaders({ definition }: Stage): boolean {
  return (
    definition.kind === 'exchange' || (definition.kind === 'transform' && definition.outputs !== undefined)
  );
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
    } else {
      const shape = transformOf(stage)?.shape(stage.config, inputShape(stage, shapes));
      if (shape) shapes.set(stage.id, shape);
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
    const transform = transformOf(stage);
    const keeps = !transform || transform.keepsRecords;
    const [name] = names;
    if (keeps && name !== undefined && names.every((other) => other === name)) verbatim.set(stage.id, name);
  }
  return verbatim;
}

function verbatimFormat(source: Stage): string | undefined {
  // Messages and records of several lines hold newlines: they are written anew where records are lines.
  if ((source.definition as SourceDefinition).readsMessages || source.config.multiline) return undefined;
  const definition = formatOf(source)?.definition;
  return definition?.verbatim && definition.name;
}

function wantedOf(
  order: readonly Stage[],
  shapes: ReadonlyMap<string, Shape>,
  verbatim: ReadonlyMap<string, string>,
  problems: PlanProblem[],
): Pick<Knowledge, 'wanted' | 'needs'> {
  const wanted = new Map<string, Wanted>();
  const needsOfAll = new Map<string, Wanted>();
  for (const stage of [...order].reverse()) {
    let needs = needsOf(stage, wanted.get(stage.id) ?? NOTHING, shapes, problems);
    // What goes out as it came in needs no fields, only the check that it could have had them.
    if (stage.kind === 'sink' && verbatim.get(stage.id) === formatOf(stage)?.config.type) needs = NOTHING;
    const path = pathOf(stage);
    if (path) needs = both(needs, { names: readsOfPath(path), all: false });
    const envelope = envelopeOf(stage);
    if (envelope) needs = both(needs, { names: readsOfEnvelope(envelope), all: false });
    needsOfAll.set(stage.id, needs);
    const durable = durableQueueOf(stage);
    if (durable) needs = both(needs, wholeRecord(stage, durable, shapes));
    for (const input of stage.inputs) wanted.set(input, both(wanted.get(input) ?? NOTHING, needs));
  }
  return { wanted, needs: needsOfAll };
}

/** A durable queue keeps all that a record holds: another version of what reads it may ask for more. */
function wholeRecord(
  stage: Stage,
  { definition, config }: DurableQueueConfig,
  shapes: ReadonlyMap<string, Shape>,
): Wanted {
  const { key } = definition.partitioning(config);
  const names = [...inputShape(stage, shapes).fields.keys(), ...(key === undefined ? [] : readsOf(key))];
  return { names: new Set(names), all: true };
}

function needsOf(
  stage: Stage,
  wantedOfStage: Wanted,
  shapes: ReadonlyMap<string, Shape>,
  problems: PlanProblem[],
): Wanted {
  const transform = transformOf(stage);
  if (transform) return transform.needs(stage.config, wantedOfStage);
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
export function pathOf({ kind, definition, config }: Stage): PathOfRecords | undefined {
  return kind === 'sink' ? (definition as SinkDefinition).path?.(config) : undefined;
}

/** What a sink has to know of each of its records. */
export function envelopeOf({ kind, definition, config }: Stage): EnvelopeOfRecords | undefined {
  return kind === 'sink' ? (definition as SinkDefinition).envelope?.(config) : undefined;
}

function both(a: Wanted, b: Wanted): Wanted {
  return { names: new Set([...a.names, ...b.names]), all: a.all || b.all };
}

/** The framing of a source's bytes, and how many lines come before its records. */
export function framingOf(stage: Stage): { framing: Framing; preambleLines: number } {
  const format = (stage.definition as SourceDefinition) && formatOf(stage);
  const decoder = format?.definition.decoder;
  const multiline = stage.config.multiline as MultilineConfig | undefined;
  return {
    framing: multiline ? multilineFraming(multiline) : (decoder?.framing(format!.config) ?? 'lines'),
    preambleLines: decoder?.preambleLines?.(format!.config) ?? 0,
  };
}
