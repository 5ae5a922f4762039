import { describe, expect, test } from 'vitest';
import { FieldError } from '../../src/config/fields.js';
import { compileExpression, parseExpression } from '../../src/expression/index.js';
import { batchOf, type Cell, newArena, plainValuesOf } from './records.js';

const moment = Date.UTC(2024, 4, 1, 12, 30) * 1000 + 250_000;
const request: Readonly<Record<string, Cell>> = {
  status: { int: 503 },
  took: { double: 1.5 },
  path: { text: '/api/v1/users' },
  host: { text: 'EXAMPLE.org' },
  time: { micros: moment },
  size: { json: '1024' },
  level: { json: '"error"' },
  spelled: { json: '"\\u0065rror"' },
  ratio: { json: '2.50' },
  ok: { json: 'true' },
  nothing: { json: 'null' },
  big: { json: '9007199254740993' },
  tags: { json: '["new", "vip", null]' },
  user: { json: '{"name": "Zoë 😀", "address": {"city":"Bonn"}, "n\\u0061me": "Ann", "none": null }' },
};

function evaluate(text: string, record = request): unknown {
  const arena = newArena();
  return plainValuesOf(
    arena,
    compileExpression(parseExpression(text)).evaluate(arena, batchOf(arena, [record])),
  )[0];
}

function select(text: string, records: readonly Readonly<Record<string, Cell>>[]) {
  const arena = newArena();
  const { rows, count, failed } = compileExpression(parseExpression(text)).select(
    arena,
    batchOf(arena, records),
  );
  return { rows: [...rows.subarray(0, count)], failed };
}

describe('values', () => {
  test.each([
    // literals
    ['1', 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['0x1F', 31n],
    ['7u', 7n],
    ['1e3', 1000],
    [`"tab\\t\\u00e9" + r"\\d" + '''a'b'''`, "tab\té\\da'b"],
    ['null', null],
    ['[1, "a", 2.0, {"b": null}]', { json: '[1,"a",2.0,{"b":null}]' }],
    // arithmetic
    ['status + 1', 504n],
    ['status * -2', -1006n],
    ['-status / 2', -251n],
    ['-status % 2', -1n],
    ['took * 2.0 - 0.5', 2.5],
    ['big + 1', 9007199254740994n],
    ['9223372036854775807 + 1', { error: 'integer overflow' }],
    ['9223372036854775807 >= 9223372036854775808.0', false],
    ['status * 9223372036854775807', { error: 'integer overflow' }],
    ['-9223372036854775808 % -1', { error: 'integer overflow' }],
    ['status / 0', { error: 'division by zero' }],
    ['status + took', { error: '+ does not take int and double, convert one side with int() or double()' }],
    ['missing + 1', { error: '+ does not take null and int' }],
    ['"a" + path + "/" + level', 'a/api/v1/users/error'],
    ['[1] + [2]', { json: '[1,2]' }],
    ['time + duration("90s")', { micros: moment + 90_000_000 }],
    ['time - timestamp("2024-05-01T12:00:00Z")', '1800.25s'],
    // comparison
    ['status >= 500', true],
    ['500 > status', false],
    ['size == 1024.0', true],
    ['ratio < 3', true],
    ['big > 9007199254740992', true],
    ['level == "error"', true],
    ['spelled == "error"', true],
    ['level != "error"', false],
    ['level < "f"', true],
    ['"\\uffee" < "😀"', true],
    ['level == 5', false],
    ['path < 5', { error: '< does not take string and a number' }],
    ['time > timestamp("2024-05-01T14:00:00+02:00")', true],
    ['tags == ["new", "vip", null]', true],
    // missing and null
    ['missing == null', true],
    ['nothing == null', true],
    ['missing == 1', false],
    ['missing != 1', true],
    ['missing >= 1', false],
    ['missing.deeper.still == null', true],
    ['user.none == null', true],
    // logic
    ['status == 503 && ok', true],
    ['false && status / 0 > 1', false],
    ['status / 0 > 1 && false', false],
    ['status / 0 > 1 || ok', true],
    ['status / 0 > 1 || false', { error: 'division by zero' }],
    ['!ok', false],
    ['ok ? path : status / 0', '/api/v1/users'],
    ['status && ok', { error: '&& takes bools, found a value that is none' }],
    // in
    ['status in [500, 503]', true],
    ['level in ["warn", "error"]', true],
    ['"vip" in tags', true],
    ['"city" in user.address', true],
    ['"x" in missing', false],
    // nested
    ['user.address.city + "!"', 'Bonn!'],
    ['user["address"]["city"] == "Bonn"', true],
    ['user.name + "!"', 'Ann!'],
    ['user.address', { json: '{"city":"Bonn"}' }],
    ['tags[1] + "!"', 'vip!'],
    ['tags[7]', { error: 'no item 7 in a list' }],
    ['status.code', { error: 'status has no member "code": it is no object' }],
    ['has(user.address) && !has(user.phone) && has(user.none)', true],
    // functions
    ['size(path)', 13n],
    ['size("é😀")', 2n],
    ['size(tags) + size(user)', 6n],
    ['path.startsWith("/api/v1")', true],
    ['path.endsWith("users") && !path.endsWith("xusers")', true],
    ['path.contains("/v1/")', true],
    ['path.matches("(?i)^/API/v[[:digit:]]+/\\\\w+$")', true],
    ['host.lowerAscii() + host.upperAscii()', 'example.orgEXAMPLE.ORG'],
    ['path.split("/")[1]', 'api'],
    ['path.split("/", 3)', { json: '["","api","v1/users"]' }],
    ['"  x\\u00a0".trim()', 'x'],
    ['path.replace("/", ".", 1)', '.api/v1/users'],
    ['path.substring(1, 4)', 'api'],
    ['path.substring(9, 4)', { error: 'no substring from 9 to 4 in a text of 13' }],
    [
      'missing.startsWith("a")',
      { error: 'expected string.startsWith(string), found null.startsWith(string)' },
    ],
    // conversions
    ['string(status) + string(took) + string(ok)', '5031.5true'],
    ['string(time)', '2024-05-01T12:30:00.250Z'],
    ['int("42") + int(took) + int(time)', 1714566600n + 43n],
    ['int("x")', undefined],
    ['double("2.5e1")', 25],
    ['bool("false")', false],
    ['type(status) == int && type(user) != list', true],
    // macros
    ['tags.exists(tag, tag == "vip")', true],
    ['tags.all(tag, tag != "old")', true],
    ['[1, 2, 3].exists_one(n, n > 2)', true],
    ['[1, 2, 3].filter(n, n > 1).map(n, n * n)', { json: '[4,9]' }],
    ['[1, 2, 3].map(n, n > 1, n * 2)', { json: '[4,6]' }],
    ['[[1], [2, 3]].all(list, list.exists(n, n > 0))', true],
    ['cel.bind(n, status + 1, n * n)', 504n * 504n],
    // where the record came from
    ['meta.id', 'web:access.log:0'],
    ['meta.source + ":" + meta.file + ":" + string(meta.offset)', 'web:access.log:0'],
    ['meta.timestamp > time', false],
  ] as const)('%s', (text, expected) => {
    if (text === 'int("x")') expect(() => evaluate(text)).toThrow('no int: "x"');
    else if (expected !== null && typeof expected === 'object' && 'micros' in expected) {
      const arena = newArena();
      const vector = compileExpression(parseExpression(text)).evaluate(arena, batchOf(arena, [request]));
      expect(vector.numbers![0]).toBe(expected.micros);
    } else expect(evaluate(text)).toEqual(expected);
  });

  test('a copied field keeps its tags and its bytes', () => {
    expect(evaluate('ratio')).toEqual({ json: '2.50' });
    expect(evaluate('ok ? big : null')).toEqual({ json: '9007199254740993' });
    expect(evaluate('missing')).toBe(undefined);
    expect(evaluate('nothing')).toEqual({ json: 'null' });
  });
});

describe('selections', () => {
  const records: Readonly<Record<string, Cell>>[] = [
    { level: { json: '"error"' }, code: { int: 1 } },
    { level: { json: '"info"' }, code: { text: '1' } },
    { level: { json: '42' } },
    {},
    { level: { text: 'error' }, code: { double: 1 } },
  ];

  test('hold the rows that are exactly true; absence is no failure', () => {
    expect(select('level == "error"', records)).toEqual({ rows: [0, 4], failed: 0 });
    expect(select('code >= 1', records)).toEqual({ rows: [0, 4], failed: 1 });
    expect(select('code', records)).toEqual({ rows: [], failed: 0 });
  });

  test('count failures once a row, and not where the other side decides', () => {
    expect(select('level.startsWith("err")', records)).toEqual({ rows: [0, 4], failed: 2 });
    expect(select('level.startsWith("err") || code == 1', records)).toEqual({ rows: [0, 4], failed: 2 });
    expect(select('level != null && level.startsWith("err")', records)).toEqual({ rows: [0, 4], failed: 1 });
    expect(select('!level.startsWith("err")', records)).toEqual({ rows: [1], failed: 2 });
  });

  test('mix kernels and the interpreter in row order', () => {
    expect(select('code == 1 || level.matches("^in")', records)).toEqual({ rows: [0, 1, 4], failed: 2 });
  });

  test('work on an empty batch', () => {
    expect(select('a.b == "x" && c > 1 || d.matches("e")', [])).toEqual({ rows: [], failed: 0 });
  });
});

describe('what is known without data', () => {
  test.each([
    ['status >= 500 && user.name.startsWith(prefix)', ['status', 'user', 'prefix'], 'bool'],
    ['meta.file', [], 'text'],
    ['meta.timestamp', [], 'timestamp'],
    ['status + 1', ['status'], 'int'],
    ['ratio * 2.0', ['ratio'], 'double'],
    ['"a" + b', ['b'], 'text'],
    ['items.map(item, item + outer)', ['items', 'outer'], 'any'],
    ['ok ? 1 : 2', ['ok'], 'int'],
    ['ok ? 1 : "2"', ['ok'], 'any'],
    ['field', ['field'], 'any'],
  ] as const)('%s', (text, names, kind) => {
    const expression = parseExpression(text);
    expect([...expression.names]).toEqual(names);
    expect(expression.kind).toBe(kind);
  });

  test('an expression survives being sent to a thread', () => {
    const expression = structuredClone(parseExpression('status >= 500'));
    const arena = newArena();
    expect(compileExpression(expression).select(arena, batchOf(arena, [request])).count).toBe(1);
  });
});

const metaNames =
  'source, file, offset, id, timestamp, headers, key, topic, partition, time, exchange, routing_key, redelivered, properties, method, path, query, address';

describe('mistakes', () => {
  test.each([
    ['', 0, 'expected an expression, found nothing', undefined],
    ['status >', 8, 'the expression ends too early', undefined],
    ['status = 5', 7, 'found "=", a comparison is "=="', '=='],
    ['status 5', 7, 'did not expect "5" here', undefined],
    ['level == "error', 9, 'this string has no closing quote', undefined],
    ['path.startWith("/")', 5, 'there is no function "startWith"', 'startsWith'],
    ['a && strng(b) == ""', 5, 'there is no function "strng"', 'string'],
    ['tags.exist(tag, true)', 5, 'there is no function "exist"', 'exists'],
    ['path.startsWith()', 5, 'expected string.startsWith(string), found 0 arguments', undefined],
    ['path.startsWith(5)', 5, 'expected string.startsWith(string), found value.startsWith(int)', undefined],
    ['contains(a, "b")', 0, 'expected string.contains(string)', undefined],
    ['a == 1 && 1 + "a" == b', 10, '+ does not take int and string', undefined],
    ['"a" < 5', 0, '< does not take string and int', undefined],
    ['!5', 0, '! does not take int', undefined],
    ['a in "abc"', 5, 'in takes a list or a map on its right, not string', undefined],
    ['path.matches("(")', 13, 'no regular expression, unterminated group: "("', undefined],
    ['path.matches("(?=a)")', 13, 'no regular expression, look-around is not supported: "(?=a)"', undefined],
    ['timestamp("yesterday") < t', 10, 'no RFC 3339 timestamp: "yesterday"', undefined],
    ['99999999999999999999', 0, 'this integer does not fit 64 bits', undefined],
    ['meta.fil == ""', 5, `there is no meta.fil; there are ${metaNames}`, 'meta.file'],
    [
      'has(a)',
      0,
      'has takes one member, as in has(user.name); of a field ask whether it is != null',
      undefined,
    ],
  ])('%s', (text, offset, message, suggestion) => {
    const error = mistakeIn(text);
    expect({ message: error.message, offset: error.offset, suggestion: error.suggestion }).toEqual({
      message,
      offset,
      suggestion,
    });
  });
});

function mistakeIn(text: string): FieldError {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof FieldError) return error;
    throw error;
  }
  throw new Error(`no mistake was found in ${text}`);
}
