import type { Stage } from './api.js';

export interface Placed {
  readonly stage: Stage;
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly placed: ReadonlyMap<string, Placed>;
  readonly width: number;
  readonly height: number;
}

export const NODE = { width: 176, height: 84 };
const GAP = { x: 84, y: 28 };
const MARGIN = 8;

/** Stages from left to right, each behind all that it reads, and near to what it reads. */
export function layout(stages: readonly Stage[]): Layout {
  const columns: Stage[][] = [];
  for (const [id, column] of columnsOf(stages)) {
    columns[column] = [...(columns[column] ?? []), stages.find((stage) => stage.id === id)!];
  }
  const placed = new Map<string, Placed>();
  for (const [column, all] of columns.entries()) {
    const middle = (stage: Stage) => {
      const ys = stage.inputs.flatMap((input) => placed.get(input)?.y ?? []);
      return ys.length === 0 ? 0 : ys.reduce((sum, y) => sum + y, 0) / ys.length;
    };
    for (const [row, stage] of all.toSorted((a, b) => middle(a) - middle(b)).entries()) {
      const x = MARGIN + column * (NODE.width + GAP.x);
      placed.set(stage.id, { stage, x, y: MARGIN + row * (NODE.height + GAP.y) });
    }
  }
  const rows = Math.max(1, ...columns.map((column) => column.length));
  return {
    placed,
    width: 2 * MARGIN + columns.length * (NODE.width + GAP.x) - GAP.x,
    height: 2 * MARGIN + rows * (NODE.height + GAP.y) - GAP.y,
  };
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
