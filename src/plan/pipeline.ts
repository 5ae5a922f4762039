import { basename, dirname, extname, resolve } from 'node:path';
import {
  addUnknownKey,
  applyOverrides,
  checkFields,
  entryOf,
  type MapEntry,
  type MapNode,
  type Node,
  type Outside,
  type Problem,
  Problems,
  readSmallFile,
  readYaml,
} from '../config/index.js';
import { checkGraph } from './check-graph.js';
import { connected } from './check-readers.js';
import { readStages } from './check-stage.js';
import { refuseLater } from './later.js';
import { DEAD_LETTER_FIELDS, RUNTIME_FIELDS, TOP_LEVEL } from './pipeline-fields.js';
import type { Catalogue, DeadLetterConfig, Pipeline, RuntimeConfig } from './pipeline-types.js';
import { readTests } from './tests/read-tests.js';

export { pipelineSchema, testFileSchema } from './pipeline-schema.js';
export type * from './pipeline-types.js';

export interface ReadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `path=value` overrides, in order. */
  readonly set: readonly string[];
  readonly catalogue: Catalogue;
  /** Reads the files of `${file:…}`. */
  readonly readFile?: (path: string) => string;
  /** Runs the programs of `${exec:…}`; without it they are refused. */
  readonly runProgram?: Outside['runProgram'];
}

/**
 * Reads and checks a pipeline's file. Pure but for `${file:…}`. Never throws for what the text holds: every mistake is
 * in `problems`, by position, and `pipeline` is there only when there are none.
 * @param file its path, for messages and the default name; `-` is standard input
 */
export function readPipeline(
  text: string,
  file: string,
  { env, set, catalogue, readFile = readSmallFile, runProgram }: ReadOptions,
): { pipeline: Pipeline | undefined; problems: Problem[] } {
  const problems = new Problems();
  const outside: Outside = { env, readFile, runProgram };
  const read = readYaml(text, file === '-' ? '<stdin>' : file, outside, problems);
  const root = read && applyOverrides(read, set, outside, problems);
  const pipeline = root && checkPipeline(root, file, catalogue, problems);
  return { pipeline: problems.count === 0 ? pipeline : undefined, problems: problems.sorted() };
}

function checkPipeline(
  root: Node,
  file: string,
  catalogue: Catalogue,
  problems: Problems,
): Pipeline | undefined {
  if (root.kind !== 'map') {
    const start = { source: root.place.source, offset: 0 };
    problems.add(start, '', 'expected a pipeline: a map with sources, transforms and sinks');
    return undefined;
  }
  const incomplete = problems.count > 0;
  const misspelt = checkKeys(root, problems);
  const runtime = checkRuntime(entryOf(root, 'runtime'), problems);
  const read = readStages(root, {
    catalogue,
    incomplete,
    problems,
  });
  const graph = checkGraph(root, read, misspelt, problems);
  const name = checkName(root, file, problems);
  const deadLetter = checkDeadLetter(entryOf(root, 'dead_letter'), problems);
  const testsEntry = entryOf(root, 'tests');
  const kinds = new Map(read.map(({ id, kind }) => [id, kind]));
  const tests = testsEntry ? readTests(testsEntry, kinds, problems) : [];
  if (problems.count > 0) return undefined;
  return {
    name,
    stages: connected(graph),
    runtime,
    deadLetter,
    secrets: problems.secrets,
    warnings: problems.warnings,
    tests,
  };
}

/** Gives the sections that are there under a name that is not quite theirs. */
function checkKeys(root: MapNode, problems: Problems): Set<string> {
  const misspelt = new Set<string>();
  const known = TOP_LEVEL.map(({ name }) => name);
  for (const entry of root.entries) {
    const at = { path: '', problems };
    if (known.includes(entry.key) || refuseLater(entry, at)) continue;
    const meant = addUnknownKey(entry, known, at);
    if (meant !== undefined && !entryOf(root, meant)) misspelt.add(meant);
  }
  return misspelt;
}

function checkName(root: Node, file: string, problems: Problems): string {
  const field = TOP_LEVEL.filter(({ name }) => name === 'name');
  const entry = entryOf(root, 'name');
  if (!entry) return defaultName(file);
  const map = { kind: 'map' as const, place: entry.keyPlace, entries: [entry] };
  const { name } = checkFields(map, field, { path: '', problems });
  return (name as string | undefined) ?? '';
}

/** The file's base name, or its folder's where the file is simply called pipeline.yaml. */
export function defaultName(file: string): string {
  if (file === '-') return 'pipeline';
  const base = basename(file, extname(file));
  const name = base === 'pipeline' ? basename(dirname(resolve(file))) : base;
  return (
    name
      .replace(/[^\w.-]/g, '-')
      .replace(/^[^A-Za-z0-9_]+/, '')
      .slice(0, 64) || 'pipeline'
  );
}

/** The checked values of a section; where they have problems, what is not in doubt. */
function checkSection(
  entry: MapEntry | undefined,
  fields: Parameters<typeof checkFields>[1],
  problems: Problems,
): Record<string, unknown> {
  const at = { path: entry?.key ?? '', problems };
  const node = entry?.value;
  const empty = {
    kind: 'map' as const,
    place: { source: { file: '', text: '', lineStarts: [0] }, offset: 0 },
    entries: [],
  };
  if (!entry || !node || (node.kind === 'scalar' && node.value === null))
    return checkFields(empty, fields, at);
  if (node.kind === 'map') return checkFields(node, fields, at, { owner: entry.keyPlace });
  problems.add(node.place, at.path, `expected a map with ${fields.map(({ name }) => name).join(', ')}`);
  return checkFields(empty, fields, at);
}

function checkRuntime(entry: MapEntry | undefined, problems: Problems): RuntimeConfig {
  const config = checkSection(entry, RUNTIME_FIELDS, problems);
  const batch = (config.batch ?? {}) as Record<string, number>;
  return {
    workers: config.workers as number | 'auto',
    memoryBytes: config.memory as number,
    checkpointMs: config.checkpoint as number,
    tripTimeoutMs: config.trip_timeout as number,
    state: config.state as string,
    batch: {
      maxBytes: batch.max_bytes!,
      maxRecords: batch.max_records!,
      lingerMs: batch.linger!,
    },
  };
}

function checkDeadLetter(entry: MapEntry | undefined, problems: Problems): DeadLetterConfig {
  const type = entryOf(entry?.value, 'type');
  if (type) refuseLater(type, { path: 'dead_letter', problems });
  // The other keys are perhaps those of that store.
  const config = checkSection(type ? undefined : entry, DEAD_LETTER_FIELDS, problems);
  const maxShare = config.max_share as number | undefined;
  return { maxBytes: config.max_bytes as number, ...(maxShare !== undefined && { maxShare }) };
}
