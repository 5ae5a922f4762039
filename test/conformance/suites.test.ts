import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { EXCEPTIONS } from '../suites/exceptions.js';
import { SUITES } from '../suites/index.js';
import { casesIn, runSuite, suiteNamed } from '../suites/run.js';
import { failed, PASSED, type Suite } from '../suites/suite.js';

const FOLDER = fileURLToPath(new URL('../../../shared/conformance', import.meta.url));

describe('the cases of other projects (needs ../shared/conformance)', () => {
  it.skipIf(!existsSync(FOLDER)).each(SUITES.map((suite) => [suite.name, suite] as const))(
    '%s: every case passes or is a named exception',
    async (_name, suite) => {
      const { cases, failures, stale } = await runSuite(suite, FOLDER);
      expect(cases).toBeGreaterThan(0);
      expect(failures).toEqual([]);
      expect(stale, 'exceptions that no case needs any more').toEqual([]);
    },
  );
});

describe('running a suite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-suites-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const names = (suite: Suite, ...cases: string[]) => {
    const items = cases.map((name) => ({ name, input: '', expected: {} }));
    writeFileSync(join(folder, `${suite.name}.json`), JSON.stringify(items));
    return runSuite(suite, folder);
  };

  it('counts what passes, fails, throws and may go either way', async () => {
    const suite: Suite = {
      name: 'logfmt',
      run: ({ name }) => {
        if (name === 'thrown') throw new Error('broken');
        if (name === 'open') return { kind: 'recorded', message: 'accepted' };
        return name === 'good' ? PASSED : failed('bad');
      },
    };
    const report = await names(suite, 'good', 'open', 'wrong', 'thrown');
    expect(report).toMatchObject({ suite: 'logfmt', cases: 4, passed: 2, excepted: [], stale: [] });
    expect(report.recorded).toEqual(['open: accepted']);
    expect(report.failures[0]).toBe('wrong: bad');
    expect(report.failures[1]).toContain('thrown: thrown: Error: broken');
    expect(casesIn(folder)).toEqual(['logfmt']);
    expect(casesIn(join(folder, 'nowhere'))).toEqual([]);
  });

  it('tells an exception that is needed from one that is not', async () => {
    const [name] = Object.keys(EXCEPTIONS.vrl_parsers!);
    const bad: Suite = { name: 'vrl_parsers', run: () => failed('bad') };
    const reasons = [`${name}: ${EXCEPTIONS.vrl_parsers![name!]} (1)`];
    expect(await names(bad, name!)).toMatchObject({
      passed: 0,
      excepted: [name],
      reasons,
      failures: [],
      stale: [],
    });
    expect(await names({ ...bad, run: () => PASSED }, name!)).toMatchObject({ passed: 1, stale: [name] });
  });

  it('gives exceptions of suites that there are, each with a reason', () => {
    for (const [suite, exceptions] of Object.entries(EXCEPTIONS)) {
      expect(suiteNamed(suite)).toBeDefined();
      for (const reason of Object.values(exceptions)) expect(reason).toMatch(/\w+ \w+/);
    }
  });
});
