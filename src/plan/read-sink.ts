import {
  entryOf,
  type MapEntry,
  type Node,
  type Outside,
  type Problem,
  Problems,
  readYaml,
  sourceOf,
} from '../config/index.js';
import { readStages } from './check-stage.js';
import type { Catalogue, Stage } from './pipeline-types.js';

export interface ReadSinkOptions {
  /** The sink's id, and what its text is called in messages. */
  readonly id: string;
  readonly name: string;
  readonly catalogue: Catalogue;
}

/** Reads a sink as it stands in a pipeline, without inputs: a map with `type`, or only the type. */
export function readSink(
  text: string,
  outside: Outside,
  options: ReadSinkOptions,
): Stage | readonly Problem[] {
  const problems = new Problems();
  const node = readYaml(text, options.name, outside, problems);
  const stage = node && sinkOf(node, options, problems);
  return stage && problems.count === 0 ? stage : problems.sorted();
}

/** The same of values that are in hand. */
export function makeSink(
  values: Readonly<Record<string, string>>,
  options: ReadSinkOptions,
): Stage | readonly Problem[] {
  const place = { source: sourceOf(options.name, ''), offset: 0 };
  const entries = Object.entries(values).map(([key, text]): MapEntry => {
    return { key, keyPlace: place, value: { kind: 'scalar', place, value: text, text, style: 'quoted' } };
  });
  const problems = new Problems();
  const stage = sinkOf({ kind: 'map', place, entries }, options, problems);
  return stage && problems.count === 0 ? stage : problems.sorted();
}

/** Checks it as the only stage of a pipeline. */
function sinkOf(node: Node, { id, catalogue }: ReadSinkOptions, problems: Problems): Stage | undefined {
  const { place } = node;
  const entry = (key: string, value: Node): MapEntry => ({ key, keyPlace: place, value });
  const map = (entries: readonly MapEntry[]): Node & { kind: 'map' } => ({ kind: 'map', place, entries });
  const own = node.kind === 'scalar' ? [entry('type', node)] : node.kind === 'map' ? node.entries : undefined;
  if (!own) {
    problems.add(place, '', 'expected a sink: its type, or a map with its type and options');
    return undefined;
  }
  const inputs = entryOf(node, 'inputs');
  if (inputs) problems.add(inputs.keyPlace, 'inputs', 'is not needed here: leave it out');
  const input: Node = { kind: 'scalar', place, value: 'input', text: 'input', style: 'quoted' };
  const others = own.filter(({ key }) => key !== 'inputs');
  const sink = map([...others, entry('inputs', input)]);
  const root = map([entry('sinks', map([entry(id, sink)]))]);
  return readStages(root, { catalogue, incomplete: problems.count > 0, problems })[0]?.stage;
}
