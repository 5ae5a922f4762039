import {
  type CheckedAt,
  checkFields,
  childPath,
  describe,
  entryOf,
  type MapNode,
  type Node,
  type Place,
} from '../config/index.js';
import type { HeaderMatch, HeaderValue } from '../routing/index.js';
import { FROM_FIELDS } from './pipeline-fields.js';

/** One of the inputs of a stage, as it is written: what the graph knows of the stage that it names comes later. */
export interface Input {
  readonly id: string;
  /** Of `id.output`. */
  readonly output?: string;
  /** Where it is written as `{ from: id, … }`. */
  readonly binding?: Binding;
  /** It gets what the exchange `id` could not route: it is its alternate exchange. */
  readonly isAlternate?: true;
  /** As it is written, which may be `${NAME}`. */
  readonly shown: string;
  readonly path: string;
  readonly place: Place;
}

/** What a stage asks of an exchange. */
export interface Binding {
  readonly keys?: readonly Written<string>[];
  readonly match: HeaderMatch;
  readonly headers?: ReadonlyMap<string, Written<HeaderValue>>;
}

/** A value and where it stands. */
export interface Written<T> {
  readonly value: T;
  readonly path: string;
  readonly place: Place;
}

/** Checks one of a stage's inputs for itself; none where it is not clear what it means. */
export function readInput(node: Node, at: CheckedAt): Input[] {
  if (node.kind === 'scalar' && node.failed) return [];
  if (node.kind === 'scalar' && node.text !== '') {
    const shown = node.written ?? node.text;
    const dot = node.text.indexOf('.');
    const id = dot < 0 ? node.text : node.text.slice(0, dot);
    const place = { shown, path: at.path, place: node.place };
    return [dot < 0 ? { id, ...place } : { id, output: node.text.slice(dot + 1), ...place }];
  }
  if (node.kind === 'map' && entryOf(node, 'from')) return readBinding(node, at);
  at.problems.add(node.place, at.path, `expected the name of a source or transform, found ${describe(node)}`);
  return [];
}

interface Checked {
  readonly binding?: string | readonly string[];
  readonly match: HeaderMatch;
  readonly headers?: Readonly<Record<string, unknown>>;
}

function readBinding(node: MapNode, at: CheckedAt): Input[] {
  const before = at.problems.count;
  const { binding, match, headers } = checkFields(node, FROM_FIELDS, at) as unknown as Checked;
  const from = entryOf(node, 'from')!.value;
  if (at.problems.count > before || from.kind !== 'scalar') return [];
  const read: Binding = {
    ...(binding !== undefined && { keys: keysOf(entryOf(node, 'binding')!.value, binding, at) }),
    ...(headers && { headers: headersOf(entryOf(node, 'headers')!.value, at) }),
    match,
  };
  const path = childPath(at.path, 'from');
  return [{ id: from.text, binding: read, shown: from.written ?? from.text, path, place: from.place }];
}

function keysOf(node: Node, binding: string | readonly string[], at: CheckedAt): Written<string>[] {
  const path = childPath(at.path, 'binding');
  if (typeof binding === 'string') return [{ value: binding, path, place: node.place }];
  return binding.map((value, i) => ({
    value,
    path: `${path}[${i}]`,
    place: (node.kind === 'list' ? node.items[i]! : node).place,
  }));
}

function headersOf(node: Node, at: CheckedAt): Map<string, Written<HeaderValue>> {
  const headers = new Map<string, Written<HeaderValue>>();
  for (const { key, value } of node.kind === 'map' ? node.entries : []) {
    const path = childPath(childPath(at.path, 'headers'), key);
    if (value.kind === 'scalar') headers.set(key, { value: value.value, path, place: value.place });
    else
      at.problems.add(
        value.place,
        path,
        `expected a text, a number, true, false or null, found ${describe(value)}`,
      );
  }
  return headers;
}
