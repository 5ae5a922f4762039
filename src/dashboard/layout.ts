import type { Stage } from './api.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** With its left upper corner. */
export interface Placed extends Point {
  readonly stage: Stage;
}

export interface Edge {
  readonly from: Placed;
  readonly to: Placed;
  /** Where it passes the columns between: the left end of a straight piece as wide as a stage. */
  readonly by: readonly Point[];
}

export interface Layout {
  readonly placed: readonly Placed[];
  readonly edges: readonly Edge[];
  readonly width: number;
  readonly height: number;
}

export const NODE = { width: 176, height: 84 };
const GAP = { x: 84, y: 28 };
const MARGIN = 8;

/** A stage, or a place where an edge passes between the stages of a column. */
interface Item {
  readonly stage: Stage | undefined;
  readonly before: Item[];
  readonly column: number;
  middle: number;
}

/** Stages from left to right, each behind all that it reads and near to it. No edge passes behind a stage. */
export function layout(stages: readonly Stage[]): Layout {
  const columns: Item[][] = [];
  const add = (column: number, before: Item[], stage?: Stage): Item => {
    const item = { stage, before, column, middle: 0 };
    columns[column] = [...(columns[column] ?? []), item];
    return item;
  };
  const items = new Map<string, Item>();
  const columnOf = columnsOf(stages);
  for (const stage of stages.toSorted((a, b) => columnOf.get(a.id)! - columnOf.get(b.id)!)) {
    const column = columnOf.get(stage.id)!;
    const before = stage.inputs.flatMap((input) => {
      let last = items.get(input);
      while (last && last.column + 1 < column) last = add(last.column + 1, [last]);
      return last ?? [];
    });
    items.set(stage.id, add(column, before, stage));
  }
  const height = Math.max(0, ...columns.map(placeColumn)) + MARGIN;
  const placed = new Map(
    [...items.values()].map((item) => [item, { stage: item.stage!, ...cornerOf(item) }]),
  );
  const edges = [...placed].flatMap(([item, to]) => item.before.map((last) => edgeOf(last, to, placed)));
  const width = 2 * MARGIN + columns.length * (NODE.width + GAP.x) - GAP.x;
  return { placed: [...placed.values()], edges, width, height };
}

/** Puts what is in a column as near to what it reads as there is room, and tells where it ends. */
function placeColumn(items: readonly Item[]): number {
  const wanted = (item: Item) =>
    item.before.reduce((sum, { middle }) => sum + middle, 0) / item.before.length;
  const wishes = items.map((item) => ({ item, at: item.before.length === 0 ? 0 : wanted(item) }));
  let free = MARGIN;
  for (const { item, at } of wishes.sort((a, b) => a.at - b.at)) {
    const half = item.stage ? NODE.height / 2 : 0;
    item.middle = Math.max(at, free + half);
    free = item.middle + half + GAP.y;
  }
  return free - GAP.y;
}

function cornerOf({ column, middle }: Item): Point {
  return { x: MARGIN + column * (NODE.width + GAP.x), y: middle - NODE.height / 2 };
}

function edgeOf(last: Item, to: Placed, placed: ReadonlyMap<Item, Placed>): Edge {
  const by: Point[] = [];
  let item = last;
  for (; !item.stage; item = item.before[0]!) by.unshift({ x: cornerOf(item).x, y: item.middle });
  return { from: placed.get(item)!, to, by };
}

/** How many stages lie before each at most. */
function columnsOf(stages: readonly Stage[]): Map<string, number> {
  const known = new Map<string, number>();
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const columnOf = (id: string): number => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const inputs = byId.get(id)!.inputs.filter((input) => byId.has(input));
    const column = inputs.length === 0 ? 0 : 1 + Math.max(...inputs.map(columnOf));
    known.set(id, column);
    return column;
  };
  for (const { id } of stages) columnOf(id);
  return known;
}
