import { compileExpression, parseExpression } from '../../src/expression/index.js';
import { batchOf, type Cell, newArena } from '../expression/records.js';
import { fieldsAt } from '../formats/support.js';
import type { Case } from './suite.js';

const arena = newArena();

/** Vector's functions as expressions over the fields `input` and whatever its options are called. */
const EXPRESSIONS: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => string>> = {
  parse_timestamp: ({ timezone }) =>
    `parse_timestamp(input, format${timezone === undefined ? '' : ', timezone'})`,
  parse_query_string: () => 'query_string(input)',
  parse_url: () => 'url(input)',
  parse_duration: () => 'parse_duration(input, unit)',
  parse_int: ({ base }) => `parse_int(input${base === undefined ? '' : ', base'})`,
  parse_float: () => 'double(input)',
};

/** Whether a function of Vector's is an expression of ours. */
export function isExpression(name: string): boolean {
  return Object.hasOwn(EXPRESSIONS, name);
}

/** What our expression for the case's function gives; what it refuses is thrown. */
export function evaluateCase({ name, input, options = {} }: Case): unknown {
  const expression = EXPRESSIONS[name.split('/')[0]!]!;
  arena.reset();
  const record = Object.fromEntries(
    Object.entries({ ...options, input }).map(([field, value]) => [field, cellOf(value)]),
  );
  const vector = compileExpression(parseExpression(expression(options))).evaluate(
    arena,
    batchOf(arena, [record]),
  );
  const { value } = fieldsAt(arena, new Map([['value', vector]]), 0);
  if (typeof value === 'object' && value !== null && 'error' in value) throw new Error(String(value.error));
  return withoutNulls(value);
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'string') return { text: value };
  if (typeof value !== 'object' || value === null) return { json: JSON.stringify(value) };
  return { micros: Date.parse((value as { $timestamp: string }).$timestamp) * 1000 };
}

/** The suite has an empty list where a URL has no port or fragment. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inner ?? []]));
}
