import { describe, expect, it } from 'vitest';
import { decodeOne } from '../suites/records.js';

const AT = { micros: Date.UTC(2026, 4, 17, 10, 5, 3) * 1000 + 117_042 };

describe('cri', () => {
  it.each([
    ['2026-05-17T10:05:03.117042331Z stdout F  a b ', { stream: 'stdout', message: ' a b ' }],
    ['2026-05-17T12:05:03.117042+02:00 stderr P:x a', { stream: 'stderr', message: 'a' }],
    ['2026-05-17T10:05:03.117042Z stdout F ', { stream: 'stdout', message: '' }],
    ['2026-05-17T10:05:03.117042Z stdout F', { stream: 'stdout', message: '' }],
  ])('takes "%s"', (line, fields) => expect(decodeOne('cri', line)).toEqual({ timestamp: AT, ...fields }));

  it.each([
    ['', 'expected a time such as 2026-05-17T10:05:03.117Z at column 1'],
    ['2026-05-17 stdout F x', 'expected a time such as 2026-05-17T10:05:03.117Z at column 1'],
    ['2026-05-17T10:05:03Z', 'expected a space and the stream at column 21'],
    ['2026-05-17T10:05:03Z stdin F x', 'expected stdout or stderr and a space at column 22'],
    ['2026-05-17T10:05:03Z stdout ', 'expected a tag: F for a whole line, P for a part of one at column 29'],
  ])('refuses "%s"', (line, message) => expect(decodeOne('cri', line)).toBe(message));
});
