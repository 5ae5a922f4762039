import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { formatProblem } from '../../src/config/index.js';
import { readPipeline } from '../../src/plan/pipeline.js';

const FOLDER = new URL('../golden/config/', import.meta.url);
const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .sort();
const ENV = { LOG_DIR: '/var/log', SECRET: 'hunter22', THREADS: 'many', EMPTY: '' };

/** A comment `# --set path=value` on a line of its own passes that option. */
function overridesIn(text: string): string[] {
  return [...text.matchAll(/^# --set (.*)$/gm)].map(([, override]) => override!);
}

function problemsOf(name: string): string {
  const text = readFileSync(new URL(name, FOLDER), 'utf8');
  const { pipeline, problems } = readPipeline(text, name, {
    env: ENV,
    set: overridesIn(text),
    catalogue: CATALOGUE,
  });
  expect(pipeline === undefined).toBe(problems.length > 0);
  return problems.map((problem) => `${formatProblem(problem)}\n`).join('');
}

describe('every mistake of a file is explained at once', () => {
  it('has many cases', () => expect(CASES.length).toBeGreaterThanOrEqual(40));

  it.each(CASES)('%s', (name) => {
    const found = problemsOf(name);
    const golden = new URL(name.replace(/\.yaml$/, '.errors'), FOLDER);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, 'utf8'));
    expect(found).not.toContain(ENV.SECRET);
  });
});
