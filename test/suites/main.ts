import { SUITES } from './index.js';
import { casesIn, type Report, runSuite, suiteNamed } from './run.js';

const DEFAULT_FOLDER = '../shared/conformance';

function table(reports: readonly Report[], unknown: readonly string[]): string {
  const rows = [
    ['suite', 'cases', 'passed', 'exceptions', 'failed'],
    ...reports.map(({ suite, cases, passed, excepted, failures }) =>
      [suite, cases, passed, excepted.length, failures.length].map(String),
    ),
    ...unknown.map((name) => [name, 'no suite', '', '', '']),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}

function details(
  title: string,
  reports: readonly Report[],
  of: (report: Report) => readonly string[],
): string {
  const lines = reports.flatMap((report) => of(report).map((line) => `  ${report.suite}/${line}`));
  return lines.length === 0 ? '' : `\n${title}:\n${lines.join('\n')}\n`;
}

/**
 * Runs the cases of a folder and prints what became of them. The exit code is 1 when a case fails that is no named
 * exception, or when a folder was named that has no cases; where nobody named one, its suites are skipped.
 */
async function main(folder: string): Promise<number> {
  const files = casesIn(folder);
  if (files.length === 0 && process.argv[2] === undefined) {
    process.stdout.write(`conformance: ${SUITES.length} suites skipped, there are no cases in ${folder}\n`);
    return 0;
  }
  if (files.length === 0) {
    process.stderr.write(`there are no cases in ${folder}: name the folder that holds them\n`);
    return 1;
  }
  const reports: Report[] = [];
  for (const name of files) {
    const suite = suiteNamed(name);
    if (suite) reports.push(await runSuite(suite, folder));
  }
  const unknown = files.filter((name) => !suiteNamed(name));
  process.stdout.write(table(reports, unknown));
  process.stdout.write(details('exceptions, and how many cases each has', reports, ({ reasons }) => reasons));
  process.stdout.write(details('left to the implementation', reports, ({ recorded }) => recorded));
  process.stdout.write(details('exceptions that no case needs any more', reports, ({ stale }) => stale));
  process.stdout.write(details('failed', reports, ({ failures }) => failures));
  return reports.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

process.exitCode = await main(process.argv[2] ?? DEFAULT_FOLDER);
