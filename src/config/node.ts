import type { Place } from './problem.js';

/** A value with its place. Nodes that aliases name are shared, so the tree is a graph without cycles. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** The value's text, whatever its type: `0x1F` for 31. */
  readonly text: string;
  readonly style: 'plain' | 'quoted' | 'block';
  /** The text before `${NAME}` was filled in; absent when nothing was. This is what messages show. */
  readonly written?: string;
  /** It could not be filled in, which is a problem already. */
  readonly failed?: true;
}

export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  /** Keys are distinct. */
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: Node;
}

/** The entry of a key. */
export function entryOf(node: Node | undefined, key: string): MapEntry | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined;
}

/** Sets a property whatever its name: `__proto__` becomes a property like any other. */
export function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** The value as plain data. */
export function plainOf(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  const result = {};
  for (const { key, value } of node.entries) setOwn(result, key, plainOf(value));
  return result;
}

/** `a.b` or `a["odd key"]`, as paths are printed and as `--set` takes them. */
export function childPath(path: string, key: string): string {
  if (/^[\w-]+$/.test(key)) return path === '' ? key : `${path}.${key}`;
  return `${path}[${quote(key)}]`;
}

const LONGEST_QUOTE = 60;

/** The text in double quotes, cut when it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}
