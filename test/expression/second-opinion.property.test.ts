import { isCelError, run } from '@bufbuild/cel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileExpression, parseExpression } from '../../src/expression/index.js';
import { Failure } from '../../src/expression/values.js';
import { runs } from '../support/property.js';
import { batchOf, type Cell, newArena, valuesOf } from './records.js';

const integer = fc.constantFrom(0n, 1n, -3n, 7n, 500n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n));
const double = fc.constantFrom(0.5, -2.25, 500.5, 1e300);
/** The other implementation orders texts by UTF-16 units, we by code points: without \ue000 to \uffff they agree. */
const text = fc.constantFrom('', 'a', 'error', 'é😀', '\ud7a3', 'a longer text than twelve');

/** Every record has every field: a missing one is null here and an error in CEL's other implementations. */
const record = fc.record({ i: integer, k: integer, d: double, s: text, t: text, b: fc.boolean() });

const { condition } = fc.letrec<{ number: string; string: string; condition: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('i', 'k', 'd', '3', '0', '-1', '2.5', 'size(s)'),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
      .map((parts) => `(${parts.join(' ')})`),
    fc.tuple(fc.constantFrom('int', 'double'), tie('number')).map(([name, a]) => `${name}(${a})`),
    fc.tuple(tie('condition'), tie('number'), tie('number')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
  ),
  string: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('s', 't', '"error"', '""', '"é"', '"a longer text than twelve"'),
    fc.tuple(tie('string'), tie('string')).map(([a, b]) => `(${a} + ${b})`),
    fc.constantFrom('string(i)', 'string(b)', 'string(size(t))'),
  ),
  condition: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('b', 'true', 'false'),
    fc
      .tuple(tie('number'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('number'))
      .map((parts) => `(${parts.join(' ')})`),
    fc
      .tuple(tie('string'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('string'))
      .map((parts) => `(${parts.join(' ')})`),
    fc
      .tuple(tie('string'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('string'))
      .map(([a, name, b]) => `${a}.${name}(${b})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('condition').map((a) => `!${a}`),
    tie('string').map((a) => `(${a} in ["error", "a", "é😀"])`),
    tie('number').map((a) => `(${a} in [500, 7, -3])`),
  ),
}));

/**
 * Between an int and a double the other implementation compares as doubles, where we compare exactly; so where an
 * expression has doubles, the integers are such that this makes no difference.
 */
function comparable(expression: string, values: Record<string, bigint | number | string | boolean>) {
  if (!/\bd\b|double|\.\d/.test(expression)) return values;
  const small = (value: bigint) => (value > 2n ** 52n || value < -(2n ** 52n) ? 7n : value);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'bigint' ? small(value) : value]),
  );
}

function cellOf(value: bigint | number | string | boolean): Cell {
  if (typeof value === 'string') return { text: value };
  return typeof value === 'number' ? { double: value } : { json: String(value) };
}

function parses(expression: string): boolean {
  try {
    parseExpression(expression);
    return true;
  } catch {
    return false;
  }
}

const arena = newArena();

test('conditions agree with @bufbuild/cel', () => {
  fc.assert(
    fc.property(
      condition.filter(parses),
      fc.array(record, { minLength: 1, maxLength: 8 }),
      (expression, anyRecords) => {
        arena.reset();
        const records = anyRecords.map((values) => comparable(expression, values));
        const cells = records.map((values) =>
          Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cellOf(value)])),
        );
        const vector = compileExpression(parseExpression(expression)).evaluate(arena, batchOf(arena, cells));
        const values = valuesOf(arena, vector).map((value) =>
          value instanceof Failure ? 'an error' : value,
        );
        const expected = records.map((values) => {
          const result = run(expression, values);
          return isCelError(result) ? 'an error' : result;
        });
        expect(values).toEqual(expected);
      },
    ),
    { numRuns: runs(1000) },
  );
});
