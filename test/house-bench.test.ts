import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessLog } from '../bench/access-log.js';
import { appLog } from '../bench/app-log.js';
import { Random } from '../bench/random.js';
import { type Check, checkAccess, checkAppLog, MatchCounter, type Truth } from '../bench/truth.js';

const RECORDS = 5000;
const COMBINED =
  /^(\S+) - \S+ \[([^\]]+)\] "(\S+) (\S+) HTTP\/1\.1" (\d{3}) (\d+|-) "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"$/;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function generate(make: typeof accessLog): { lines: string[]; truth: Truth } {
  const matches = new MatchCounter();
  const next = make(new Random(7), matches);
  const text = Array.from({ length: RECORDS }, next).join('');
  const bytes = Buffer.byteLength(text);
  const truth = { seed: 7, bytes, records: RECORDS, sha256: '', matches: matches.finish() };
  return { lines: text.trimEnd().split('\n'), truth };
}

/** The fault that a check finds in an output of these records. */
function faultOf(check: Check, records: readonly object[], truth: Truth): Promise<string | undefined> {
  const path = join(folder, 'out.ndjson');
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return check(path, truth);
}

describe('the access log of the benchmarks', () => {
  const { lines, truth } = generate(accessLog);
  const failures = lines.flatMap((line) => {
    const [, host, timestamp, method, path, status, size] = COMBINED.exec(line)!;
    return Number(status) < 500
      ? []
      : [{ host, timestamp, method, path, status: Number(status), size: size === '-' ? null : Number(size) }];
  });

  it('has about 184 bytes a line and about 3 % failures', () => {
    expect(truth.bytes / RECORDS).toBeCloseTo(184, -1);
    expect(truth.matches.records / RECORDS).toBeGreaterThan(0.02);
    expect(truth.matches.records / RECORDS).toBeLessThan(0.04);
  });

  it('has the truth that one finds by parsing it', async () => {
    expect(await faultOf(checkAccess, failures, truth)).toBeUndefined();
  });

  it('takes timestamps in UTC for the same', async () => {
    const first = { ...failures[0]!, timestamp: '2026-05-17T08:05:03Z' };
    expect(failures[0]!.timestamp).toBe('17/May/2026:10:05:03 +0200');
    expect(await faultOf(checkAccess, [first, ...failures.slice(1)], truth)).toBeUndefined();
  });

  it('catches lost, changed, swapped and enlarged records', async () => {
    const [first, second, ...rest] = failures;
    expect(await faultOf(checkAccess, failures.slice(1), truth)).toMatch(/records in place of/);
    expect(await faultOf(checkAccess, [{ ...first!, size: 1 }, second!, ...rest], truth)).toMatch(
      /sizes sum to/,
    );
    expect(await faultOf(checkAccess, [{ ...first!, host: 'x' }, second!, ...rest], truth)).toMatch(
      /values differ/,
    );
    expect(await faultOf(checkAccess, [second!, first!, ...rest], truth)).toMatch(/values differ/);
    expect(await faultOf(checkAccess, [{ ...first!, agent: '-' }, second!, ...rest], truth)).toMatch(
      /unexpected fields agent/,
    );
  });
});

describe('the application log of the benchmarks', () => {
  const { lines, truth } = generate(appLog);
  const errors = lines
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 'error')
    .map(({ host, pid, tags, ...rest }) => ({ ...rest, site: 'eu-1' }));

  it('has 300 to 400 bytes a line and about 8 % errors', () => {
    expect(truth.bytes / RECORDS).toBeGreaterThan(300);
    expect(truth.bytes / RECORDS).toBeLessThan(400);
    expect(truth.matches.records / RECORDS).toBeCloseTo(0.08, 1);
  });

  it('has the truth that one finds by parsing it, in whatever order the fields come', async () => {
    const turned = errors.map((record) => Object.fromEntries(Object.entries(record).reverse()));
    expect(await faultOf(checkAppLog, errors, truth)).toBeUndefined();
    expect(await faultOf(checkAppLog, turned, truth)).toBeUndefined();
  });

  it('catches a field that should have gone', async () => {
    const [first, ...rest] = errors;
    expect(await faultOf(checkAppLog, [{ ...first, pid: 1 }, ...rest], truth)).toMatch(/values differ/);
  });
});
