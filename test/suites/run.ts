import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXCEPTIONS } from './exceptions.js';
import { SUITES } from './index.js';
import { type Case, failed, type Outcome, type Suite } from './suite.js';

/** What became of the cases of one file. */
export interface Report {
  readonly suite: string;
  readonly cases: number;
  readonly passed: number;
  /** Cases that fail as `EXCEPTIONS` says. */
  readonly excepted: readonly string[];
  /** `name: the reason (how many cases)` of each exception that such cases need. */
  readonly reasons: readonly string[];
  /** `name: what is wrong` of the cases that fail without an exception. */
  readonly failures: readonly string[];
  /** Exceptions that name cases of this file, all of which pass. */
  readonly stale: readonly string[];
  /** `name: what ours does` of the cases that may go either way; they count as passed. */
  readonly recorded: readonly string[];
}

/** The files of a folder of cases, without `.json`; none when the folder is not there. */
export function casesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The suite that runs the cases of this file, or undefined when there is none. */
export function suiteNamed(name: string): Suite | undefined {
  return SUITES.find((suite) => suite.name === name);
}

/** Runs the cases of one file in the folder. */
export async function runSuite(suite: Suite, folder: string): Promise<Report> {
  const cases = JSON.parse(readFileSync(join(folder, `${suite.name}.json`), 'utf8')) as Case[];
  const exceptions = Object.entries(EXCEPTIONS[suite.name] ?? {}).map(([name, reason]) => ({
    name,
    reason,
    pattern: patternOf(name),
    matched: 0,
    needed: 0,
  }));
  const excepted: string[] = [];
  const failures: string[] = [];
  const recorded: string[] = [];
  for (const item of cases) {
    const outcome = await outcomeOf(suite, item);
    const exception = exceptions.find(({ pattern }) => pattern.test(item.name));
    if (exception) exception.matched++;
    if (outcome.kind === 'recorded') recorded.push(`${item.name}: ${outcome.message}`);
    if (outcome.kind !== 'failed') continue;
    if (exception) {
      exception.needed++;
      excepted.push(item.name);
    } else {
      failures.push(`${item.name}: ${outcome.message}`);
    }
  }
  const stale = exceptions.filter(({ matched, needed }) => matched > 0 && needed === 0);
  return {
    suite: suite.name,
    cases: cases.length,
    passed: cases.length - excepted.length - failures.length,
    excepted,
    reasons: exceptions
      .filter(({ needed }) => needed > 0)
      .map(({ name, reason, needed }) => `${name}: ${reason} (${needed})`),
    failures,
    stale: stale.map(({ name }) => name),
    recorded,
  };
}

async function outcomeOf(suite: Suite, item: Case): Promise<Outcome> {
  try {
    return await suite.run(item);
  } catch (thrown) {
    return failed(`thrown: ${(thrown as Error).stack ?? String(thrown)}`);
  }
}

/** `a/*` as an expression; a star stands for any text. */
function patternOf(name: string): RegExp {
  const literal = name.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's');
}
