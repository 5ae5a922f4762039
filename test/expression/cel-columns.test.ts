import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileRow } from '../../src/expression/interpreter.js';
import { Frame } from '../../src/expression/kernels/frame.js';
import { parseTree } from '../../src/expression/parse.js';
import { compileTree } from '../../src/expression/program.js';
import { BatchRecord, valueAt } from '../../src/expression/record.js';
import type { Node } from '../../src/expression/tree.js';
import { Failure, type Value } from '../../src/expression/values.js';
import { celValue } from '../suites/cel.js';
import type { Case } from '../suites/suite.js';
import { batchOf, type Cell, comparable, newArena } from './records.js';

const SUITE = new URL('../../../shared/conformance/cel.json', import.meta.url);
const arena = newArena();

/** A value as a column holds it; undefined where columns cannot hold its type. */
function cellOf(value: Value): Cell {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? { text: value } : undefined;
    case 'number':
      return { double: value };
    case 'bigint':
    case 'boolean':
      return { json: String(value) };
    default:
      return undefined;
  }
}

/** An expression whose literals are fields, and the record in which these have the literals' values. */
interface Lifted {
  readonly root: Node;
  readonly record: Readonly<Record<string, Cell>>;
}

function lift(root: Node, bindings: Readonly<Record<string, Cell>>): Lifted {
  const record: Record<string, Cell> = { ...bindings };
  const liftAny = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(liftAny);
    if (typeof part !== 'object' || part === null) return part;
    const { op, value, offset } = part as { op?: string; value: Value; offset: number };
    if (op === 'literal') {
      const cell = cellOf(value);
      if (cell === undefined) return part;
      const name = `literal_${Object.keys(record).length}`;
      record[name] = cell;
      return { op: 'field', offset, name };
    }
    const entries = Object.entries(part).map(([key, inner]) => [
      key,
      key === 'definition' ? inner : liftAny(inner),
    ]);
    return Object.fromEntries(entries);
  };
  return { root: liftAny(root) as Node, record };
}

/** The record, one whose values belong to other fields, one without any, and the first again. */
function recordsOf(record: Readonly<Record<string, Cell>>): Record<string, Cell>[] {
  const names = Object.keys(record);
  const turned = names.map((name, i) => [name, record[names[(i + 1) % names.length]!]] as const);
  const absent = names.map((name) => [name, undefined] as const);
  return [{ ...record }, Object.fromEntries(turned), Object.fromEntries(absent), { ...record }];
}

function interpreted(root: Node, records: readonly Record<string, Cell>[]): unknown[] {
  arena.reset();
  const scope = new BatchRecord(new Frame(arena, batchOf(arena, records)));
  const interpret = compileRow(root);
  return records.map((_, row) => {
    scope.row = row;
    return interpret(scope);
  });
}

/** The bindings as cells; undefined where one has no column. */
function boundCells(bindings: Readonly<Record<string, unknown>>): Record<string, Cell> | undefined {
  const cells: Record<string, Cell> = {};
  for (const [name, written] of Object.entries(bindings)) {
    const cell = cellOf(celValue(written));
    if (cell === undefined) return undefined;
    cells[name] = cell;
  }
  return cells;
}

function treeOf({ input, options }: Case): Node | undefined {
  try {
    return parseTree(String(input), options?.disable_check !== true).root;
  } catch {
    return undefined;
  }
}

test.skipIf(!existsSync(SUITE))(
  "(needs ../shared/conformance) columns of the values of cel-spec's cases give what these give",
  () => {
    const cases = JSON.parse(readFileSync(SUITE, 'utf8')) as Case[];
    let lifted = 0;
    for (const item of cases) {
      const root = treeOf(item);
      const bound = boundCells((item.options?.bindings ?? {}) as Record<string, unknown>);
      if (!root || !bound) continue;
      const { root: fields, record } = lift(root, bound);
      const records = recordsOf(record);
      if (Object.keys(record).length === 0) continue;
      lifted++;
      const expected = interpreted(fields, records).map((value) => comparable(value as Value));
      const written = interpreted(root, records).map((value) => comparable(value as Value));
      arena.reset();
      const program = compileTree(fields);
      const batch = batchOf(arena, records);
      const vector = program.evaluate(arena, batch);
      const found = records.map((_, row) => comparable(valueAt(arena, vector, row)));
      expect(found, item.name).toEqual(expected);
      expect([expected[0], expected[3]], item.name).toEqual([written[0], written[3]]);
      arena.reset();
      const { rows, count, failed } = program.select(arena, batchOf(arena, records));
      const values = interpreted(fields, records);
      expect({ rows: [...rows.subarray(0, count)], failed }, item.name).toEqual({
        rows: values.flatMap((value, row) => (value === true ? [row] : [])),
        failed: values.filter((value) => value instanceof Failure).length,
      });
    }
    expect(lifted).toBeGreaterThan(cases.length / 2);
  },
);
