import { entryOf, type MapNode, type Problems, quote } from '../config/index.js';
import type { Input } from './check-input.js';
import { checkReading, withAlternates } from './check-readers.js';
import type { StageId } from './check-stage.js';
import { durableQueueOf } from './durable.js';

const SECTIONS = ['sources', 'transforms', 'exchanges', 'sinks'];

/**
 * Finds what single stages cannot tell: names, inputs, bindings, stages that lead nowhere, cycles. All at once. Returns the
 * stages with all their inputs.
 * @param misspelt sections that are there under another name, whose stages are therefore not known
 */
export function checkGraph(
  root: MapNode,
  read: readonly StageId[],
  misspelt: ReadonlySet<string>,
  problems: Problems,
): readonly StageId[] {
  checkEnds(root, misspelt, problems);
  const all = SECTIONS.every((section) => !misspelt.has(section));
  const stages = withAlternates(read, all, problems);
  const byId = checkNames(stages, problems);
  const readOf = new Set<string>();
  for (const stage of stages) for (const id of checkInputs(stage, byId, all, problems)) readOf.add(id);
  for (const { id, kind, path, place } of byId.values()) {
    if (kind === 'sink' || readOf.has(id) || !all) continue;
    problems.add(place, path, `nobody reads this ${kind}: no transform or sink has it among its inputs`);
  }
  checkCycles(byId, problems);
  for (const stage of byId.values()) if (all) checkRejecting(stage, byId, problems);
  return stages;
}

function checkEnds(root: MapNode, misspelt: ReadonlySet<string>, problems: Problems): void {
  for (const section of ['sources', 'sinks']) {
    const entry = entryOf(root, section);
    const value = entry?.value;
    const filled = value?.kind === 'map' && value.entries.length > 0;
    const wrongType = value?.kind === 'list' || (value?.kind === 'scalar' && value.value !== null);
    if (filled || wrongType || misspelt.has(section)) continue;
    const place = entry?.keyPlace ?? { source: root.place.source, offset: 0 };
    problems.add(place, section, `a pipeline needs at least one ${section.slice(0, -1)}`);
  }
}

function checkNames(stages: readonly StageId[], problems: Problems): Map<string, StageId> {
  const byId = new Map<string, StageId>();
  for (const stage of stages) {
    const first = byId.get(stage.id);
    if (first)
      problems.add(
        stage.place,
        stage.path,
        `the name is taken by ${first.path}: names are shared by all stages`,
      );
    else byId.set(stage.id, stage);
  }
  return byId;
}

/** Checks the inputs of one stage; gives those that it reads, or most likely means to. */
function checkInputs(
  stage: StageId,
  byId: ReadonlyMap<string, StageId>,
  all: boolean,
  problems: Problems,
): Set<string> {
  const seen = new Set<string>();
  const named = new Set<string>();
  for (const input of stage.inputs) {
    const { id, output, binding, isAlternate, path, place } = input;
    const target = byId.get(id);
    const name = output === undefined ? id : `${id}.${output}`;
    if (named.has(name)) problems.add(place, path, `${quote(input.shown)} is among the inputs twice`);
    else if (!target && all) addUnknownInput(input, stage, byId, seen, problems);
    else if (target?.kind === 'sink')
      problems.add(place, path, `${quote(input.shown)} is a sink, nothing comes out of it`);
    else if (target) checkReading(input, target, problems);
    seen.add(id);
    // An exchange may be bound several times.
    if (!binding && !isAlternate) named.add(name);
  }
  return seen;
}

function addUnknownInput(
  { id, binding, shown, path, place }: Input,
  stage: StageId,
  byId: ReadonlyMap<string, StageId>,
  seen: Set<string>,
  problems: Problems,
): void {
  const candidates = [...byId.values()]
    .filter((other) => (binding ? other.kind === 'exchange' : other.kind !== 'sink') && other !== stage)
    .map((other) => other.id);
  const nearest = shown.startsWith(id) ? problems.nearest(id, candidates) : undefined;
  if (nearest !== undefined) seen.add(nearest);
  const kinds = binding ? 'exchange' : 'source or transform';
  problems.add(place, path, `there is no ${kinds} ${quote(shown)}`, nearest);
}

/** Depth-first search; an edge back to a stage on the way there closes a cycle. */
function checkCycles(byId: ReadonlyMap<string, StageId>, problems: Problems): void {
  const done = new Set<StageId>();
  const way: StageId[] = [];
  const visit = (stage: StageId): void => {
    way.push(stage);
    for (const { id } of stage.inputs) {
      const input = byId.get(id);
      if (!input || input.kind === 'sink' || done.has(input)) continue;
      const begin = way.indexOf(input);
      if (begin === -1) visit(input);
      else addCycle(way.slice(begin), problems);
    }
    way.pop();
    done.add(stage);
  };
  for (const stage of byId.values()) if (!done.has(stage)) visit(stage);
}

/** Prints a cycle in the direction in which records would flow, beginning with the stage that stands first. */
function addCycle(upstream: readonly StageId[], problems: Problems): void {
  const flow = [...upstream].reverse();
  const first = flow.reduce((a, b) => (b.place.offset < a.place.offset ? b : a));
  const at = flow.indexOf(first);
  const names = [...flow.slice(at), ...flow.slice(0, at), first].map(({ id }) => id);
  const shown = names.length > 12 ? [...names.slice(0, 6), '…', ...names.slice(-5)] : names;
  problems.add(first.place, first.path, `its records come back to it: ${shown.join(' → ')}`);
}

/** Only what comes straight from a broker can be given back to it. */
function checkRejecting(stage: StageId, byId: ReadonlyMap<string, StageId>, problems: Problems): void {
  if (stage.stage?.onError.action !== 'reject') return;
  const reason = [...before(stage, byId)].map(whyNoRejection).find((why) => why !== undefined);
  if (reason !== undefined) problems.add(stage.onErrorPlace ?? stage.place, `${stage.path}.on_error`, reason);
}

/** The stage and all from which records come to it. */
function before(stage: StageId, byId: ReadonlyMap<string, StageId>): ReadonlySet<StageId> {
  const reached = new Set([stage]);
  for (const { inputs } of reached) {
    for (const { id } of inputs) {
      const input = byId.get(id);
      if (input) reached.add(input);
    }
  }
  return reached;
}

function whyNoRejection({ id, stage }: StageId): string | undefined {
  if (!stage) return undefined;
  if (durableQueueOf(stage))
    return `what comes out of the durable queue of ${quote(id)} cannot be rejected: its source has been told that it is safe`;
  const { definition, type } = stage;
  if (definition.kind !== 'source' || definition.takesRejections) return undefined;
  return `records of ${quote(id)} cannot be rejected: ${quote(type)} takes nothing back, "amqp" does`;
}
