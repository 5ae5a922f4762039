// Prints the totals of vitest's JSON reports as one line; fails when a test or a file failed, or when a report has none.
import { existsSync, readFileSync } from 'node:fs';

/** A report that vitest did not come to write (a build that failed) is an empty one. */
function readReport(path) {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text === '' ? { numPassedTests: 0, numFailedTests: 0, testResults: [] } : JSON.parse(text);
}

const totals = { passed: 0, failed: 0, skipped: 0 };
let isWhole = true;
for (const report of process.argv.slice(2).map(readReport)) {
  // A file that cannot be loaded has no tests that could fail, and counts as one.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests + brokenFiles.length;
  totals.skipped += (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  isWhole &&= report.numPassedTests > 0;
}
process.stdout.write(`tests: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exit(totals.failed > 0 || !isWhole ? 1 : 0);
