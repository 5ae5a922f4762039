// Prints what failed in vitest's JSON reports and why, the slowest files, and the totals as the last line; fails when a
// test or a file failed, or when a report has none.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const slowestFiles = 10;

/** A report that vitest did not come to write (a build that failed) is an empty one. */
function readReport(path) {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text === '' ? { numPassedTests: 0, numFailedTests: 0, testResults: [] } : JSON.parse(text);
}

/** A test's file and name, and the first lines of what it said. */
function failuresOf(report) {
  return report.testResults.flatMap((file) => {
    const name = relative(process.cwd(), file.name);
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    // A file that cannot be loaded has no tests that could fail, and counts as one.
    if (file.status === 'failed' && failed.length === 0) return [`${name}\n${file.message}`];
    return failed.map((test) => `${name} > ${test.fullName}\n${test.failureMessages.join('\n')}`);
  });
}

function secondsOf(file) {
  return (file.endTime - file.startTime) / 1000;
}

const totals = { passed: 0, failed: 0, skipped: 0 };
let isWhole = true;
for (const report of process.argv.slice(2).map(readReport)) {
  const failures = failuresOf(report);
  for (const failure of failures)
    process.stdout.write(`failed: ${failure.split('\n').slice(0, 12).join('\n  ')}\n`);
  const slowest = report.testResults.toSorted((a, b) => secondsOf(b) - secondsOf(a)).slice(0, slowestFiles);
  process.stdout.write(
    `slowest: ${slowest.map((file) => `${relative(process.cwd(), file.name)} ${secondsOf(file).toFixed(0)} s`).join(', ')}\n`,
  );
  totals.passed += report.numPassedTests;
  totals.failed += failures.length;
  totals.skipped += (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  isWhole &&= report.numPassedTests > 0;
}
process.stdout.write(`tests: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exit(totals.failed > 0 || !isWhole ? 1 : 0);
