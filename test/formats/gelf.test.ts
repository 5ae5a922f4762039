import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/index.js';
import { configOf, decodeOne } from '../suites/records.js';
import { decodeAll, only } from './support.js';

const MESSAGE = { version: '1.1', host: 'web-1', short_message: 'disk is full' };

function decode(message: object, mode = 'best_effort') {
  return decodeOne('gelf', JSON.stringify(message), { mode });
}

describe('gelf', () => {
  it.each([
    [1_784_344_623, 1_784_344_623_000_000],
    [1_784_344_623.250_001, 1_784_344_623_250_001],
    ['1784344623.5', 1_784_344_623_500_000],
    [-1.5, -1_500_000],
    [0, 0],
  ])('makes a time of %j', (timestamp, micros) => {
    const row = decode({ ...MESSAGE, timestamp, _disk: 'sda1', _free: 0 });
    expect(row).toEqual({ ...MESSAGE, _disk: 'sda1', _free: 0, timestamp: { micros } });
  });

  it.each(['1.784344623e9', '17843446230E-1', '1784344623.0000000000000000000000000001'])(
    'makes a time of %s',
    (text) => {
      const row = decodeOne('gelf', `{"short_message":"a", "timestamp" : ${text} }`);
      expect(row).toEqual({ short_message: 'a', timestamp: { micros: 1_784_344_623_000_000 } });
    },
  );

  it('lets through what senders get wrong', () => {
    const row = { ...MESSAGE, version: 2, _nested: { a: [null] }, plain: true };
    expect(decode(row)).toEqual(row);
    expect(decode({ short_message: 'a', timestamp: null })).toMatchObject({ short_message: 'a' });
  });

  it.each([
    ['5', 'expected a JSON object with the member "short_message"'],
    ['{"host":"a"}', 'expected a JSON object with the member "short_message"'],
    ['{"short_message":1}', 'expected a text as "short_message"'],
    ['{"short_message":"a","timestamp":"noon"}', 'expected seconds since 1970 as "timestamp"'],
    ['{"short_message":"a","timestamp":""}', 'expected seconds since 1970 as "timestamp"'],
    ['{"short_message":"a","timestamp":"1.2.3"}', 'expected seconds since 1970 as "timestamp"'],
    ['{"short_message":"a","timestamp":[1]}', 'expected seconds since 1970 as "timestamp"'],
    ['{"short_message":"a","timestamp":1e30}', 'expected seconds since 1970 as "timestamp"'],
  ])('refuses %s', (text, problem) => expect(decodeOne('gelf', text)).toBe(problem));

  it('refuses what is no JSON', () => {
    expect(decodeOne('gelf', '{"short_message":')).toContain('expected a value');
  });

  it('gives what is wanted as columns, without the rows that it refuses', () => {
    const decoder = formatNamed('gelf')!.decoder!.create(configOf('gelf'));
    const lines = ['{"short_message":"a","level":3,"timestamp":1}', '{"level":4}', '{'];
    const { rows } = decodeAll(decoder, lines, { wanted: only('level', 'timestamp') });
    expect(rows).toEqual([
      { level: 3, timestamp: { micros: 1_000_000 } },
      expect.stringContaining('short_message'),
      expect.any(String),
    ]);
  });
});

describe('gelf, strict', () => {
  it('takes all that GELF names', () => {
    const row = {
      ...MESSAGE,
      full_message: 'x\ny',
      level: 7,
      facility: 'a',
      line: 1.5,
      file: 'b',
      '_c-d.e': 1,
    };
    expect(decode(row, 'strict')).toEqual(row);
  });

  it.each([
    [{ host: undefined }, 'expected the member "host"'],
    [{ version: '1.0' }, 'expected "1.1" as "version"'],
    [{ host: 5 }, 'expected a text as "host"'],
    [{ level: 8 }, 'expected a level from 0 to 7 as "level"'],
    [{ timestamp: '5' }, 'expected a number as "timestamp"'],
    [{ user: 'a' }, 'unexpected member "user": names beyond those of GELF begin with "_"'],
    [{ _id: 'a' }, 'unexpected member "_id", which GELF forbids'],
    [{ '_a b': 'a' }, 'unexpected member "_a b": names have letters, digits, "_", "-" and "." only'],
    [{ _a: null }, 'expected a text or a number as "_a"'],
  ])('refuses %j', (change, problem) => {
    expect(decode({ ...MESSAGE, ...change }, 'strict')).toBe(problem);
  });

  it('refuses what is no object', () => {
    expect(decodeOne('gelf', '[]', { mode: 'strict' })).toBe('expected a JSON object');
  });
});
