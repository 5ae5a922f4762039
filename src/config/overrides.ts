import type { Outside } from './interpolate.js';
import { childPath, type ListNode, type MapNode, type Node, quote } from './node.js';
import type { Place, Problems } from './problem.js';
import { readYaml } from './read.js';

type Step = string | number;

/** Thrown inside when an override cannot be applied; the message says why. */
class Refused extends Error {}

/**
 * Applies `--set path=value`, in order: `sources.web.paths[0]=x`, `transforms.a["odd key"]=1`. Values are YAML, so
 * `[a, b]` is a list. Maps on the way are made, a list can grow by one. Problems stand in `--set`, one option a line.
 */
export function applyOverrides(
  root: Node,
  overrides: readonly string[],
  outside: Outside,
  problems: Problems,
): Node {
  let node = root;
  for (const [index, override] of overrides.entries()) {
    // Blank lines before it make the option's number the line that problems name.
    const padding = '\n'.repeat(index);
    const place = { source: { file: '--set', text: override, lineStarts: lineStarts(index) }, offset: index };
    const { steps, end } = parsePath(override);
    if (override[end] !== '=' || steps.length === 0) {
      const message = `expected path=value such as sources.web.paths[0]=a.log, found ${quote(override)}`;
      problems.add(place, '', message);
      continue;
    }
    const spaces = ' '.repeat(end + 1);
    const value = readYaml(`${padding}${spaces}${override.slice(end + 1)}`, '--set', outside, problems);
    if (!value) continue;
    try {
      node = replaced(node, steps, value, place, '');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems.add(place, '', error.message);
    }
  }
  return node;
}

function lineStarts(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, i) => i);
}

/** Reads `a.b[0]["c"]`; `end` is where the path ends. */
function parsePath(text: string): { steps: Step[]; end: number } {
  const pattern = /(?:^|\.)([\w-]+)|\[(\d{1,6})\]|\[("(?:[^"\\]|\\["\\])*")\]/gy;
  const steps: Step[] = [];
  let end = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, key, index, quotedKey] = match;
    if (quotedKey !== undefined) steps.push(quotedKey.slice(1, -1).replace(/\\(.)/g, '$1'));
    else steps.push(index === undefined ? key! : Number(index));
    end = pattern.lastIndex;
  }
  return { steps, end };
}

/** A copy of the node in which the value at the path is another one. */
function replaced(
  node: Node | undefined,
  steps: readonly Step[],
  value: Node,
  place: Place,
  path: string,
): Node {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (typeof step === 'number') return replacedItem(node, step, rest, value, place, path);
  const empty: MapNode = { kind: 'map', place, entries: [] };
  const map = node === undefined || isNothing(node) ? empty : node;
  if (map.kind !== 'map') throw new Refused(`${path} is no map, so it has no ${quote(step)}`);
  const index = map.entries.findIndex(({ key }) => key === step);
  const old = map.entries[index];
  const inner = replaced(old?.value, rest, value, place, childPath(path, step));
  const entry = { key: step, keyPlace: old && rest.length > 0 ? old.keyPlace : place, value: inner };
  const entries = old ? map.entries.with(index, entry) : [...map.entries, entry];
  return { ...map, entries };
}

function replacedItem(
  node: Node | undefined,
  index: number,
  rest: readonly Step[],
  value: Node,
  place: Place,
  path: string,
): ListNode {
  const list: Node = node === undefined || isNothing(node) ? { kind: 'list', place, items: [] } : node;
  if (list.kind !== 'list') throw new Refused(`${path} is no list, so it has no [${index}]`);
  if (index > list.items.length) {
    throw new Refused(`the next item of ${path} is [${list.items.length}], so there is no [${index}]`);
  }
  const item = replaced(list.items[index], rest, value, place, `${path}[${index}]`);
  return { ...list, items: [...list.items.slice(0, index), item, ...list.items.slice(index + 1)] };
}

function isNothing(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}
