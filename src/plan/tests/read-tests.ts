import {
  addUnknownKey,
  type CheckedAt,
  checkValue,
  childPath,
  entryOf,
  lineAndColumn,
  type MapEntry,
  type MapNode,
  type Node,
  type Outside,
  type Place,
  type Problem,
  Problems,
  readYaml,
} from '../../config/index.js';
import type { StageKind } from '../pipeline-types.js';
import { TESTS_FIELD } from './fields.js';
import type {
  ExpectedAtStage,
  ExpectedItem,
  ExpectedLetters,
  Fault,
  FilePosition,
  Given,
  PipelineTest,
  TestMessage,
  TestRecord,
} from './types.js';

/** The stages of the pipeline that is tested. */
export type StageKinds = ReadonlyMap<string, StageKind>;

type Checked = Readonly<Record<string, unknown>>;
type Failing = Pick<Extract<Fault, { kind: 'fail' }>, 'stage' | 'times' | 'retryable' | 'code'>;

/** Reads a `tests` section. Every mistake is added to the problems; tests without mistakes are given. */
export function readTests(entry: MapEntry, stages: StageKinds, problems: Problems): PipelineTest[] {
  const node = entry.value;
  if (node.kind === 'scalar' && node.value === null) return [];
  const at = { path: entry.key, problems };
  const before = problems.count;
  const checked = checkValue(node, TESTS_FIELD.type, at) as readonly Checked[] | undefined;
  if (node.kind !== 'list') return [];
  const maps = node.items.filter((item) => item.kind === 'map');
  for (const [i, map] of maps.entries()) {
    checkStages(map, `${at.path}[${i}]`, stages, problems);
    checkFaults(map, `${at.path}[${i}]`, stages, problems);
  }
  if (!checked || problems.count > before) return [];
  for (const [i, map] of maps.entries()) checkGiven(map, `${at.path}[${i}]`, stages, problems);
  // A value that could not be filled in is missing, and was reported before.
  return problems.count > 0 ? [] : maps.map((map, i) => new TestReader(map, checked[i]!).read());
}

/** Finds names of stages that do not exist. */
function checkStages(map: MapNode, path: string, stages: StageKinds, problems: Problems): void {
  for (const key of ['given', 'expect', 'dropped']) {
    const section = entryOf(map, key)?.value;
    const at = { path: childPath(path, key), problems };
    for (const entry of section?.kind === 'map' ? section.entries : []) {
      if (!stages.has(entry.key)) addUnknownStage(entry, stages, at);
    }
  }
}

function addUnknownStage({ key, keyPlace }: MapEntry, stages: StageKinds, at: CheckedAt): void {
  const nearest = at.problems.nearest(key, stages.keys());
  at.problems.add(keyPlace, childPath(at.path, key), 'the pipeline has no stage of this name', nearest);
}

/** Finds what a stage cannot be given, and what cannot be expected of it. */
function checkGiven(map: MapNode, path: string, stages: StageKinds, problems: Problems): void {
  for (const { key, keyPlace, value } of entriesOf(map, 'given')) {
    const at = childPath(childPath(path, 'given'), key);
    const isText = value.kind === 'list' ? value.items.some(({ kind }) => kind === 'scalar') : hasText(value);
    const hasRecords =
      value.kind === 'list' ? value.items.some(({ kind }) => kind === 'map') : !!entryOf(value, 'records');
    if (isText && hasRecords)
      problems.add(keyPlace, at, 'expected lines or records, found both: give them in two tests');
    else if (isText && stages.get(key) !== 'source')
      problems.add(keyPlace, at, `a ${stages.get(key)} gets records (maps): only a source reads lines`);
    else if (!isText && !hasRecords && value.kind === 'map')
      problems.add(keyPlace, at, 'expected one of text, file, messages and records, found none');
  }
  for (const { key, value } of entriesOf(map, 'expect')) {
    const text = entryOf(value, 'text');
    if (!text || stages.get(key) === 'sink') continue;
    const at = childPath(childPath(childPath(path, 'expect'), key), 'text');
    problems.add(text.keyPlace, at, 'only a sink writes bytes: expect records here');
  }
}

/** Finds faults that cannot happen, and what cannot be told after a crash. */
function checkFaults(map: MapNode, path: string, stages: StageKinds, problems: Problems): void {
  const list = entryOf(map, 'faults')?.value;
  const faults = list?.kind === 'list' ? list.items : [];
  for (const [i, fault] of faults.entries()) {
    const at = `${childPath(path, 'faults')}[${i}]`;
    if (fault.kind !== 'map') continue;
    const { entries } = fault;
    if (entries.length !== 1)
      problems.add(
        fault.place,
        at,
        `expected one of fail, slow and crash, found ${entries.length || 'none'}`,
      );
    for (const { key, value } of entries) {
      const stage = entryOf(value, 'stage');
      if (stage) checkFaultyStage(stage, childPath(childPath(at, key), 'stage'), stages, problems);
    }
  }
  const dropped = entryOf(map, 'dropped');
  if (dropped && faults.some((fault) => entryOf(fault, 'crash'))) {
    const message =
      'what was left out before a crash is not counted after it: expect the records in its place';
    problems.add(dropped.keyPlace, childPath(path, 'dropped'), message);
  }
}

function checkFaultyStage({ value }: MapEntry, path: string, stages: StageKinds, problems: Problems): void {
  const id = value.kind === 'scalar' ? String(value.value) : '';
  const kind = stages.get(id);
  if (kind === undefined) {
    const nearest = problems.nearest(id, stages.keys());
    problems.add(value.place, path, 'the pipeline has no stage of this name', nearest);
  } else if (kind !== 'sink') {
    const message = `expected a sink, found the ${kind} "${id}": it fails by what it is given, and works as fast as it can`;
    problems.add(value.place, path, message);
  }
}

function hasText(given: Node): boolean {
  return ['text', 'file', 'messages'].some((name) => entryOf(given, name) !== undefined);
}

function entriesOf(map: MapNode, key: string): readonly MapEntry[] {
  const section = entryOf(map, key)?.value;
  return section?.kind === 'map' ? section.entries : [];
}

function positionOf(place: Place): FilePosition {
  return { file: place.source.file, ...lineAndColumn(place) };
}

/** Joins the checked values of a test with the places where they stand. */
class TestReader {
  readonly #map: MapNode;
  readonly #checked: Checked;

  constructor(map: MapNode, checked: Checked) {
    this.#map = map;
    this.#checked = checked;
  }

  read(): PipelineTest {
    const { name, now, fails } = this.#checked;
    const failsAt = entryOf(this.#map, 'fails')?.value.place;
    return {
      name: name as string,
      position: positionOf(this.#map.place),
      ...(now !== undefined && { nowMs: now as number }),
      given: this.#section('given').map(([entry, value]) => givenOf(entry, value)),
      expected: this.#section('expect').map(([entry, value]) => expectedOf(entry, value)),
      deadLetters: this.#letters(),
      dropped: this.#section('dropped').map(([entry, count]) => {
        return { stage: entry.key, count: count as number, position: positionOf(entry.value.place) };
      }),
      ...(failsAt && { fails: { code: fails as string, position: positionOf(failsAt) } }),
      faults: this.#faults(),
    };
  }

  #section(key: string): [MapEntry, unknown][] {
    const values = (this.#checked[key] ?? {}) as Checked;
    return entriesOf(this.#map, key).map((entry) => [entry, values[entry.key]]);
  }

  #faults(): Fault[] {
    const list = entryOf(this.#map, 'faults')?.value;
    const items = list?.kind === 'list' ? list.items : [];
    const values = (this.#checked.faults ?? []) as readonly Checked[];
    return items.map((item, i) => faultOf(positionOf(item.place), values[i]!));
  }

  #letters(): ExpectedLetters {
    const entry = entryOf(this.#map, 'dead_letters');
    const items = entry?.value.kind === 'list' ? entry.value.items : [];
    const values = (this.#checked.dead_letters ?? []) as readonly TestRecord[];
    return {
      position: positionOf(entry?.keyPlace ?? this.#map.place),
      letters: items.map((item, i) => ({ fields: values[i]!, position: positionOf(item.place) })),
    };
  }
}

function faultOf(position: FilePosition, { fail, slow, crash }: Checked): Fault {
  if (fail !== undefined) return { position, kind: 'fail', ...(fail as Failing) };
  if (crash !== undefined)
    return { position, kind: 'crash', afterBatches: (crash as Checked).after as number };
  const { stage, delay } = slow as Checked;
  return { position, kind: 'slow', stage: stage as string, delayMs: delay as number };
}

function givenOf({ key, keyPlace }: MapEntry, value: unknown): Given {
  const at = { stage: key, position: positionOf(keyPlace) };
  if (Array.isArray(value)) return { ...at, content: listOf(value as readonly (string | TestRecord)[]) };
  const { text, file, messages, records, from } = value as Checked;
  const source = from === undefined ? {} : { from: from as string };
  if (file !== undefined) return { ...at, ...source, content: { kind: 'file', path: file as string } };
  if (text !== undefined) return { ...at, ...source, content: { kind: 'text', text: text as string } };
  if (messages !== undefined)
    return { ...at, ...source, content: messagesOf(messages as readonly (string | TestMessage)[]) };
  return { ...at, ...source, content: { kind: 'records', records: records as readonly TestRecord[] } };
}

function messagesOf(messages: readonly (string | TestMessage)[]): Given['content'] {
  return {
    kind: 'messages',
    messages: messages.map((message) => (typeof message === 'string' ? { text: message } : message)),
  };
}

function listOf(items: readonly (string | TestRecord)[]): Given['content'] {
  const lines = items.filter((item) => typeof item === 'string');
  if (lines.length === 0) return { kind: 'records', records: items as readonly TestRecord[] };
  return { kind: 'text', text: lines.map((line) => `${line}\n`).join('') };
}

function expectedOf({ key, keyPlace, value: node }: MapEntry, value: unknown): ExpectedAtStage {
  const at = { stage: key, position: positionOf(keyPlace) };
  if (Array.isArray(value)) return { ...at, records: itemsOf(node, value) };
  const { records, contains, where, count, text } = value as Checked;
  const position = (name: string) => positionOf(entryOf(node, name)!.value.place);
  return {
    ...at,
    ...(records !== undefined && { records: itemsOf(entryOf(node, 'records')!.value, records) }),
    ...(contains !== undefined && { contains: itemsOf(entryOf(node, 'contains')!.value, contains) }),
    ...(where !== undefined && { where: { text: where as string, position: position('where') } }),
    ...(count !== undefined && { count: { count: count as number, position: position('count') } }),
    ...(text !== undefined && { text: { text: text as string, position: position('text') } }),
  };
}

function itemsOf(list: Node, values: unknown): ExpectedItem[] {
  const nodes = list.kind === 'list' ? list.items : [];
  return (values as readonly (string | TestRecord)[]).map((value, i) => {
    const position = positionOf(nodes[i]!.place);
    return typeof value === 'string'
      ? { position, kind: 'condition', text: value }
      : { position, kind: 'record', record: value };
  });
}

/** Reads a file that holds nothing but `tests`, for a pipeline with these stages. */
export function readTestFile(
  text: string,
  file: string,
  stages: StageKinds,
  outside: Outside,
): { tests: PipelineTest[]; problems: Problem[] } {
  const problems = new Problems();
  const root = readYaml(text, file, outside, problems);
  const tests: PipelineTest[] = [];
  if (root && root.kind !== 'map') problems.add(root.place, '', 'expected a map with the key tests');
  for (const entry of root?.kind === 'map' ? root.entries : []) {
    if (entry.key === 'tests') tests.push(...readTests(entry, stages, problems));
    else addUnknownKey(entry, ['tests'], { path: '', problems });
  }
  return { tests: problems.count === 0 ? tests : [], problems: problems.sorted() };
}
