import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileExpression, parseExpression } from '../../src/expression/index.js';
import { compileRow } from '../../src/expression/interpreter.js';
import { Frame } from '../../src/expression/kernels/frame.js';
import { parseTree } from '../../src/expression/parse.js';
import { BatchRecord, valueAt } from '../../src/expression/record.js';
import { Failure, type Value } from '../../src/expression/values.js';
import { runs } from '../support/property.js';
import { batchOf, type Cell, comparable, newArena } from './records.js';

const words = [
  '',
  'a',
  'error',
  'é€😀',
  '/api/v1/users',
  'twelve bytes',
  'thirteen byte',
  'say "hi"\\n',
  '12',
  '007',
];
const word = fc.constantFrom(...words);
const whole = fc.constantFrom(0, 1, -1, 2, 7, 200, 500, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1), 94906267);
const decimal = fc.constantFrom(0.5, -1.25, 1e300, 3, 500, 0.1);

/** JSON in any spelling: escapes, spaces, exponents, integers of any size. */
const json = fc.oneof(
  word.map((text) => JSON.stringify(text)),
  word.map(
    (text) => `"${Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`,
  ),
  whole.map(String),
  decimal.map((value) => (/^-?\d+$/.test(String(value)) ? `${value}.0` : String(value))),
  fc.constantFrom('true', 'false', 'null', '-0', '9007199254740993', '-9223372036854775808', '1E2', '1.50'),
  fc.constantFrom(
    '{}',
    '[]',
    '[1,"a",{"b":[2]}]',
    '{"b":1,"b":"error"}',
    '{ "b" : {"c":null, "\\u0062":3} , "x":[1] }',
  ),
);
const cell: fc.Arbitrary<Cell> = fc.oneof(
  json.map((text) => ({ json: text })),
  word.map((text) => ({ text })),
  whole.map((int) => ({ int })),
  decimal.map((double) => ({ double })),
  fc.constantFrom(0, 1_714_521_600_000_000, -1_500_000).map((micros) => ({ micros })),
  fc.constant(null),
  fc.constant(undefined),
);
/** Mostly columns of one kind, as decoders give them; sometimes anything. */
const records = fc
  .tuple(
    fc.array(
      whole.map((int) => ({ int })),
      { minLength: 12, maxLength: 12 },
    ),
    fc.array(
      word.map((text) => ({ text })),
      { minLength: 12, maxLength: 12 },
    ),
    fc.array(
      json.map((text) => ({ json: text })),
      { minLength: 12, maxLength: 12 },
    ),
    fc.array(cell, { minLength: 12, maxLength: 12 }),
  )
  .map(([n, t, j, x]) => n.map((value, row) => ({ n: value, t: t[row], j: j[row], x: x[row] })));

const leaf = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('n', 't', 'j', 'x', 'gone', 'j.b', 'x.b', 'j["b"].c', 'j[1]', 'j[2].b[0]'),
  },
  { weight: 2, arbitrary: word.map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: whole.map((value) => `(${value})`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'true',
      'false',
      'null',
      '1.5',
      '500.0',
      '5u',
      '[1, 2]',
      '9007199254740993',
      'timestamp("2024-05-01T00:00:00Z")',
      'meta.offset',
      'meta.id',
      'meta.timestamp',
      'meta.file',
      '{"b": 1}',
    ),
  },
);
const { expression } = fc.letrec<{ expression: string; condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('n >= 200', 't == "error"', 'j == "a"', 'x == null', 'has(j.b)', 'x'),
    fc
      .tuple(tie('expression'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('expression'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    tie('condition').map((a) => `!(${a})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('startsWith', 'endsWith', 'contains', 'matches'),
        fc.constantFrom('a', 'err', '', '/api/v1/u', 'r'),
      )
      .map(([a, name, b]) => `${a}.${name}("${b}")`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom(
          '^err',
          'er+',
          'er{2}or',
          '^/x?a',
          '^t.*s$',
          '0+7',
          'r$',
          '^a$',
          '\\\\.',
          '^/api/v[0-9]+/',
          '(?i)ERR|^$',
          '\\\\bu',
          '[^a-z]',
          'é',
        ),
      )
      .map(([a, pattern]) => `${a}.matches("${pattern}")`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('["a", "error", 500, 7]', '[]', '[1.5, null]', 'j', '{"a": 1}'),
      )
      .map(([a, list]) => `(${a} in ${list})`),
  ),
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '%'), tie('expression'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc
      .tuple(tie('condition'), tie('expression'), tie('expression'))
      .map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
    fc
      .tuple(fc.constantFrom('string', 'int', 'double', 'bool', 'size', 'dyn'), tie('expression'))
      .map(([f, a]) => `${f}(${a})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('lowerAscii()', 'upperAscii()', 'trim()', 'split("/")'))
      .map(([a, f]) => `${a}.${f}`),
    tie('expression').map((a) => `-(${a})`),
    tie('condition'),
  ),
}));

/** What the row interpreter gives. */
function interpreted(text: string, cells: readonly Record<string, Cell>[]): Value[] {
  arena.reset();
  const batch = batchOf(arena, cells);
  const record = new BatchRecord(new Frame(arena, batch));
  const interpret = compileRow(parseTree(text).root);
  return cells.map((_, row) => {
    record.row = row;
    return interpret(record);
  });
}

function parses(text: string): boolean {
  try {
    parseTree(text);
    return true;
  } catch {
    return false;
  }
}

const arena = newArena();

describe('column programs', () => {
  test('give what the row interpreter gives', () => {
    fc.assert(
      fc.property(expression.filter(parses), records, (text, cells) => {
        const expected = interpreted(text, cells);
        arena.reset();
        const vector = compileExpression(parseExpression(text)).evaluate(arena, batchOf(arena, cells));
        const values = cells.map((_, row) => comparable(valueAt(arena, vector, row)));
        expect(values).toEqual(expected.map(comparable));
      }),
      { numRuns: runs(2000) },
    );
  });

  test('select the rows that are true and count those that fail', () => {
    fc.assert(
      fc.property(expression.filter(parses), records, (text, cells) => {
        const expected = interpreted(text, cells);
        arena.reset();
        const selection = compileExpression(parseExpression(text)).select(arena, batchOf(arena, cells));
        expect({ rows: [...selection.rows.subarray(0, selection.count)], failed: selection.failed }).toEqual({
          rows: expected.flatMap((value, row) => (value === true ? [row] : [])),
          failed: expected.filter((value) => value instanceof Failure).length,
        });
      }),
      { numRuns: runs(2000) },
    );
  });
});
