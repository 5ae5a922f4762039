import { type CheckedAt, checkScalar, describe, expectation } from './check-scalar.js';
import { defaultOf } from './defaults.js';
import type { Field, FieldType, Variant } from './fields.js';
import { childPath, entryOf, type MapEntry, type MapNode, type Node, setOwn } from './node.js';
import type { Place, Problems } from './problem.js';

export type { CheckedAt };

/** The most names that a message lists. */
const MOST_NAMES = 16;

export interface FieldsOptions {
  /** Where a missing key is reported: the key whose value the map is. */
  readonly owner?: Place;
  /** Keys that are checked elsewhere. */
  readonly others?: readonly string[];
}

/**
 * Checks a map against its fields, fills in defaults and collects every problem.
 * @returns the configuration, without the values that have problems
 */
export function checkFields(
  map: MapNode,
  fields: readonly Field[],
  at: CheckedAt,
  { owner = map.place, others = [] }: FieldsOptions = {},
): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  const names = fields.map(({ name }) => name);
  const given = new Map<string, MapEntry>();
  const meant = new Set<string | undefined>();
  for (const entry of map.entries) {
    if (names.includes(entry.key)) given.set(entry.key, entry);
    else if (!others.includes(entry.key)) meant.add(addUnknownKey(entry, [...names, ...others], at));
  }
  for (const field of fields) {
    const path = childPath(at.path, field.name);
    const entry = given.get(field.name);
    if (entry) {
      const value = checkValue(entry.value, field.type, { ...at, path });
      if (value !== undefined) setOwn(config, field.name, value);
    } else if (field.default !== undefined) {
      setOwn(config, field.name, defaultOf(field));
    } else if (field.required && !meant.has(field.name)) {
      at.problems.add(owner, path, `required, but missing: expected ${expectation(field.type)}`);
    }
  }
  return config;
}

/** Reports a key that nothing knows, with the nearest name or, where there are few, all. Gives the nearest name. */
export function addUnknownKey(entry: MapEntry, names: readonly string[], at: CheckedAt): string | undefined {
  const suggestion = at.problems.nearest(entry.key, names);
  const all = names.length > 0 && names.length <= MOST_NAMES ? `, expected one of ${names.join(', ')}` : '';
  const message = suggestion === undefined ? `unknown key${all}` : 'unknown key';
  at.problems.add(entry.keyPlace, childPath(at.path, entry.key), message, suggestion);
  return suggestion;
}

/** The checked value, or undefined when it has problems, which are then collected. */
export function checkValue(node: Node, type: FieldType, at: CheckedAt): unknown {
  if (node.kind === 'scalar' && node.failed) return undefined;
  switch (type.kind) {
    case 'any':
      return checkAny(node, at);
    case 'list':
      return checkList(node, type, at);
    case 'map':
      return checkMap(node, type.values, at);
    case 'object':
      return node.kind === 'map' ? checkNested(node, type.fields, at) : wrongType(node, type, at);
    case 'variant':
      return checkVariant(node, type, at);
    case 'either':
      return checkEither(node, type, at);
    default:
      return node.kind === 'scalar' ? checkScalar(node, type, at) : wrongType(node, type, at);
  }
}

function wrongType(node: Node, type: FieldType, { problems, path }: CheckedAt): undefined {
  problems.add(node.place, path, `expected ${expectation(type)}, found ${describe(node)}`);
  return undefined;
}

function checkAny(node: Node, at: CheckedAt): unknown {
  if (node.kind === 'list') return checkItems(node.items, { kind: 'any' }, at);
  if (node.kind === 'map') return checkMap(node, { kind: 'any' }, at);
  if (typeof node.value === 'number' && Number.isInteger(node.value) && !Number.isSafeInteger(node.value)) {
    at.problems.add(node.place, at.path, `this number cannot be held exactly, write it in quotes`);
    return undefined;
  }
  return node.value;
}

function checkList(node: Node, type: Extract<FieldType, { kind: 'list' }>, at: CheckedAt): unknown {
  if (node.kind === 'scalar' && node.value !== null && accepts(type.items, node)) {
    const item = node.written ?? node.text;
    const suggestion = item.length < 60 && node.style !== 'block' ? `[${item}]` : undefined;
    at.problems.add(node.place, at.path, `expected a list, found ${describe(node)}`, suggestion);
    return undefined;
  }
  if (node.kind !== 'list') return wrongType(node, type, at);
  const fewest = type.minItems ?? 0;
  if (node.items.length < fewest) {
    const expected = fewest === 1 ? 'at least one item' : `at least ${fewest} items`;
    at.problems.add(node.place, at.path, `expected ${expected}, found ${node.items.length || 'none'}`);
    return undefined;
  }
  return checkItems(node.items, type.items, at);
}

function checkItems(items: readonly Node[], type: FieldType, at: CheckedAt): unknown {
  const values = items.map((item, i) => checkValue(item, type, { ...at, path: `${at.path}[${i}]` }));
  return values.includes(undefined) ? undefined : values;
}

function checkMap(node: Node, values: FieldType, at: CheckedAt): unknown {
  if (node.kind !== 'map') return wrongType(node, { kind: 'map', values }, at);
  const result: Record<string, unknown> = {};
  let complete = true;
  for (const { key, value } of node.entries) {
    const checked = checkValue(value, values, { ...at, path: childPath(at.path, key) });
    if (checked === undefined) complete = false;
    else setOwn(result, key, checked);
  }
  return complete ? result : undefined;
}

/** A map whose missing keys are reported where it begins; undefined when anything in it is wrong. */
function checkNested(
  node: MapNode,
  fields: readonly Field[],
  at: CheckedAt,
): Record<string, unknown> | undefined {
  const before = at.problems.count;
  const config = checkFields(node, fields, at);
  return at.problems.count === before ? config : undefined;
}

function checkVariant(node: Node, type: Extract<FieldType, { kind: 'variant' }>, at: CheckedAt): unknown {
  if (node.kind === 'list' || (node.kind === 'scalar' && node.value === null))
    return wrongType(node, type, at);
  const chosen = node.kind === 'map' ? entryOf(node, 'type')?.value : node;
  if (!chosen) {
    at.problems.add(node.place, childPath(at.path, 'type'), `required, but missing: ${expectation(type)}`);
    return undefined;
  }
  const path = node.kind === 'map' ? childPath(at.path, 'type') : at.path;
  const variant = chooseVariant(chosen, type, { ...at, path });
  if (!variant) return undefined;
  const rest = node.kind === 'map' ? node.entries.filter(({ key }) => key !== 'type') : [];
  const config = checkNested({ kind: 'map', place: node.place, entries: rest }, variant.fields, at);
  return config && { type: variant.name, ...config };
}

function chooseVariant(
  node: Node,
  type: Extract<FieldType, { kind: 'variant' }>,
  at: CheckedAt,
): Variant | undefined {
  if (node.kind === 'scalar' && node.failed) return undefined;
  const variants = type.variants();
  const found = node.kind === 'scalar' ? variants.find(({ name }) => name === node.text) : undefined;
  if (found) return found;
  const shown = node.kind === 'scalar' && node.written === undefined;
  const suggestion = shown
    ? at.problems.nearest(
        node.text,
        variants.map(({ name }) => name),
      )
    : undefined;
  at.problems.add(node.place, at.path, `expected ${expectation(type)}, found ${describe(node)}`, suggestion);
  return undefined;
}

function checkEither(node: Node, type: Extract<FieldType, { kind: 'either' }>, at: CheckedAt): unknown {
  const attempts: Problems[] = [];
  for (const option of type.types) {
    const problems = at.problems.fork();
    const value = checkValue(node, option, { ...at, problems });
    if (problems.count === 0) return value;
    attempts.push(problems);
  }
  const fitting = type.types.flatMap((option, i) => (accepts(option, node) ? [attempts[i]!] : []));
  if (fitting.length === 1) {
    at.problems.adopt(fitting[0]!);
    return undefined;
  }
  const suggestion = fitting
    .flatMap((problems) => problems.sorted())
    .find((problem) => problem.suggestion)?.suggestion;
  at.problems.add(node.place, at.path, `expected ${expectation(type)}, found ${describe(node)}`, suggestion);
  return undefined;
}

/** Whether a value of this shape (not yet of this content) can be of the type. */
function accepts(type: FieldType, node: Node): boolean {
  switch (type.kind) {
    case 'any':
      return true;
    case 'either':
      return type.types.some((option) => accepts(option, node));
    case 'list':
      return node.kind === 'list';
    case 'map':
    case 'object':
      return node.kind === 'map';
    case 'variant':
      return node.kind !== 'list';
    default:
      return node.kind === 'scalar';
  }
}
