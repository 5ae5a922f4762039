import { describe, expect, it } from 'vitest';
import { KLOG_FORMAT } from '../../src/formats/klog.js';
import { configOf, decodeOne } from '../suites/records.js';
import { decodeAll, only } from './support.js';

const READ_AT_MS = Date.UTC(2026, 6, 18);

function decode(type: 'klog' | 'glog', line: string, options: object = {}) {
  return decodeOne(type, line, options, READ_AT_MS);
}

function time(text: string) {
  return { micros: Date.parse(`${text}Z`) * 1000 + 692_994 };
}

describe('klog', () => {
  it('takes all parts, and the year in which the record was read', () => {
    expect(decode('klog', 'I0505 17:59:40.692994   28133 klog.go:70] hello  [from] klog')).toEqual({
      level: 'info',
      timestamp: time('2026-05-05T17:59:40'),
      id: 28133,
      file: 'klog.go',
      line: 70,
      message: 'hello  [from] klog',
    });
  });

  it.each([
    ['I', 'info'],
    ['W', 'warning'],
    ['E', 'error'],
    ['F', 'fatal'],
  ])('takes %s as the level %s', (letter, level) => {
    expect(decode('klog', `${letter}0505 17:59:40.692994 1 a.go:1] x`)).toMatchObject({ level });
  });

  it('takes times in a timezone', () => {
    const line = 'I0505 17:59:40.692994 1 a.go:1] x';
    expect(decode('klog', line, { timezone: 'Europe/Paris' })).toMatchObject({
      timestamp: time('2026-05-05T15:59:40'),
    });
  });

  it('takes a message without text', () => {
    expect(decode('klog', 'I0505 17:59:40.692994 1 a.go:1] ')).toMatchObject({ line: 1, message: '' });
  });

  it.each([
    ['', 'expected I, W, E or F for the level at column 1'],
    ['D0505 17:59:40.692994 1 a.go:1] x', 'expected I, W, E or F for the level at column 1'],
    ['I0000 17:59:40.692994 1 a.go:1] x', 'expected a time such as 0505 17:59:40.692994 at column 2'],
    ['I0505 17:59', 'expected a time such as 0505 17:59:40.692994 at column 2'],
    ['I0505 17:59:40.692994 x a.go:1] x', 'expected a thread id at column 23'],
    ['I0505 17:59:40.692994 1 a.go:1 x', 'expected "]" after the file and line at column 33'],
    ['I0505 17:59:40.692994 1 a.go] x', 'expected a file, ":" and a line at column 25'],
    ['I0505 17:59:40.692994 1 a.go:x] x', 'expected a line at column 30'],
  ])('refuses "%s"', (line, message) => expect(decode('klog', line)).toBe(message));

  it('gives what is wanted as columns', () => {
    const decoder = KLOG_FORMAT.decoder!.create(configOf('klog'));
    const lines = ['E0505 17:59:40.692994 1 a.go:7] x', 'x'];
    const { rows } = decodeAll(decoder, lines, { wanted: only('level', 'line'), readAtMs: READ_AT_MS });
    expect(rows).toEqual([{ level: 'error', line: 7 }, expect.stringContaining('level')]);
  });
});

describe('glog', () => {
  it('takes the year of the line, colons in the name of the file, and space around the record', () => {
    expect(decode('glog', ' W20210505 17:59:40.692994 28133 c:\\main.c++:9] disk is full \r')).toEqual({
      level: 'warning',
      timestamp: time('2021-05-05T17:59:40'),
      id: 28133,
      file: 'c:\\main.c++',
      line: 9,
      message: 'disk is full',
    });
  });

  it('refuses times without a year', () => {
    expect(decode('glog', 'I0505 17:59:40.692994 28133 klog.go:70] x')).toBe(
      'expected a time such as 20210505 17:59:40.692994 at column 2',
    );
  });
});
